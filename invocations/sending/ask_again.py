"""When the same request ID may be posted again, and until when.

Kaleyra takes a request ID once, but how long it remembers one is not documented. So a doubtful
message is posted again for a limited time: shorter by itself, longer if a person asks for it. Time
in which the console could not ask does not count (`open_time`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import DateTimeField, ExpressionWrapper, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import LessThanOrEqual

from invocations.models import Account, Invocation, Pace
from invocations.sending.outcomes import Next

SAME_ID_WINDOW = timedelta(minutes=15)
"""How long after its first doubtful attempt a message is posted again without a person."""
MOST_DOUBTS = 6
"""Doubtful attempts after which a message is not posted again without a person."""
ASKED_BY_HAND = timedelta(hours=24)
"""How long after recording a person may have the same ID posted again.

Without a person it is never posted again later than this after its first doubtful attempt, however
long the console could not ask.
"""
REPORTED_BEFORE_SENT = "reported_before_sent"
"""The reason of a message that Kaleyra reported on before it was sent (`decisions.hold_reported`).

Its ID is never posted: nothing shows when Kaleyra got it, and for how long it remembers it.
"""


# --- without a person ---


def repeats_until(
    policy: str,
    following: Next,
    doubtful_since: datetime | None,
    doubt_count: int,
    not_after: datetime | None,
    unasked_for: timedelta = timedelta(0),
) -> datetime | None:
    """The time before which an unknown outcome is posted again without a person; None: never.

    `policy` is the account's `retry_ambiguous`, `following` what the table has for the last
    attempt; the others are columns of the invocation.
    """
    may_repeat = policy == Account.RetryAmbiguous.SAME_ID and following is not Next.NOTHING
    if not may_repeat or doubtful_since is None or doubt_count >= MOST_DOUBTS:
        return None
    return window_end(doubtful_since, not_after, unasked_for)


def window_end(
    doubtful_since: datetime | None,
    not_after: datetime | None,
    unasked_for: timedelta = timedelta(0),
) -> datetime | None:
    """When an unknown outcome stops being posted again without a person, by its times alone."""
    longest = min(SAME_ID_WINDOW + unasked_for, ASKED_BY_HAND)
    ends = [doubtful_since + longest] if doubtful_since else []
    return min([*ends, not_after] if not_after else ends, default=None)


def is_window_over(
    invocation: Invocation, now: datetime, could_ask_at: datetime | None = None
) -> bool:
    """Whether an unknown outcome is not posted again without a person any more, by its times alone.

    `could_ask_at` is its account's (`Pace`): what came later does not count. None counts until now.
    """
    since, unasked_for = invocation.doubtful_since, invocation.unasked_for
    counted_until = now if could_ask_at is None else could_ask_at
    return (
        (since is not None and since + SAME_ID_WINDOW + unasked_for <= counted_until)
        or (since is not None and since + ASKED_BY_HAND <= now)
        or (invocation.not_after is not None and invocation.not_after <= now)
    )


def window_is_over(now: datetime) -> Q:
    """The invocations for which `is_window_over` is true."""
    pace = Pace.objects.filter(account_id=OuterRef("account_id"))
    counted_until = Coalesce(Subquery(pace.values("could_ask_at")), Value(now))
    end = ExpressionWrapper(
        F("doubtful_since") + F("unasked_for") + SAME_ID_WINDOW, output_field=DateTimeField()
    )
    return (
        Q(doubtful_since__isnull=False) & Q(LessThanOrEqual(end, counted_until))
        | Q(doubtful_since__lte=now - ASKED_BY_HAND)
        | Q(not_after__lte=now)
    )


# --- by a person ---


def is_checkable(invocation: Invocation, now: datetime) -> bool:
    """Whether a person may still have the same ID posted again, by its columns alone."""
    return (
        invocation.created_at > now - ASKED_BY_HAND
        and (invocation.not_after is None or invocation.not_after > now)
        and invocation.reason != REPORTED_BEFORE_SENT
    )


def checkable(now: datetime) -> Q:
    """The invocations for which `is_checkable` is true."""
    in_time = Q(not_after__isnull=True) | Q(not_after__gt=now)
    not_reported = ~Q(reason=REPORTED_BEFORE_SENT)
    return Q(created_at__gt=now - ASKED_BY_HAND) & in_time & not_reported
