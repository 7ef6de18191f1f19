"""A person whose number and values are planted through every way in."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from invocations.access.session_store import SessionStore
from invocations.history import exports
from invocations.kaleyra.payload import Send
from invocations.models import (
    Approval,
    Attempt,
    Callback,
    ChannelResult,
    DoNotContact,
    Export,
    Invocation,
    KeptForm,
    LimitCount,
    ListedNumber,
    Note,
    NumberSearch,
    Parameter,
    Preset,
    Profile,
    SearchableValue,
    Settlement,
    TrailRow,
    WorkflowInstance,
)
from invocations.models.encryption import EncryptedBytesField, EncryptedTextField
from invocations.models.recipients import stored_digest
from invocations.privacy import purge
from invocations.sending.record import record
from tests.batches.built import running_batch
from tests.database_files import bytes_of_database

DIGITS = "919812345067"
SPELLINGS = (DIGITS, "+91 98123 45067", "098123 45067", "(+91) 98123-45067", "9812345067")
VALUE = "canary-value-7319"
NOTE = "canary-note-2204"


@pytest.fixture(autouse=True)
def looks_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purge._Looks, "next_at", 0.0)


@pytest.fixture
def sent(workflow: WorkflowInstance) -> Callable[..., Invocation]:
    """sent(days=100): a message to the person that was final so long ago."""

    def sent(
        digits: str = DIGITS, value: str = VALUE, *, days: float = 0, **columns: Any
    ) -> Invocation:
        sends = [Send(digits, {"01": value})] * 2
        row, _ = record(workflow, sends, request_id=uuid.uuid4(), created_by=None, note=NOTE)
        return final(row, days=days, **columns)

    return sent


def final(row: Invocation, *, days: float = 0, **columns: Any) -> Invocation:
    columns = {"status": "accepted", "delivery": "completed"} | columns
    ended = timezone.now() - timedelta(days=days)
    Invocation.objects.filter(pk=row.pk).update(due_at=None, final_at=ended, **columns)
    row.refresh_from_db()
    return row


def surround(row: Invocation, person: Any) -> None:
    """Everything that is kept around a message, with the canaries in it."""
    now = timezone.now()
    text = f"{NOTE}: call {SPELLINGS[1]} about {VALUE}"
    Attempt.objects.create(
        invocation=row, number=1, started_at=now, outcome="accepted", reply=json.dumps([text])
    )
    Note.objects.create(invocation=row, author=person, text=text)
    Settlement.objects.create(invocation=row, verdict="delivered", reason=text, settled_by=person)
    Approval.objects.create(invocation=row, lapses_at=now, state="refused", reason=text)
    SearchableValue.objects.create(invocation=row, label="Order", digest="0" * 64)
    callback = Callback.objects.create(
        account_id=row.account_id,
        digest=uuid.uuid4().hex,
        body=json.dumps({"to": DIGITS, "value": VALUE}),
        received_at=now,
        last_received_at=now,
        invocation=row,
        matched_at=now,
    )
    columns = {"recipient_hint": "+91 ••••• •5067", "recipient_digest": stored_digest(DIGITS)}
    ChannelResult.objects.create(callback=callback, position=1, **columns)


def plant_elsewhere(workflow: WorkflowInstance, person: Any, other: Invocation) -> None:
    """The number in what belongs to nobody, or to other messages."""
    now = timezone.now()
    text = f"he also has {SPELLINGS[2]}"
    Invocation.objects.filter(pk=other.pk).update(reference=SPELLINGS[4])
    Note.objects.create(invocation=other, author=person, text=text)
    parameter = Parameter.objects.create(
        channel=workflow.channels.get(position=1), key="01", sample=SPELLINGS[1]
    )
    parameter.default = SPELLINGS[3]
    parameter.save()
    Preset.objects.create(
        workflow_instance=workflow, title="Mine", values=json.dumps([{"01": SPELLINGS[2]}])
    )
    Profile.objects.create(user=person, own_number=SPELLINGS[1])
    KeptForm.objects.create(
        request_id=uuid.uuid4(), user=person, workflow=workflow, body=json.dumps({"r": SPELLINGS})
    )
    unmatched = Callback.objects.create(
        account_id=workflow.account_id,
        digest=uuid.uuid4().hex,
        body=json.dumps({"to": SPELLINGS[0]}),
        received_at=now,
        last_received_at=now,
    )
    plant_digests(unmatched, person)
    session = SessionStore()
    session["typed"] = SPELLINGS[1]
    session.save()
    batch = running_batch(workflow, [[DIGITS, VALUE], ["919876500001", "Asha"]])
    type(batch).objects.filter(pk=batch.pk).update(
        state="done", ended_at=now, next_part=1, next_row=0, fed=2, reference=SPELLINGS[2]
    )
    Approval.objects.create(
        batch=batch, lapses_at=now, state="refused", reason=text, reference=SPELLINGS[2]
    )
    listed = {"digest": stored_digest(DIGITS), "hint": "+91 ••••• •5067", "last_four": "5067"}
    ListedNumber.objects.create(account=workflow.account, **listed)
    DoNotContact.objects.create(reason=text, **listed)
    export = Export.objects.create(person=person, format="csv", newest=10, with_numbers=True)
    path = exports.export_path(export)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(SPELLINGS[1])
    Export.objects.filter(pk=export.pk).update(state="ready", ended_at=now)


def plant_digests(unmatched: Callback, person: Any) -> None:
    """Where the number is known by its digest alone."""
    now, digest = timezone.now(), stored_digest(DIGITS)
    ChannelResult.objects.create(callback=unmatched, position=1, recipient_digest=digest)
    LimitCount.objects.create(scope="number_day", subject=digest, starts_at=now, count=1, most=5)
    NumberSearch.objects.create(person=person, digest=digest, at=now)
    to_person = Invocation.objects.filter(recipient_digest=digest)
    to_person.update(recipient2_digest=digest, recipient2_hint="+91 ••••• •5067")


@pytest.fixture
def exports_dir(tmp_path: Path, settings: Any) -> Path:
    settings.EXPORTS_DIR = tmp_path / "exports"
    return tmp_path / "exports"


# --- looking for what is left ---------------------------------------------------------------------


def every_text() -> Iterator[tuple[str, str]]:
    """Each text of each table with its column, decrypted; found by the models alone."""
    for model in apps.get_models(include_auto_created=True):
        if model is TrailRow:
            continue
        fields = model._meta.concrete_fields
        for row in model._default_manager.all():
            for field in fields:
                value = getattr(row, field.attname)
                if isinstance(field, EncryptedBytesField) and value is not None:
                    value = _unpacked(value)
                yield f"{model._meta.label}.{field.name}", str(value)
            if model._meta.label == "invocations.BrowserSession":
                yield "session", json.dumps(row.get_decoded())  # type: ignore[attr-defined]


def _unpacked(content: bytes) -> str:
    import zlib

    try:
        return zlib.decompress(content).decode()
    except zlib.error:
        return content.decode("utf-8", "replace")


def columns_with(*canaries: str) -> list[str]:
    """Where one of them stands, with and without separators between digits."""
    found = []
    for place, text in every_text():
        plain = "".join(sign for sign in text if sign not in " -()+")
        if any(one in text or one in plain for one in canaries):
            found.append(place)
    return sorted(set(found))


def stored_texts() -> dict[str, bool]:
    """For the test that the search itself finds canaries: which fields are encrypted."""
    return {
        f"{model._meta.label}.{field.name}": isinstance(field, EncryptedTextField)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
    }


def database_files() -> bytes:
    """SQLite's file and its write-ahead log, after what is committed went into the file."""
    if connection.vendor != "sqlite":
        return b""
    return bytes_of_database()


def later(days: float) -> datetime:
    return timezone.now() + timedelta(days=days)
