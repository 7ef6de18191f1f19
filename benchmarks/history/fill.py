"""Many invocations, generated in SQL: a year of them, of 20 workflows, with results for a tenth.

Their values are computed from the row number, so that each run and both databases have the same.
Indexes are created after the rows, which makes ten million rows feasible.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, models

from invocations.models import (
    Account,
    Callback,
    Channel,
    ChannelResult,
    Invocation,
    Pod,
    WorkflowInstance,
)
from invocations.models.encryption import digests
from invocations.models.recipients import RECIPIENT_DIGEST

ACCOUNTS, WORKFLOWS, PEOPLE = 4, 20, 30
ENDS = datetime(2026, 11, 1, tzinfo=UTC)
YEAR = timedelta(days=365)
NUMBER = "918061234581"
"""One customer's number, which a few rows have: its digest is a real one."""
EVERY_NTH_HAS_A_RESULT = 10

# Written for PostgreSQL; SQLite's words for the same are put in by `_translated`.
INVOCATION = {
    "id": "n",
    "request_id": "uuid(n)",
    "workflow_instance_id": "first_workflow + mix(n, 20)",
    "account_id": "first_account + mix(n, 20) % 4",
    "payload": "wide(n)",
    "payload_digest": "digest(n)",
    "recipient_digest": "CASE WHEN n % 100000 = 7 THEN 'a_known_number'"
    " ELSE digest(n % 3000000) END",
    "recipient2_digest": "''",
    "recipient_hint": "'+91 ••••• •' || four(n)",
    "recipient2_hint": "''",
    "recipient_last_four": "four(n)",
    "recipient2_last_four": "''",
    "status": "CASE WHEN mix(n, 1000) < 950 THEN 'accepted'"
    " WHEN mix(n, 1000) < 980 THEN 'rejected' WHEN mix(n, 1000) < 985 THEN 'unknown'"
    " WHEN mix(n, 1000) < 987 THEN 'held' WHEN mix(n, 1000) < 995 THEN 'expired'"
    " ELSE 'cancelled' END",
    "reason": "CASE WHEN mix(n, 1000) < 950 THEN 'accepted'"
    " WHEN mix(n, 1000) < 980 THEN 'rejected' WHEN mix(n, 1000) < 985 THEN 'timeout'"
    " WHEN mix(n, 1000) < 987 THEN 'credentials' WHEN mix(n, 1000) < 995 THEN 'too_late'"
    " ELSE 'cancelled' END",
    "delivery": "CASE WHEN mix(n, 1000) >= 950 THEN '' WHEN mix(n, 1000) < 900 THEN 'completed'"
    " ELSE 'no_result' END",
    "deciding_channel": "CASE WHEN mix(n, 1000) < 700 THEN 1 WHEN mix(n, 1000) < 850 THEN 2"
    " WHEN mix(n, 1000) < 900 THEN 0 END",
    "may_be_double": "(mix(n, 1000) >= 700 AND mix(n, 1000) < 720)",
    "http_status": "CASE WHEN mix(n, 1000) < 950 THEN 202 WHEN mix(n, 1000) < 980 THEN 400"
    " WHEN mix(n, 1000) < 987 THEN 401 END",
    "error_kind": "CASE WHEN mix(n, 1000) >= 950 AND mix(n, 1000) < 980"
    " THEN 'It is not published. (' || mix(n, 40) || ')' ELSE '' END",
    "workflow_invocation_id": "CASE WHEN mix(n, 1000) < 980 THEN 'wf' || digit_id(n) ELSE '' END",
    "reference": "CASE WHEN n % 3 = 0 THEN 'CARE-' || n ELSE '' END",
    "created_by_id": "first_person + mix(n, 30)",
    "created_at": "moment(n)",
    "result_at": "CASE WHEN mix(n, 1000) < 900 THEN moment(n) END",
    "final_at": "CASE WHEN mix(n, 1000) < 985 THEN moment(n) END",
    "doubtful_since": "CASE WHEN mix(n, 1000) >= 980 AND mix(n, 1000) < 985 THEN moment(n) END",
    "doubt_count": "CASE WHEN mix(n, 1000) >= 980 AND mix(n, 1000) < 985 THEN 1 ELSE 0 END",
    "attempt_count": "1",
}
CALLBACK = {
    "id": "n",
    "account_id": "first_account + mix(n, 20) % 4",
    "digest": "digest(n)",
    "body": "wide(n)",
    "received_at": "moment(n)",
    "last_received_at": "moment(n)",
    "ask_at": "moment(n)",
    "times": "1",
    "workflow_invocation_id": "'wf' || digit_id(n)",
    "execution_status": "'COMPLETED'",
    "invocation_id": "n",
    "matched_at": "moment(n)",
}
RESULT = {
    "callback_id": "n",
    "position": "1",
    "kind": "'whatsapp'",
    "code": "'DELIVERED'",
    "message_id": "'msg-' || digit_id(n)",
}


def fill(rows: int, ends: datetime = ENDS) -> None:
    """`rows` invocations of the year up to `ends`, in an empty database that is migrated."""
    first = _set_up()
    every = {"first": 1, "step": 1}
    some = {"first": EVERY_NTH_HAS_A_RESULT, "step": EVERY_NTH_HAS_A_RESULT}
    _insert(Invocation, INVOCATION, first, rows, ends, **every)
    _insert(Callback, CALLBACK, first, rows, ends, **some)
    _insert(ChannelResult, RESULT, first, rows, ends, **some)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for model in (Invocation, ChannelResult, Callback):
                table = model._meta.db_table
                cursor.execute(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'),"
                    f" (SELECT max(id) FROM {table}))"
                )
            cursor.execute("VACUUM (ANALYZE)")
        else:
            cursor.execute("ANALYZE")


