"""When the same request ID may be posted again, and until when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Q

from invocations.models import Invocation

if TYPE_CHECKING:
    pass


SAME_ID_WINDOW = timedelta(minutes=15)
"""How long after the first doubt the same id is asked again by itself: Kaleyra's memory of ids is finite, and not documented."""
MOST_DOUBTS = 6
ASKED_BY_HAND = timedelta(hours=24)
"""How long after recording a person may have the same id posted again: how long Kaleyra remembers one is not documented."""


def is_checkable(invocation: Invocation, now: datetime) -> bool:
    """Whether its time lets a person have it asked about by the same ID once more, as far as nothing else keeps it back."""
    return invocation.created_at > now - ASKED_BY_HAND and (
        invocation.not_after is None or invocation.not_after > now
    )


def checkable(now: datetime) -> Q:
    """`is_checkable` as a question to the database."""
    return Q(created_at__gt=now - ASKED_BY_HAND) & (
        Q(not_after__isnull=True) | Q(not_after__gt=now)
    )
