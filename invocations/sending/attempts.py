"""Writes the rows of attempts that are about to be made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from invocations.models import Attempt, Invocation
from invocations.models.bulk_insert import insert_each
from invocations.sending.targets import Route

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_NOTHING_YET: dict[str, Any] = {
    "outcome": Attempt.Outcome.UNDER_WAY,
    "duration_ms": None,
    "reason": "",
    "http_status": None,
    "retry_after": None,
    "reply": None,
    "answered_invocation_id": "",
    "answered_request_id": None,
}
"""The columns of an attempt without a result."""


def start(
    rows: Sequence[Invocation], routes: Sequence[Route], now: datetime, asked_by: User | None
) -> list[Attempt]:
    """Inserts the next attempt of each of the rows."""
    attempts = [
        Attempt(
            invocation_id=row.pk,
            number=row.attempt_count + 1,
            started_at=now,
            target_id=route.target.pk,
            api_key_id=route.api_key.pk if route.api_key else None,
            api_key_last_four=route.api_key.last_four if route.api_key else "",
            asked_by=asked_by,
        )
        for row, route in zip(rows, routes, strict=True)
    ]
    shared = {"started_at": now, "asked_by": asked_by and asked_by.pk, **_NOTHING_YET}
    keys = insert_each(Attempt, shared, [_own(each) for each in attempts], by="invocation")
    for each in attempts:
        each.pk = keys[each.invocation_id]
        each._state.adding = False
    return attempts


def _own(attempt: Attempt) -> dict[str, Any]:
    """The values that differ from one attempt to another."""
    return {
        "invocation": attempt.invocation_id,
        "number": attempt.number,
        "binding": attempt.binding,
        "target": attempt.target_id,
        "api_key_id": attempt.api_key_id,
        "api_key_last_four": attempt.api_key_last_four,
    }
