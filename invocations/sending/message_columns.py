"""The columns of an invocation that follow from what is sent, and the locks of its numbers.

`sending.record` uses them for one message, `batches.feed` for the rows of a file.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence

from django.db import connection

from invocations.kaleyra import recipients
from invocations.kaleyra.payload import Send, build_payload, to_text
from invocations.kaleyra.recipients import Recipient
from invocations.models import WorkflowInstance
from invocations.models.encryption import digest_of
from invocations.models.invocations import PAYLOAD_DIGEST
from invocations.models.recipients import phone_digests, stored_digest
from invocations.models.searchable_values import value_digests


def payload_columns(request_id: uuid.UUID, sends: Sequence[Send]) -> dict[str, str]:
    payload = to_text(build_payload(str(request_id), sends))
    return {"payload": payload, "payload_digest": digest_of(payload, PAYLOAD_DIGEST)}


def recipients_of(sends: Iterable[Send]) -> list[Recipient]:
    """Each different number once, that of the first channel first."""
    return [recipients.describe(number) for number in {send.recipient: None for send in sends}]


def recipient_columns(numbers: Sequence[Recipient]) -> dict[str, str]:
    """Of `recipients_of`. With one number for both channels the second columns stay empty: the row
    shows and finds it once.
    """
    first = numbers[0]
    second = next((other for other in numbers if other.digits != first.digits), None)
    return {
        "recipient_digest": stored_digest(first.digits),
        "recipient_hint": recipients.mask(first.formatted),
        "recipient_last_four": first.digits[-4:],
        "recipient2_digest": stored_digest(second.digits) if second else "",
        "recipient2_hint": recipients.mask(second.formatted) if second else "",
        "recipient2_last_four": second.digits[-4:] if second else "",
    }


def searchable_values(found: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Label and digest to be stored, of label and value (`composing.searchable`)."""
    stored = {
        (label, digest): None for label, value in found for digest in value_digests(value)[:1]
    }
    return list(stored)


def recipient_locks(workflow: WorkflowInstance, numbers: Iterable[Recipient]) -> set[str]:
    """Names of the locks of a workflow's messages to these numbers (`lock_recipients`).

    There is one lock for each spelling of the phone, and for each key that digests were made with:
    while a new version is started, its processes and those of the version before have one in
    common.
    """
    found = {digest for number in numbers for digest in phone_digests(number.digits)}
    return {f"{workflow.pk} {digest}" for digest in found}


def lock_recipients(names: Iterable[str]) -> None:
    """Keeps others from recording the same workflow to the same numbers until the transaction ends.

    Without it two people could be asked nothing, for neither sees the other's message. On SQLite
    every transaction has the write lock from its beginning (`transaction_mode: IMMEDIATE`).
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        # In one order, so that two people never wait for each other.
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(name, 0)) FROM unnest(%s::text[]) name",
            [sorted(names)],
        )
