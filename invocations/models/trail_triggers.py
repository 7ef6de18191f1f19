"""Database triggers that keep the trail: rows are added and sealed once, and never altered.

They refuse to change a row (except to seal an unsealed one), to delete one, and on PostgreSQL to
truncate the table. On SQLite `INSERT OR REPLACE` deletes, too, and fires the trigger because of
`PRAGMA recursive_triggers` (`fallback_console.databases`).

Whoever owns the database can drop them. The chain (`audit.checking`) shows what was done then.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.db import connections

TABLE = "invocations_trailrow"
REFUSAL = "The trail is only added to."
_CONTENT = (
    *("id", "at", "who_id", "who_name", "verb", "about_kind", "about_id", "facts"),
    *("ip", "session", "mac"),
)
_UPDATE, _DELETE, _TRUNCATE = "trail_not_changed", "trail_not_deleted", "trail_not_truncated"
_BODY = f"""
BEGIN
    RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation';
END """
_FUNCTION = f"""
CREATE OR REPLACE FUNCTION trail_refuses() RETURNS trigger LANGUAGE plpgsql AS $${_BODY}$$"""


def create_triggers(using: str, **kwargs: Any) -> None:
    """Receiver of `post_migrate`: creates the triggers anew.

    A statement that one of them refuses raises `IntegrityError`.
    """
    connection = connections[using]
    if not _has_columns(connection):
        return
    drop_triggers(connection)
    is_postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        for statement in _postgresql() if is_postgresql else _sqlite():
            cursor.execute(statement)


def drop_triggers(connection: Any) -> None:
    """For whoever empties the whole table: the tests do."""
    if TABLE not in connection.introspection.table_names():
        return
    on_table = f" ON {TABLE}" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for name in (_UPDATE, _DELETE, _TRUNCATE):
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on_table}")


def wrong_triggers(connection: Any) -> Iterator[str]:
    """A sentence for each trigger that is missing, altered or turned off, or that is not ours, and
    for whatever else could swallow, hide or add rows.
    """
    found = _found_triggers(connection)
    ours = {_UPDATE, _DELETE} | ({_TRUNCATE} if connection.vendor == "postgresql" else set())
    for name in sorted(ours - {name for name, is_whole in found.items() if is_whole}):
        yield f"unguarded: the trigger {name} is missing or altered (manage.py migrate lays it)"
    for name in sorted(found.keys() - ours):
        yield f"unguarded: the table has a trigger that is not the console's, {name}"
    yield from _wrong_table(connection)


def _found_triggers(connection: Any) -> dict[str, bool]:
    """Those of the table by name, and whether each is as it was laid."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT tgname, tgenabled IN ('O', 'A') AND prosrc = %s,"
                " pg_get_triggerdef(pg_trigger.oid, true)"
                " FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid"
                " WHERE tgrelid = %s::regclass AND NOT tgisinternal",
                [_BODY, TABLE],
            )
            ours = {_plain(statement) for statement in _postgresql()}
            return {name: on and _plain(laid) in ours for name, on, laid in cursor.fetchall()}
        cursor.execute(
            "SELECT name, sql FROM sqlite_master"
            " WHERE type = 'trigger' AND tbl_name = %s COLLATE NOCASE",
            [TABLE],
        )
        return {name: sql in _sqlite() for name, sql in cursor.fetchall()}


def _plain(statement: str) -> str:
    """As it is laid, and as PostgreSQL writes it down, are the same then: all are joined by OR."""
    return re.sub(r"[()]|::text", "", statement).lower()


def _wrong_table(connection: Any) -> Iterator[str]:
    """A sentence for whatever of PostgreSQL swallows, hides or adds rows without a trigger."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relkind <> 'r', relhasrules, relrowsecurity,"
            " EXISTS (SELECT FROM pg_inherits WHERE inhparent = pg_class.oid)"
            " FROM pg_class WHERE oid = %s::regclass",
            [TABLE],
        )
        found = zip(_NOT_OURS, cursor.fetchone(), strict=True)
    yield from (f"unguarded: {what}" for what, is_there in found if is_there)


_NOT_OURS = (
    "something else stands in place of the table",
    "the table has a rule, which can swallow rows",
    "the table has row security, which can hide rows",
    "another table inherits from it, and its rows count as rows of the trail",
)


def _has_columns(connection: Any) -> bool:
    """False after a migration to an earlier state."""
    if TABLE not in connection.introspection.table_names():
        return False
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {TABLE} LIMIT 0")  # noqa: S608
        return {column[0] for column in cursor.description}.issuperset((*_CONTENT, "seq", "chain"))


def _is_no_seal(differs: str) -> str:
    """SQL: whether an UPDATE does more, or less, than to seal a row that was not sealed."""
    changed = " OR ".join(f"OLD.{column} {differs} NEW.{column}" for column in _CONTENT)
    return f"OLD.seq IS NOT NULL OR NEW.seq IS NULL OR {changed}"


def _postgresql() -> list[str]:
    refuses = "EXECUTE FUNCTION trail_refuses()"
    return [
        _FUNCTION,
        f"CREATE TRIGGER {_UPDATE} BEFORE UPDATE ON {TABLE} FOR EACH ROW"
        f" WHEN ({_is_no_seal('IS DISTINCT FROM')}) {refuses}",
        f"CREATE TRIGGER {_DELETE} BEFORE DELETE ON {TABLE} FOR EACH ROW {refuses}",
        f"CREATE TRIGGER {_TRUNCATE} BEFORE TRUNCATE ON {TABLE} FOR EACH STATEMENT {refuses}",
    ]


def _sqlite() -> list[str]:
    refuses = f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    return [
        f"CREATE TRIGGER {_UPDATE} BEFORE UPDATE ON {TABLE} WHEN {_is_no_seal('IS NOT')} {refuses}",
        f"CREATE TRIGGER {_DELETE} BEFORE DELETE ON {TABLE} {refuses}",
    ]