def _set_up() -> dict[str, int]:
    pod = Pod.objects.get(code="IN")
    accounts = [
        Account.objects.create(title=f"Account {n}", pod=pod, sid=f"HXBENCH{n}IN")
        for n in range(ACCOUNTS)
    ]
    workflows = [
        WorkflowInstance.objects.create(
            account=accounts[n % ACCOUNTS],
            title=f"Workflow {n}",
            workflow_instance_id=f"wf-{n}",
            expects_callback=True,
        )
        for n in range(WORKFLOWS)
    ]
    for workflow in workflows:
        for position, kind in enumerate(("whatsapp", "sms"), start=1):
            Channel.objects.create(
                workflow_instance=workflow, position=position, kind=kind, delay_seconds=30
            )
    people = [User.objects.create_user(f"person{n}", is_staff=True) for n in range(PEOPLE)]
    return {
        "first_account": accounts[0].pk,
        "first_workflow": workflows[0].pk,
        "first_person": people[0].pk,
    }


def _insert(
    model: type[models.Model],
    columns: dict[str, str],
    constants: dict[str, int],
    rows: int,
    ends: datetime,
    *,
    first: int,
    step: int,
) -> None:
    table = model._meta.db_table
    given = dict(columns)
    for field in model._meta.concrete_fields:  # columns that came later keep their default
        if field.column not in given and not field.null and not field.primary_key:
            given[field.column] = _nothing(field)
    names, values = (
        ", ".join(given),
        _translated(connection.vendor, ", ".join(given.values()), constants, rows, ends),
    )
    indexes = _take_indexes_off(table)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            source = f"generate_series({first}, {rows}, {step}) AS n"
            cursor.execute(
                "SET synchronous_commit = off; SET maintenance_work_mem = '1GB';"
                " SET max_parallel_maintenance_workers = 2"
            )
        else:
            counted = (
                f"SELECT {first} UNION ALL SELECT n + {step} FROM s WHERE n + {step} <= {rows}"
            )
            source = f"(WITH RECURSIVE s(n) AS ({counted}) SELECT n FROM s) AS t"
        cursor.execute(f"INSERT INTO {table} ({names}) SELECT {values} FROM {source}")
        for definition in indexes:
            cursor.execute(definition)


def _nothing(field: models.Field[Any, Any]) -> str:
    if field.empty_strings_allowed:
        return "''"
    if isinstance(field, models.BooleanField):
        return "false"
    is_interval = isinstance(field, models.DurationField) and connection.vendor == "postgresql"
    return "interval '0'" if is_interval else "0"


def _take_indexes_off(table: str) -> list[str]:
    """Drops each index that is no constraint, and returns the statements that create them again."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s"
                " AND indexname NOT IN (SELECT conname FROM pg_constraint)",
                [table],
            )
        else:
            cursor.execute(
                "SELECT name, sql FROM sqlite_master"
                " WHERE type = 'index' AND tbl_name = %s AND sql IS NOT NULL",
                [table],
            )
        found = cursor.fetchall()
        for name, _definition in found:
            cursor.execute(f'DROP INDEX "{name}"')
    return [definition for _name, definition in found]


def _translated(vendor: str, sql: str, constants: dict[str, int], rows: int, ends: datetime) -> str:
    """Replaces the shorthand above by the SQL of this database.

    mix(n, m) is a pseudo-random number below m.
    """
    seconds = YEAR.total_seconds() / rows
    starts = ends - YEAR
    is_postgresql = vendor == "postgresql"
    moment_on_postgresql = (
        f"(timestamptz '{starts.isoformat()}' + n * interval '{seconds:.9f} seconds')"
    )
    moment_on_sqlite = (
        f"strftime('%%Y-%%m-%%d %%H:%%M:%%f', {starts.timestamp()} + n * {seconds:.9f},"
        " 'unixepoch')"
    )
    words = {
        r"mix\(n, (\d+)\)": r"((n::bigint * 2654435761 / 65536) % \1)"
        if is_postgresql
        else r"((n * 2654435761 / 65536) % \1)",
        r"four\(n\)": "lpad(((n::bigint * 7919) % 10000)::text, 4, '0')"
        if is_postgresql
        else "printf('%%04d', (n * 7919) %% 10000)",
        r"uuid\(n\)": "md5('r' || n)::uuid" if is_postgresql else "printf('%%032x', n * 40503)",
        r"digit_id\(n\)": "lpad(n::text, 20, '0')" if is_postgresql else "printf('%%020d', n)",
        r"digest\((n[^)]*)\)": r"lpad(to_hex(\1), 64, '0')"
        if is_postgresql
        else r"printf('%%064x', \1)",
        r"wide\(n\)": "repeat(md5('w' || n), 8)" if is_postgresql else "hex(randomblob(128))",
        r"moment\(n\)": moment_on_postgresql if is_postgresql else moment_on_sqlite,
        "'a_known_number'": f"'{digests(NUMBER, RECIPIENT_DIGEST)[0]}'",
        **{name: str(value) for name, value in constants.items()},
    }
    for shorthand, word in words.items():
        sql = re.sub(shorthand, word.replace("%%", "%") if not is_postgresql else word, sql)
    return sql
