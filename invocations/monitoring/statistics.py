"""What became of the messages of a day, or of a month: counted by workflow and quarter of an hour.

Up to `COUNTED_AT_ONCE` messages are counted when somebody looks. Beyond that the quarters are counted ahead by the dispatcher
(`count_ahead`) and added up: a quarter is counted again whenever its age has grown by a tenth, for results and settlements come
late. Quarters, because every time zone's day is made of them.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any, NamedTuple

from django.db.models import Count, Func, IntegerField, Q
from django.utils import timezone

from invocations.history.meanings import SETTLED
from invocations.history.periods import recorded_between
from invocations.models import Invocation, Quarter

COUNTED_AT_ONCE = 10_000
COUNTED_LIVE = timedelta(hours=1)
"""The newest messages are counted at once even then, if there are not too many of them."""
LONGEST_PERIOD = timedelta(days=31)
QUARTER = timedelta(minutes=15)
TIME_TO_COUNT = 0.1
"""Seconds that one round of `count_ahead` takes at most, but for its last quarter."""
MEDIAN_OF = 200
"""Messages of a workflow, the newest, whose results its median is taken from."""
REFUSALS_READ = 500

Status, Delivery = Invocation.Status, Invocation.Delivery

# Of the results: on which channel it ended, `failed` if every channel has failed, `open` if the result says neither.
CONDITIONS: dict[str, Q] = {
    "accepted": Q(status=Status.ACCEPTED),
    "rejected": Q(status=Status.REJECTED),
    "unknown": Q(status=Status.UNKNOWN),
    "held": Q(status=Status.HELD),
    "expired": Q(status=Status.EXPIRED),
    "awaiting": Q(delivery=Delivery.AWAITING),
    "no_result": Q(delivery=Delivery.NO_RESULT),
    "on_1": Q(deciding_channel=1),
    "on_2": Q(deciding_channel=2),
    "failed": Q(deciding_channel=0),
    "open": Q(delivery=Delivery.COMPLETED, deciding_channel__isnull=True),
    "doubles": Q(may_be_double=True),
    # Of which no result came: so that whoever adds them to those with one counts none twice.
    "unreported": Q(status=Status.ACCEPTED) & ~Q(delivery=Delivery.COMPLETED),
    "refused": Q(status=Status.REJECTED) & ~Q(delivery=Delivery.COMPLETED),
    "said_not_delivered": Q(reason="settled_not_delivered"),
}
RECORDED = "recorded"


class Counted(NamedTuple):
    """What became of the messages that one workflow got in one quarter. `counts`: RECORDED and the names of CONDITIONS."""

    begins_at: datetime
    workflow_id: int
    counts: Mapping[str, int]


class Statistics(NamedTuple):
    """`is_live`: counted just now. `is_whole`: nothing of the period is still to be counted."""

    rows: list[Counted]
    is_live: bool = True
    is_whole: bool = True


class _NumberOfQuarter(Func):
    """How many quarters lie between 1970 and a moment."""

    output_field = IntegerField()
    template = "CAST(FLOOR(EXTRACT(EPOCH FROM %(expressions)s) / 900) AS bigint)"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(
            compiler,
            connection,
            template="CAST(strftime('%%%%s', %(expressions)s) AS integer) / 900",
            **context,
        )


def statistics_since(since: datetime) -> Statistics:
    """All that was recorded from `since` on, which is the beginning of a quarter."""
    if not _are_many(since):
        return Statistics(_count(since, None))
    now_on = _quarter_of(timezone.now()) + QUARTER
    live_from = max(since, now_on - COUNTED_LIVE)
    if _are_many(live_from):
        live_from = now_on
    stored = Quarter.objects.filter(
        begins_at__gte=since, begins_at__lt=live_from, counts__isnull=False
    ).values_list("begins_at", "counts")
    found = dict(stored)
    rows = [
        Counted(begins_at, int(pk), counts)
        for begins_at, each in found.items()
        for pk, counts in (each or {}).items()
    ]
    return Statistics(
        rows + _count(live_from, None),
        is_live=False,
        is_whole=len(found) == (live_from - since) // QUARTER,
    )


def count_due_quarters(now: datetime) -> int:
    """Counts the quarters that are to be counted again, newest first. Returns how many. Several may do so at once."""
    begin = _quarter_of(now - LONGEST_PERIOD)
    if not _are_many(begin):
        return 0
    newest = Quarter.objects.order_by("-begins_at").values_list("begins_at", flat=True).first()
    first = begin if newest is None else max(begin, newest + QUARTER)
    missing = [first + n * QUARTER for n in range((_quarter_of(now) - first) // QUARTER + 1)]
    Quarter.objects.bulk_create(
        [Quarter(begins_at=each, recount_at=each) for each in missing], ignore_conflicts=True
    )
    Quarter.objects.filter(begins_at__lt=begin).delete()
    ends, counted = time.monotonic() + TIME_TO_COUNT, 0
    for begins_at in (
        Quarter.objects.filter(recount_at__lte=now)
        .order_by("-begins_at")
        .values_list("begins_at", flat=True)[:100]
    ):
        counts = {row.workflow_id: row.counts for row in _count(begins_at, begins_at + QUARTER)}
        Quarter.objects.filter(pk=begins_at).update(
            counts=counts, recount_at=now + (now - begins_at) / 10
        )
        counted += 1
        if time.monotonic() > ends:
            break
    return counted


def _quarter_of(moment: datetime) -> datetime:
    return datetime.fromtimestamp(moment.timestamp() // 900 * 900, UTC)


def _are_many(since: datetime) -> bool:
    recorded = Invocation.objects.filter(created_at__gte=since).order_by("created_at")
    return recorded.values("created_at")[COUNTED_AT_ONCE : COUNTED_AT_ONCE + 1].exists()


def _count(since: datetime, until: datetime | None) -> list[Counted]:
    found = Invocation.objects.filter(recorded_between(since, until))
    counts = {RECORDED: Count("pk")} | {
        name: Count("pk", filter=condition) for name, condition in CONDITIONS.items()
    }
    grouped = found.annotate(quarter=_NumberOfQuarter("created_at")).values_list(
        "quarter", "workflow_instance_id"
    )
    return [
        Counted(
            datetime.fromtimestamp(quarter * 900, UTC),
            workflow_id,
            {name: n for name, n in zip(counts, each, strict=True) if n},
        )
        for quarter, workflow_id, *each in grouped.annotate(**counts).order_by()
    ]


def first_id(since: datetime) -> int | None:
    """The id of the first message recorded from `since` on: ranges of ids are what every index can answer."""
    return (
        Invocation.objects.filter(created_at__gte=since)
        .order_by("created_at")
        .values_list("pk", flat=True)
        .first()
    )


def time_to_result(workflow_id: int, since_id: int) -> timedelta | None:
    """The median time from acceptance to the result, of the newest `MEDIAN_OF` messages of the workflow; None if none has one."""
    newest = Invocation.objects.filter(workflow_instance_id=workflow_id, pk__gte=since_id).order_by(
        "-pk"
    )
    took = [
        (result_at - final_at).total_seconds()
        for final_at, result_at, reason in newest.values_list("final_at", "result_at", "reason")[
            :MEDIAN_OF
        ]
        # A result that was itself the proof of acceptance says nothing about how long it took.
        if final_at and result_at and reason != "confirmed_by_result" and result_at >= final_at
    ]
    return timedelta(seconds=median(took)) if took else None


class Refusals(NamedTuple):
    """How often Kaleyra refused for one reason, and when last."""

    error_kind: str
    times: int
    last_at: datetime | None


def refusals(since_id: int, workflow_ids: set[int]) -> tuple[list[Refusals], bool]:
    """Of the newest `REFUSALS_READ` refused messages, those of these workflows, the most frequent reason first; and whether that is all.

    What a person settled as not delivered is rejected too, and Kaleyra refused none of it.
    """
    refused = Invocation.objects.filter(status=Status.REJECTED, pk__gte=since_id).exclude(
        reason__in=SETTLED
    )
    newest = list(
        refused.order_by("-pk").values_list("workflow_instance_id", "error_kind", "final_at")[
            :REFUSALS_READ
        ]
    )
    times: Counter[str] = Counter()
    last: dict[str, datetime | None] = {}
    for workflow_id, kind, final_at in newest:
        if workflow_id in workflow_ids:
            times[kind] += 1
            last[kind] = max(filter(None, (last.get(kind), final_at)), default=None)
    return [Refusals(kind, count, last[kind]) for kind, count in times.most_common()], len(
        newest
    ) < REFUSALS_READ


def period_start(days: int) -> datetime:
    """The beginning, in the person's time zone, of the period of `days` days that ends today."""
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return (
        today
        if days == 1
        else timezone.make_aware(
            datetime.combine(today.date() - timedelta(days=days - 1), datetime.min.time())
        )
    )
