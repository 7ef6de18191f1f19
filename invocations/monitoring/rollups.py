"""Stored quarters of an hour, added up to hours and days of the current time zone.

A month has almost three thousand quarters, and a page needs the sums of thirty days. A sum is kept
in this process for as long as the quarters in it have the same `revision`s, which one query reads
from an index alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

from django.db import connection
from django.utils import timezone

from invocations.models import Quarter

QUARTER = timedelta(minutes=15)
DAYS_BY_HOUR = timedelta(days=1)
"""Before today: the hours of these days are still told apart, and only the whole of earlier ones.
"""
MAX_SUMS_KEPT = 256
"""Three time zones' hours and days of a month."""


class Span(NamedTuple):
    """From `begins_at` up to, and without, `ends_at`: whole quarters."""

    begins_at: datetime
    ends_at: datetime


class Sum(NamedTuple):
    """`quarters`: how many are counted. `counts`: by workflow ID and outcome; not to be changed."""

    quarters: int
    counts: Mapping[int, Mapping[str, int]]


def sums_between(since: datetime, until: datetime) -> dict[Span, Sum]:
    """The sums of the hours of today and yesterday, and of each day before them."""
    if since >= until:
        return {}
    spans = list(_spans(since, until))
    revisions = _revisions(spans)
    return {span: _sum(span, revisions.get(number, 0)) for number, span in enumerate(spans)}


def _spans(since: datetime, until: datetime) -> Iterator[Span]:
    starts = [start for start in _starts(since) if since < start < until]
    yield from map(Span, [since.astimezone(UTC), *starts], [*starts, until])


def _starts(since: datetime) -> Iterator[datetime]:
    """Of the days after `since` until yesterday, and of the hours from then on."""
    today = timezone.localdate()
    day = timezone.localdate(since) + timedelta(days=1)
    while day < today - DAYS_BY_HOUR:
        yield _midnight(day)
        day += timedelta(days=1)
    first = _midnight(today - DAYS_BY_HOUR)
    # Quarter by quarter: not every zone's hours begin with those of UTC, and a day may have 23.
    quarters = [first + n * QUARTER for n in range(2 * 26 * 4)]
    hours = [timezone.localtime(quarter).hour for quarter in quarters]
    yield first
    yield from (
        start
        for start, before, hour in zip(quarters[1:], hours, hours[1:], strict=False)
        if hour != before
    )


def _midnight(day: date) -> datetime:
    """In UTC: within one zone Python adds to the time on the clock, also when that changes."""
    return timezone.make_aware(datetime.combine(day, time.min)).astimezone(UTC)


def _revisions(spans: list[Span]) -> dict[int, int]:
    """The sum of the revisions in each span, by its place in `spans`. Any change of one changes it.

    A span without counted quarters is missing.
    """
    adapted = connection.ops.adapt_datetimefield_value
    values = ", ".join(["(%s, %s, %s)"] * len(spans))
    params = [
        each
        for number, span in enumerate(spans)
        for each in (number, adapted(span.begins_at), adapted(span.ends_at))
    ]
    sql = (
        f"SELECT spans.column1, SUM(quarter.revision) FROM (VALUES {values}) AS spans"  # noqa: S608
        f" JOIN {Quarter._meta.db_table} quarter"  # nosec B608  # places of values (%s), no values
        " ON quarter.begins_at >= spans.column2"
        " AND quarter.begins_at < spans.column3 GROUP BY spans.column1"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return {int(number): int(revision) for number, revision in cursor.fetchall()}


@lru_cache(maxsize=MAX_SUMS_KEPT)
def _sum(span: Span, revision: int) -> Sum:
    """`revision` is part of the key under which the sum is kept."""
    quarters = Quarter.objects.filter(
        begins_at__gte=span.begins_at, begins_at__lt=span.ends_at, counts__isnull=False
    )
    totals: dict[int, Counter[str]] = {}
    found = list(quarters.values_list("counts", flat=True))
    for by_workflow in found:
        for workflow_id, counts in (by_workflow or {}).items():
            totals.setdefault(int(workflow_id), Counter()).update(counts)
    return Sum(len(found), totals)
