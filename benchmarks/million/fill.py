"""Fills the database that TEST_DATABASE_URL names with messages, as the console writes them.

`python -m benchmarks.million.fill set-up API_DOMAIN` migrates and makes the workflows, `… messages
ROWS FIRST LAST` and `… trail ROWS` may run side by side, `… indexes` ends it. Everything is
encrypted with the first of TEST_FIELD_ENCRYPTION_KEYS.

Indexes are made after the rows, which takes a third of the time.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection, models, transaction

from benchmarks.history.fill import _take_indexes_off
from invocations.audit.macs import chain_mac, row_mac
from invocations.composing import template_fields
from invocations.kaleyra.payload import Send, build_payload, to_text
from invocations.models import (
    Account,
    Attempt,
    Callback,
    Channel,
    ChannelResult,
    Invocation,
    Note,
    Parameter,
    Pod,
    SearchableValue,
    TrailHead,
    TrailRow,
    WorkflowInstance,
)
from invocations.models.bulk_insert import insert_each
from invocations.models.encryption import digest_of
from invocations.models.invocations import PAYLOAD_DIGEST
from invocations.models.recipients import stored_digest
from invocations.models.searchable_values import value_digests
from invocations.sending.targets import current_target

ENDS = datetime.fromisoformat(os.environ.get("MILLION_ENDS", "2026-11-29T00:00:00+00:00"))
YEAR = timedelta(days=365)
ERASED = "919876500001"
"""The phone of every 500th message, and in some notes and values of others."""
EVERY_ERASED, EVERY_RESULT, EVERY_NOTE = 500, 3, 20
WORKFLOWS = 3
AT_ONCE = 2_000
FILLED = (Invocation, Attempt, Callback, ChannelResult, Note, SearchableValue, TrailRow)
Row = dict[str, Any]


def set_up(api_domain: str) -> None:
    """The practice account, which sends meanwhile, and the account of the old messages."""
    call_command("migrate", verbosity=0)
    call_command("demo", api_domain=api_domain, verbosity=0)
    User.objects.create_superuser("person", password="a password for tests", is_staff=True)
    account = Account.objects.create(
        title="Old messages", pod=Pod.objects.get(code="IN"), sid="HXBENCH0IN",
        values_kept_days=3650,
    )  # fmt: skip
    practice = Account.objects.get(title="Practice account")
    meanwhile = WorkflowInstance.objects.create(
        account=practice, title="Sent meanwhile", workflow_instance_id="00112233-meanwhile"
    )
    for position, kind in ((1, "whatsapp"), (2, "sms")):
        Channel.objects.create(workflow_instance=meanwhile, position=position, kind=kind)
    for n in range(WORKFLOWS):
        workflow = WorkflowInstance.objects.create(
            account=account, title=f"Order delayed {n}", workflow_instance_id=f"00112233-{n}"
        )
        for position, kind, text in (
            (1, "whatsapp", "Hello {{1}}, {{2}} comes {{3}}"),
            (2, "sms", "Hello {#var#}, {#var#} comes {#var#}"),
        ):
            channel = Channel.objects.create(
                workflow_instance=workflow, position=position, kind=kind, template_text=text
            )
            words = {"01": "First name", "02": "Order number", "03": "New delivery day"}
            Parameter.objects.bulk_create(
                Parameter(channel=channel, key=key, label=label, is_searchable=key == "02")
                for key, label in words.items()
            )
    statements = [each for model in FILLED for each in _take_indexes_off(model._meta.db_table)]
    _kept_statements().write_text(json.dumps(statements))


def indexes() -> None:
    for statement in json.loads(_kept_statements().read_text()):
        with connection.cursor() as cursor:
            cursor.execute(statement)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for table in (model._meta.db_table for model in FILLED if model is not Note):
                last = f"(SELECT max(id) FROM {table})"
                cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {last})")
        cursor.execute("VACUUM (ANALYZE)" if connection.vendor == "postgresql" else "ANALYZE")


def _kept_statements() -> Path:
    return Path(os.environ["TEST_DISPATCHER_STATE_DIR"], "indexes.json")


# --- one message ----------------------------------------------------------------------------------


def number_of(n: int) -> str:
    return ERASED if n % EVERY_ERASED == 7 else f"9198{n:08}"


def request_id_of(n: int) -> uuid.UUID:
    return uuid.UUID(
        bytes=hashlib.md5(b"million %d" % n, usedforsecurity=False).digest(), version=4
    )


def hint_of(number: str) -> str:
    return f"+91 ••••• •{number[-4:]}"


def moment_of(n: int, rows: int) -> datetime:
    return ENDS - YEAR + YEAR * n / rows


class Messages:
    """The rows of all tables but the trail's."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._workflows = list(
            WorkflowInstance.objects.filter(account__sid="HXBENCH0IN").order_by("pk")
        )
        self._of = [
            (each.pk, template_fields.current_version(each, None).pk, current_target(each).pk)
            for each in self._workflows
        ]
        self._account = self._workflows[0].account_id
        self._person = User.objects.get(username="person").pk
        self._shared = {model: _defaults(model) for model in FILLED}

    def insert(self, first: int, last: int) -> None:
        found: dict[Any, list[Row]] = {model: [] for model in FILLED}
        for n in range(first, last):
            self._add(n, found)
        with transaction.atomic():
            for model, rows in found.items():
                if rows:
                    shared = {k: v for k, v in self._shared[model].items() if k not in rows[0]}
                    insert_each(model, shared, rows, by="id")

    def _add(self, n: int, found: dict[Any, list[Row]]) -> None:
        number, request_id, at = number_of(n), request_id_of(n), moment_of(n, self._rows)
        values = {"01": f"Asha {n}", "02": f"KF-{n:07}", "03": "Thu 26 November"}
        if n % EVERY_ERASED == 8:  # somebody else's message names the number
            values["01"] = f"call +{ERASED[:2]} {ERASED[2:7]} {ERASED[7:]}"
        payload = to_text(build_payload(str(request_id), [Send(number, values)] * 2))
        workflow, version, target = self._of[n % WORKFLOWS]
        has_result = n % EVERY_RESULT == 0
        note = f"customer {n} rang twice" if n % 10 == 0 else None
        found[Invocation].append(
            {
                "id": n, "request_id": request_id, "workflow_instance_id": workflow,
                "version_id": version, "target_id": target, "account_id": self._account,
                "payload": _sealed(Invocation, "payload", request_id, payload),
                "payload_digest": digest_of(payload, PAYLOAD_DIGEST),
                "recipient_digest": stored_digest(number), "recipient_hint": hint_of(number),
                "recipient_last_four": number[-4:],
                "note": note and _sealed(Invocation, "note", request_id, note),
                "status": "accepted" if n % 50 else "rejected",
                "reason": "accepted" if n % 50 else "rejected",
                "http_status": 202 if n % 50 else 400,
                "delivery": "completed" if has_result else "no_result",
                "deciding_channel": 1 if has_result else None,
                "workflow_invocation_id": f"wf{n:020}", "reference": f"CARE-{n}",
                "attempt_count": 1, "answered_attempt": 1, "created_by_id": self._person,
                "created_at": at, "final_at": at, "result_at": at if has_result else None,
            }
        )  # fmt: skip
        kept = {"message": "Request accepted", "errors": [], "text": f'{{"requestId":"{n}"}}'}
        binding = uuid.uuid4()
        found[Attempt].append(
            {
                "id": n, "invocation_id": n, "number": 1, "started_at": at, "duration_ms": 120,
                "outcome": "accepted", "reason": "accepted", "http_status": 202,
                "binding": binding, "target_id": target,
                "reply": _sealed(Attempt, "reply", binding, json.dumps(kept)),
            }
        )  # fmt: skip
        digest = value_digests(values["02"])[0]
        found[SearchableValue].append(
            {"id": n, "invocation_id": n, "label": "Order number", "digest": digest}
        )
        if has_result:
            self._add_result(n, number, at, found)
        if n % EVERY_NOTE == 0:
            uid, text = uuid.uuid4(), f"asked for by {ERASED}" if n % 5_000 == 0 else "rang again"
            sealed = _sealed(Note, "text", uid, text)
            found[Note].append(
                {"id": uid, "invocation_id": n, "text": sealed, "author_id": self._person,
                 "created_at": at}
            )  # fmt: skip

    def _add_result(self, n: int, number: str, at: datetime, found: dict[Any, list[Row]]) -> None:
        channel = {"from": "KALEYR", "to": number, "messageId": f"msg-{n}", "channel": "whatsapp"}
        result = {"channel1": channel | {"statusCode": "DELIVERED", "timeout": "PT30S"}}
        body = json.dumps({"workflowInvocationId": f"wf{n:020}", "result": result})
        digest = digest_of(
            f"{self._account} {hashlib.sha256(body.encode()).hexdigest()}", "callback"
        )
        found[Callback].append(
            {
                "id": n, "account_id": self._account, "digest": digest,
                "body": _sealed(Callback, "body", digest, body), "received_at": at,
                "last_received_at": at, "ask_at": at, "workflow_invocation_id": f"wf{n:020}",
                "execution_status": "COMPLETED", "invocation_id": n, "matched_at": at,
            }
        )  # fmt: skip
        found[ChannelResult].append(
            {
                "id": n, "callback_id": n, "position": 1, "kind": "whatsapp", "code": "DELIVERED",
                "message_id": f"msg-{n}", "recipient_digest": stored_digest(number),
                "recipient_hint": hint_of(number),
            }
        )  # fmt: skip


