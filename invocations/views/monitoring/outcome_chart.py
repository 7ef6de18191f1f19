"""The dashboard's chart: messages by hour or day, and by how they ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invocations.monitoring import statistics
from invocations.monitoring.statistics import QuarterCounts
from invocations.views.monitoring import rates
from invocations.views.monitoring.charts import Column, Series

ChannelKinds = Mapping[tuple[int, int], str]
"""The kind of a channel, by the workflow's ID and the channel's position."""

MIN_HOURS = 8
"""The least number of columns in the chart of one day."""

SERIES = (
    Series("delivered", gettext_lazy("First channel")),
    Series("rescued", gettext_lazy("Rescued")),
    Series("rejected", gettext_lazy("Not delivered or rejected")),
    Series("unknown", gettext_lazy("Not known")),
    Series("neutral", gettext_lazy("Awaited and others")),
)
"""How messages ended, as `rates` counts it. Each message is in one series."""


def count_by_series(counts: Mapping[str, int]) -> list[int]:
    """How many messages ended in each of `SERIES`."""
    ended = [
        counts.get("on_1", 0),
        rates.rescued(counts),
        rates.not_received(counts),
        rates.not_known(counts),
    ]
    return [*ended, max(0, counts.get(statistics.RECORDED, 0) - sum(ended))]


def chart_columns(rows: Iterable[QuarterCounts], since: datetime, days: int) -> list[Column]:
    """One column per hour for a single day, else one per day, in the current time zone."""
    sums: dict[datetime, list[int]] = {}
    none = [0] * len(SERIES)
    for row in rows:
        hour = timezone.localtime(row.begins_at).replace(minute=0)
        begins_at = hour if days == 1 else hour.replace(hour=0)
        counts = count_by_series(row.counts)
        before = sums.get(begins_at, none)
        sums[begins_at] = [a + b for a, b in zip(before, counts, strict=True)]
    if days > 1:
        midnights = [timezone.localtime(statistics.period_start(n)) for n in range(days, 0, -1)]
        return [Column(date_format(day, "j M"), sums.get(day, none)) for day in midnights]
    now, midnight = timezone.localtime(), timezone.localtime(since)
    first = min(min(sums, default=now).hour, max(0, now.hour + 1 - MIN_HOURS))
    hours = [midnight.replace(hour=hour) for hour in range(first, max(now.hour + 1, MIN_HOURS))]
    return [Column(f"{hour:%H:%M}", sums.get(hour, none)) for hour in hours]


def chart_text(columns: Sequence[Column], days: int) -> str:
    """The text alternative of the chart."""
    highest = max(columns, key=lambda column: sum(column.counts))
    facts = {
        "sum": f"{sum(sum(column.counts) for column in columns):,}",
        "n": f"{sum(highest.counts):,}",
        "place": highest.label,
    }
    if days == 1:
        text = _(
            "%(sum)s messages by the hour and by how they ended; the most, %(n)s, at %(place)s. "
            "The table below has every figure."
        )
    else:
        text = _(
            "%(sum)s messages by the day and by how they ended; the most, %(n)s, on %(place)s. "
            "The table below has every figure."
        )
    return text % facts
