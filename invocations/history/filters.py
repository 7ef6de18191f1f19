"""The filters of the history: each as a query, and its choices as words.

`forms.history.HistoryFilter` validates filters from an address. A stored export holds filters that
were valid when it was requested, and reads them with `values_in`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from invocations.history.deliveries import (
    AWAITING,
    MAY_BE_DOUBLE,
    NO_CONFIRMATION,
    NO_RESULT,
    NOT_DELIVERED,
    SAID_DELIVERED,
    SAID_NOT_DELIVERED,
)
from invocations.history.periods import recorded_between
from invocations.history.reasons import REASONS
from invocations.history.scheduled import is_scheduled
from invocations.history.statuses import SCHEDULED, STATUSES
from invocations.models import Account, Batch, Invocation

# SQLite uses a partial index only for a query that repeats the index's condition
# (https://www.sqlite.org/partialindex.html).
HAS_DELIVERY = ~Q(delivery="")
HAS_REASON = ~Q(reason="") & ~Q(reason="accepted")
DELIVERY_FILTERS: dict[str, tuple[Any, Q]] = {
    "reached": (_("Delivered, on either channel"), Q(deciding_channel__gt=0)),
    "1": (_("Delivered on the first channel"), Q(deciding_channel=1)),
    "2": (_("Rescued: delivered on the second channel"), Q(deciding_channel=2)),
    "failed": (NOT_DELIVERED.label, Q(deciding_channel=0)),
    "open": (NO_CONFIRMATION.label, Q(delivery="completed", deciding_channel__isnull=True)),
    "awaiting": (AWAITING.label, Q(delivery="awaiting") & HAS_DELIVERY),
    "no_result": (NO_RESULT.label, Q(delivery="no_result") & HAS_DELIVERY),
    "completed": (_("Any result received"), Q(delivery="completed") & HAS_DELIVERY),
    "double": (MAY_BE_DOUBLE.label, Q(may_be_double=True)),
    "said_delivered": (SAID_DELIVERED.label, Q(reason="settled_delivered") & HAS_REASON),
    "said_not_delivered": (
        SAID_NOT_DELIVERED.label,
        Q(reason__in=("settled_not_delivered", "settled_then_accepted")) & HAS_REASON,
    ),
}
"""By the filter's value in an address: label and query."""
STATUS_CHOICES = [
    (SCHEDULED.name, SCHEDULED.label),
    *((status, STATUSES[status].label) for status in Invocation.Status.values),
]
FILTERS: dict[str, Callable[[Any], Q]] = {
    "status": lambda status: is_scheduled() if status == SCHEDULED.name else Q(status=status),
    "delivery": lambda delivery: DELIVERY_FILTERS[delivery][1],
    "workflow": lambda workflow: Q(workflow_instance=workflow),
    "account": lambda account: Q(account=account),
    "person": lambda person: Q(created_by=person),
    "http": lambda code: Q(http_status=code) & (Q() if code == 202 else ~Q(http_status=202)),
    "error": lambda kind: Q(error_kind=kind) & ~Q(error_kind=""),
    # Only invocations without an `error_kind`: with one, the errors page counts them by that.
    "why": lambda reason: Q(reason=reason, error_kind="") & HAS_REASON,
    "again": lambda again: Q(sent_again_from__isnull=False),
    "practice": lambda which: _practice(is_practice=which == "only"),
    "batch": lambda batch: Q(batch=batch),
}
"""All but the dates. Each filter has an index that ends in the id (`Invocation.Meta.indexes`)."""
REASON_CHOICES = {reason: says for reason, says in REASONS.items() if reason != "accepted"}


def narrow(
    found: QuerySet[Invocation], values: Mapping[str, Any], but: Collection[str] = ()
) -> QuerySet[Invocation]:
    """Applies `values`, without the filters named in `but`. Days are in the current time zone."""
    for name, value in values.items():
        if name in FILTERS and name not in but:
            found = found.filter(FILTERS[name](value))
    since, until = values.get("since"), values.get("until")
    return found.filter(
        recorded_between(
            start_of_day(since) if since else None,
            start_of_day(until + timedelta(days=1)) if until else None,
        )
    )


def values_in(address: str) -> dict[str, Any]:
    """The values for `narrow` in the query string `address`. Raises `ValueError`."""
    chosen = upgrade_filters(QueryDict(address)).dict()
    return {name: _PARSERS.get(name, str)(str(text)) for name, text in chosen.items() if text}


def _batch_of(uid: str) -> int:
    """Its primary key; 0, which is nobody's, if it is gone."""
    return Batch.objects.filter(uid=UUID(uid)).values_list("pk", flat=True).first() or 0


_PARSERS: dict[str, Callable[[str], Any]] = {
    "batch": _batch_of,
    **dict.fromkeys(("workflow", "account", "person", "http"), int),
    **dict.fromkeys(("since", "until"), date.fromisoformat),
}
"""For filters with a value that is no text."""


def _practice(*, is_practice: bool) -> Q:
    query = Q(account__in=Account.for_practice())
    return query if is_practice else ~query


def start_of_day(day: date) -> datetime:
    """Its midnight in the current time zone."""
    return timezone.make_aware(datetime.combine(day, time.min))


def upgrade_filters(address: QueryDict) -> QueryDict:
    """Replaces the filter `channel` of old addresses, which is part of `delivery` today.

    A channel together with "completed", or alone, becomes the value of `delivery`. With any other
    delivery it found nothing: the two become one invalid value, and the page reports it.
    """
    channel = address.get("channel", "")
    if not channel:
        return address
    upgraded = address.copy()
    del upgraded["channel"]
    delivery = upgraded.get("delivery")
    is_implied = delivery in (None, "", "completed")
    upgraded["delivery"] = channel if is_implied else f"{delivery}, {channel}"
    return upgraded


def first_ids(ways: Iterable[Q], ordered: QuerySet[Invocation], most: int) -> list[int]:
    """The first `most` ids in `ordered`, which goes by id, that any query of `ways` finds.

    Runs one query for each of `ways`, so that each can use its own index. Descending by default.
    """
    ids = {pk for way in ways for pk in ordered.filter(way).values_list("pk", flat=True)[:most]}
    order = ordered.query.order_by
    is_descending = not order or str(order[0]).startswith("-")
    return sorted(ids, reverse=is_descending)[:most]
