"""What the history can be narrowed by: each filter as a query, and as words.

`forms.history.HistoryFilter` is the form over it, which checks what stands in an address. A stored export holds
filters that were checked before, and reads them here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from invocations.history.meanings import (
    AWAITING,
    MAY_BE_DOUBLE,
    NO_CONFIRMATION,
    NO_RESULT,
    NOT_DELIVERED,
    SAID_DELIVERED,
    SAID_NOT_DELIVERED,
    STATUSES,
)
from invocations.history.periods import recorded_between
from invocations.history.reasons import REASONS
from invocations.models import Account, Invocation

# A partial index is used on SQLite only where the query says its condition again (https://www.sqlite.org/partialindex.html).
HAS_DELIVERY = ~Q(delivery="")
HAS_REASON = ~Q(reason="") & ~Q(reason="accepted")
DELIVERIES: dict[str, tuple[Any, Q]] = {
    "reached": (_("Delivered, on either channel"), Q(deciding_channel__gt=0)),
    "1": (_("Delivered on channel 1"), Q(deciding_channel=1)),
    "2": (_("Delivered on channel 2: fell back"), Q(deciding_channel=2)),
    "failed": (NOT_DELIVERED.label, Q(deciding_channel=0)),
    "open": (NO_CONFIRMATION.label, Q(delivery="completed", deciding_channel__isnull=True)),
    "awaiting": (AWAITING.label, Q(delivery="awaiting") & HAS_DELIVERY),
    "no_result": (NO_RESULT.label, Q(delivery="no_result") & HAS_DELIVERY),
    "completed": (_("Any result received"), Q(delivery="completed") & HAS_DELIVERY),
    "double": (MAY_BE_DOUBLE.label, Q(may_be_double=True)),
    "said_delivered": (SAID_DELIVERED.label, Q(reason="settled_delivered") & HAS_REASON),
    "said_not_delivered": (
        SAID_NOT_DELIVERED.label,
        Q(reason="settled_not_delivered") & HAS_REASON,
    ),
}
"""What Kaleyra reported, or did not, and what people settled, by the filter's value in an address, in the words of the list."""
STATUS_CHOICES = [(status, STATUSES[status].label) for status in Invocation.Status.values]
FILTERS: dict[str, Callable[[Any], Q]] = {
    "status": lambda status: Q(status=status),
    "delivery": lambda delivery: DELIVERIES[delivery][1],
    "workflow": lambda workflow: Q(workflow_instance=workflow),
    "account": lambda account: Q(account=account),
    "person": lambda person: Q(created_by=person),
    "http": lambda code: Q(http_status=code) & (Q() if code == 202 else ~Q(http_status=202)),
    "error": lambda kind: Q(error_kind=kind) & ~Q(error_kind=""),
    # Of those alone of which no more is known: where an answer complained of something, that is the kind it is of.
    "why": lambda reason: Q(reason=reason, error_kind="") & HAS_REASON,
    "again": lambda again: Q(sent_again_from__isnull=False),
    "practice": lambda which: (
        Q(account__in=Account.for_practice())
        if which == "only"
        else ~Q(account__in=Account.for_practice())
    ),
}
"""What each filter but the dates asks of the row. Each has an index that ends in the id (`Invocation.Meta.indexes`)."""
REASON_CHOICES = {reason: says for reason, says in REASONS.items() if reason != "accepted"}


def narrow(
    found: QuerySet[Invocation], values: Mapping[str, Any], but: Collection[str] = ()
) -> QuerySet[Invocation]:
    """`found`, narrowed by each filter in `values` except those named in `but`. Days are those of the current time zone."""
    for name, value in values.items():
        if name in FILTERS and name not in but:
            found = found.filter(FILTERS[name](value))
    since, until = values.get("since"), values.get("until")
    return found.filter(
        recorded_between(
            _midnight(since) if since else None,
            _midnight(until + timedelta(days=1)) if until else None,
        )
    )


def values_in(address: str) -> dict[str, Any]:
    """The values of checked filters in `address`, for `narrow`. Raises `ValueError` where one cannot be read."""
    chosen = upgrade_filters(QueryDict(address)).dict()
    return {name: _READ.get(name, str)(str(text)) for name, text in chosen.items() if text}


_READ: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(("workflow", "account", "person", "http"), int),
    **dict.fromkeys(("since", "until"), date.fromisoformat),
}
"""How a filter's text becomes its value, where it is not a text."""


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def upgrade_filters(address: QueryDict) -> QueryDict:
    """`address` with the questions that it once had put as they are put now: what `channel` asked belongs to `delivery` today.

    Whoever chose a channel of what was completed chose that channel. Beside another delivery it could find nothing: that becomes a
    value that is not valid, and is told.
    """
    channel = address.get("channel", "")
    if not channel:
        return address
    now = address.copy()
    del now["channel"]
    if now.get("delivery") in (None, "", "completed"):
        now["delivery"] = channel
    else:
        now["delivery"] = f"{now['delivery']}, {channel}"
    return now


def first_ids(ways: Iterable[Q], ordered: QuerySet[Invocation], most: int) -> list[int]:
    """The ids of the first `most` of `ordered` that one of `ways` finds."""
    ids = {pk for way in ways for pk in ordered.filter(way).values_list("pk", flat=True)[:most]}
    return sorted(
        ids, reverse=not ordered.query.order_by or str(ordered.query.order_by[0]).startswith("-")
    )[:most]
