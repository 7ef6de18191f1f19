"""Writes the rows of attempts that are about to be made."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

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


class StartedAttempt(NamedTuple):
    """What a claim needs of its attempt's row. Instances of `Attempt` would cost a third of the
    claim.
    """

    pk: int
    number: int
    binding: uuid.UUID


def start(
    rows: Sequence[Invocation], routes: Sequence[Route], now: datetime, asked_by: User | None
) -> list[StartedAttempt]:
    """Inserts the next attempt of each of the rows."""
    shared = {"started_at": now, "asked_by": asked_by and asked_by.pk, **_NOTHING_YET}
    own = [_own(row, route) for row, route in zip(rows, routes, strict=True)]
    keys = insert_each(Attempt, shared, own, by="invocation")
    return [
        StartedAttempt(keys[each["invocation"]], each["number"], each["binding"]) for each in own
    ]


def _own(row: Invocation, route: Route) -> dict[str, Any]:
    """The values that differ from one attempt to another."""
    return {
        "invocation": row.pk,
        "number": row.attempt_count + 1,
        "binding": uuid.uuid4(),
        "target": route.target.pk,
        "api_key_id": route.api_key.pk if route.api_key else None,
        "api_key_last_four": route.api_key.last_four if route.api_key else "",
    }
