"""The periods of the home: today, a week or 30 days, and what each is compared with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from invocations.monitoring import statistics
from invocations.monitoring.statistics import QuarterCounts
from invocations.views.monitoring.rates import Counts, added_up

PERIOD_DAYS = (1, 7, 30)
DEFAULT_DAYS = 7
WEEKS = 4
"""Weeks of the reviewer's table, up to today."""


@dataclass(frozen=True)
class Period:
    """The `days` days up to today, in the current time zone."""

    days: int

    @classmethod
    def named(cls, text: str) -> Period:
        """By `?days=`; the usual one if it is missing or none of them."""
        return cls({str(each): each for each in PERIOD_DAYS}.get(text, DEFAULT_DAYS))

    @property
    def since(self) -> datetime:
        return statistics.period_start(self.days)

    @property
    def before(self) -> datetime | None:
        """When the period before began; None if it is too long ago to be counted."""
        days = 2 * self.days
        longest = statistics.LONGEST_PERIOD.days
        return statistics.period_start(days) if days < longest else None

    @property
    def compared_with(self) -> str:
        return _("yesterday") if self.days == 1 else _("the week before")

    @property
    def title(self) -> str:
        if self.days == 1:
            return _("Today")
        return ngettext("Last %(n)s day", "Last %(n)s days", self.days) % {"n": self.days}

    @property
    def first_day(self) -> date:
        return timezone.localtime(self.since).date()

    def buckets(self, rows: Iterable[QuarterCounts], start: datetime) -> list[Counts]:
        """The counts by hour of the one day, or else by day, of the period that began at `start`.

        `rows` are all in that period.
        """
        first = timezone.localtime(start)
        found: list[list[Counts]] = [[] for _n in range(24 if self.days == 1 else self.days)]
        for row in rows:
            begins_at = timezone.localtime(row.begins_at)
            number = (begins_at.date() - first.date()).days if self.days > 1 else begins_at.hour
            if number < len(found):
                found[number].append(row.counts)
        return [added_up(each) for each in found]

    def bucket_labels(self, start: datetime) -> list[str]:
        if self.days == 1:
            return [f"{hour:02}:00" for hour in range(24)]
        day = timezone.localtime(start).date()
        return [date_format(day + timedelta(days=n), "D j M") for n in range(self.days)]


def period_links(current: Period, kind: str) -> list[dict[str, Any]]:
    """The periods to choose from. `kind`: which messages are shown, if that was chosen."""
    links = []
    for days in PERIOD_DAYS:
        period = Period(days)
        title = _("Today") if days == 1 else ngettext("%(n)s day", "%(n)s days", days)
        links.append(
            {
                "title": title % {"n": days},
                "address": home_address(period, kind),
                "current": period == current,
            }
        )
    return links


def home_address(period: Period, kind: str) -> str:
    """The home's URL for this period and kind of messages; the usual ones are left out."""
    chosen = {"days": period.days if period.days != DEFAULT_DAYS else "", "kind": kind}
    query = urlencode({name: value for name, value in chosen.items() if value})
    return reverse("dashboard") + (f"?{query}" if query else "")


def weeks(rows: Sequence[QuarterCounts]) -> list[tuple[str, Counts]]:
    """The last `WEEKS` weeks up to today, the newest first: their days, and the counts."""
    today = timezone.localtime().date()
    found: list[tuple[str, Counts]] = []
    for n in range(WEEKS):
        last = today - timedelta(days=7 * n)
        first = last - timedelta(days=6)
        counts = added_up(
            [
                row.counts
                for row in rows
                if first <= timezone.localtime(row.begins_at).date() <= last
            ]
        )
        label = f"{date_format(first, 'j M')} – {date_format(last, 'j M')}"
        found.append((label, counts))
    return found