def _defaults(model: type[models.Model]) -> Row:
    fields = model._meta.concrete_fields
    return {each.attname: each.get_default() for each in fields}


def _sealed(model: Any, column: str, row: object, text: str) -> Any:
    return model._meta.get_field(column).seal_for(row, text)


# --- the trail ------------------------------------------------------------------------------------


def trail(rows: int) -> None:
    """A row for each message, sealed."""
    head, _new = TrailHead.objects.get_or_create(pk=1)
    seq, chain, first = head.seq, head.chain, TrailRow.objects.count() + 1
    shared = _defaults(TrailRow)
    for begin in range(1, rows + 1, AT_ONCE):
        made = []
        for n in range(begin, min(begin + AT_ONCE, rows + 1)):
            row = TrailRow(
                pk=first + n, at=moment_of(n, rows).astimezone(UTC), who_id="1", who_name="person",
                verb="sent", about_kind="invocation", about_id=str(n), facts=_facts(n),
            )  # fmt: skip
            row.mac = row_mac(row)
            seq += 1
            row.chain, row.seq = chain_mac(chain, seq, row), seq
            chain = row.chain
            made.append({name: getattr(row, name) for name in shared})
        with transaction.atomic():
            insert_each(TrailRow, {}, made, by="id")
            TrailHead.objects.filter(pk=1).update(seq=seq, chain=chain)


def _facts(n: int) -> str:
    facts = {
        "number": hint_of(number_of(n)),
        "request_id": str(request_id_of(n)),
        "workflow": "Order delayed",
    }
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def messages(rows: int, first: int, last: int) -> None:
    """The rows of all tables but the trail's, for messages `first` to `last` of `rows`."""
    work = Messages(rows)
    for begin in range(first, last + 1, AT_ONCE):
        work.insert(begin, min(begin + AT_ONCE, last + 1))


if __name__ == "__main__":
    steps: dict[str, Callable[[], None]] = {
        "set-up": lambda: set_up(sys.argv[2]),
        "messages": lambda: messages(*map(int, sys.argv[2:])),
        "trail": lambda: trail(int(sys.argv[2])),
        "indexes": indexes,
    }
    steps[sys.argv[1]]()
