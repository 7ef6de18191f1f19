"""Counts messages by outcome, workflow and quarter of an hour, over a day up to a month.

Up to `COUNTED_AT_ONCE` messages are counted when the page is opened. Beyond that the dispatcher
counts the quarters in advance (`count_due_quarters`) and the page adds them up. A quarter is
counted again whenever its age has grown by a tenth, because results and settlements come late. It
is quarters because the day of every time zone consists of whole ones.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from statistics import median
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Count, F, Func, IntegerField, Q
from django.utils import timezone

from invocations.history.periods import recorded_between
from invocations.history.statuses import SETTLED
from invocations.kaleyra.sentences import sentence_of
from invocations.models import Invocation, Quarter
from invocations.monitoring import rollups
from invocations.monitoring.rollups import QUARTER

COUNTED_AT_ONCE = 10_000
LIVE_PERIOD = timedelta(hours=1)
"""Messages this recent are counted live even then, unless they exceed `COUNTED_AT_ONCE`."""
LONGEST_PERIOD = timedelta(days=31)
COUNTING_SECONDS = 0.1
"""Time limit of one `count_due_quarters`, in seconds; the quarter under way is finished."""
MEDIAN_SAMPLE = 50
"""Messages of a workflow that its median time is taken from: the newest ones."""
MAX_REFUSALS_READ = 500

Status, Delivery = Invocation.Status, Invocation.Delivery

# Results: `on_1` and `on_2` name the channel that decided, `failed` means that every channel
# failed, `open` that the result says neither. `unreported` and `refused` leave out messages with a
# result, so that they can be added to the counts of results without counting a message twice.
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
    "unreported": Q(status=Status.ACCEPTED) & ~Q(delivery=Delivery.COMPLETED),
    "refused": Q(status=Status.REJECTED) & ~Q(delivery=Delivery.COMPLETED),
    "said_not_delivered": Q(reason__in=("settled_not_delivered", "settled_then_accepted")),
}
RECORDED = "recorded"


class QuarterCounts(NamedTuple):
    """Outcomes of one workflow's messages of one quarter, or of an hour or a day (`rollups`).

    `counts`: by RECORDED and the keys of CONDITIONS, without zeros.
    """

    begins_at: datetime
    workflow_id: int
    counts: Mapping[str, int]


class Statistics(NamedTuple):
    """`is_live`: all of it was counted just now. `is_whole`: no quarter is still uncounted."""

    rows: list[QuarterCounts]
    is_live: bool = True
    is_whole: bool = True


class _QuarterNumber(Func):
    """Number of whole quarters of an hour since 1970 (Unix time / 900 s)."""

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
    """Outcomes of all messages recorded from `since` on, which must be the start of a quarter."""
    if not _are_many(since):
        return Statistics(_count(since, None))
    next_quarter = _quarter_of(timezone.now()) + QUARTER
    live_from = max(since, next_quarter - LIVE_PERIOD)
    if _are_many(live_from):
        live_from = next_quarter
    stored = rollups.sums_between(since, live_from)
    rows = [
        QuarterCounts(span.begins_at, workflow_id, counts)
        for span, found in stored.items()
        for workflow_id, counts in found.counts.items()
    ]
    return Statistics(
        rows + _count(live_from, None),
        is_live=False,
        is_whole=sum(found.quarters for found in stored.values()) == (live_from - since) // QUARTER,
    )


def count_due_quarters(now: datetime) -> int:
    """Counts the quarters that are due, newest first. Returns how many.

    Several processes may run this at once.
    """
    begin = _quarter_of(now - LONGEST_PERIOD)
    if not _are_many(begin):
        return 0
    _create_missing_quarters(begin, now)
    Quarter.objects.filter(begins_at__lt=begin).delete()
    stop_at, counted = time.monotonic() + COUNTING_SECONDS, 0
    due = Quarter.objects.filter(recount_at__lte=now).order_by("-begins_at")
    for begins_at, before in due.values_list("begins_at", "counts")[:100]:
        found = _count(begins_at, begins_at + QUARTER)
        counts = {str(row.workflow_id): row.counts for row in found}
        changes: dict[str, Any] = {"recount_at": now + (now - begins_at) / 10}
        if counts != before:
            changes |= {"counts": counts, "revision": time.time_ns() // 1000}
        Quarter.objects.filter(pk=begins_at).update(**changes)
        counted += 1
        if time.monotonic() > stop_at:
            break
    return counted


def _create_missing_quarters(begin: datetime, now: datetime) -> None:
    newest = Quarter.objects.order_by("-begins_at").values_list("begins_at", flat=True).first()
    first = begin if newest is None else max(begin, newest + QUARTER)
    missing = [first + n * QUARTER for n in range((_quarter_of(now) - first) // QUARTER + 1)]
    Quarter.objects.bulk_create(
        [Quarter(begins_at=begins_at, recount_at=begins_at) for begins_at in missing],
        ignore_conflicts=True,
    )


def _quarter_of(moment: datetime) -> datetime:
    return datetime.fromtimestamp(moment.timestamp() // 900 * 900, UTC)


def _are_many(since: datetime) -> bool:
    """Whether more than `COUNTED_AT_ONCE` messages were recorded from `since` on."""
    recorded = Invocation.objects.filter(created_at__gte=since).order_by("created_at")
    return recorded.values("created_at")[COUNTED_AT_ONCE : COUNTED_AT_ONCE + 1].exists()


def _count(since: datetime, until: datetime | None) -> list[QuarterCounts]:
    names = (RECORDED, *CONDITIONS)
    columns, params = _counted_columns(connection.vendor)
    recorded = Invocation.objects.filter(recorded_between(since, until)).query
    compiler = recorded.get_compiler(connection=connection)
    where, values = compiler.compile(recorded.where)
    table = connection.ops.quote_name(Invocation._meta.db_table)
    counted = (
        f"SELECT {columns} FROM {table}"  # noqa: S608  # nosec B608  # no value
        f" WHERE {where} GROUP BY 2, 1"
    )
    with connection.cursor() as cursor:
        cursor.execute(counted, [*params, *values])
        rows = cursor.fetchall()
    return [
        QuarterCounts(
            datetime.fromtimestamp(quarter * 900, UTC),
            workflow_id,
            {name: n for name, n in zip(names, numbers, strict=True) if n},
        )
        for quarter, workflow_id, *numbers in rows
    ]


@cache
def _counted_columns(vendor: str) -> tuple[str, tuple[Any, ...]]:
    """Quarter, workflow and the counts by the keys of `_count`, with their parameters.

    To compile them takes ten times as long as to run the statement.
    """
    conditions = {RECORDED: None} | CONDITIONS
    columns = {
        "quarter": _QuarterNumber("created_at"),
        "workflow": F("workflow_instance_id"),
        **{f"n_{name}": Count("pk", filter=each) for name, each in conditions.items()},
    }
    query = Invocation.objects.annotate(**columns).query
    compiler = query.get_compiler(connection=connection)
    compiled = [compiler.compile(query.annotations[name]) for name in columns]
    return ", ".join(sql for sql, _ in compiled), tuple(
        value for _, params in compiled for value in params
    )


def first_id(since: datetime) -> int | None:
    """Id of the first message recorded from `since` on, for a range that every index supports."""
    return (
        Invocation.objects.filter(created_at__gte=since)
        .order_by("created_at")
        .values_list("pk", flat=True)
        .first()
    )


def times_to_result(workflow_ids: Sequence[int], since_id: int) -> dict[int, timedelta]:
    """Median time from acceptance to result of each workflow's newest `MEDIAN_SAMPLE` messages.

    A workflow without any such result is missing. Left out are messages that a result proved to be
    accepted: their time of acceptance is not known. One statement for all: each part reads the end
    of one index.
    """
    if not workflow_ids:
        return {}
    sample = (
        "SELECT workflow_instance_id, final_at, result_at, reason"  # noqa: S608  # nosec B608  # no value
        f" FROM {Invocation._meta.db_table} WHERE workflow_instance_id = %s AND id >= %s"
        f" ORDER BY id DESC LIMIT {MEDIAN_SAMPLE}"
    )
    samples = " UNION ALL ".join(
        f"SELECT * FROM ({sample}) sample{number}"  # noqa: S608  # nosec B608  # no value
        for number in range(len(workflow_ids))
    )
    params = [value for pk in workflow_ids for value in (pk, since_id)]
    seconds: dict[int, list[float]] = {}
    between = _SECONDS[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT workflow_instance_id, {between} FROM ({samples}) samples"  # noqa: S608
            " WHERE result_at >= final_at"  # nosec B608  # no value
            " AND reason <> 'confirmed_by_result'",
            params,
        )
        for workflow_id, each in cursor.fetchall():
            seconds.setdefault(workflow_id, []).append(each)
    return {pk: timedelta(seconds=median(each)) for pk, each in seconds.items()}


_SECONDS = {
    "postgresql": "CAST(EXTRACT(EPOCH FROM result_at - final_at) AS double precision)",
    "sqlite": "(julianday(result_at) - julianday(final_at)) * 86400.0",
}
"""From acceptance to result, by database."""


class RefusalCount(NamedTuple):
    """How often Kaleyra refused for one reason, and when it last did."""

    error_kind: str
    times: int
    last_at: datetime | None

    @property
    def sentence(self) -> str:
        return sentence_of(self.error_kind)


def refusals(since_id: int, workflow_ids: set[int]) -> tuple[list[RefusalCount], bool]:
    """Refusals of these workflows by reason, the most frequent first; and whether these are all.

    Read are the newest `MAX_REFUSALS_READ` of all workflows. Messages that a person settled as not
    delivered are rejected too, but Kaleyra did not refuse them.
    """
    refused = Invocation.objects.filter(status=Status.REJECTED, pk__gte=since_id).exclude(
        reason__in=SETTLED
    )
    columns = refused.order_by("-pk").values_list("workflow_instance_id", "error_kind", "final_at")
    newest = list(columns[:MAX_REFUSALS_READ])
    times: Counter[str] = Counter()
    last: dict[str, datetime | None] = {}
    for workflow_id, kind, final_at in newest:
        if workflow_id in workflow_ids:
            times[kind] += 1
            last[kind] = max(filter(None, (last.get(kind), final_at)), default=None)
    counts = [RefusalCount(kind, count, last[kind]) for kind, count in times.most_common()]
    return counts, len(newest) < MAX_REFUSALS_READ


def period_start(days: int) -> datetime:
    """Midnight, in the current time zone, at which the `days` days up to today begin."""
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    if days == 1:
        return today
    first_day = today.date() - timedelta(days=days - 1)
    return timezone.make_aware(datetime.combine(first_day, datetime.min.time()))
