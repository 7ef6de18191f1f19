"""The days that a list is filtered by: one form, and the same words, wherever days are chosen.

The template `parts/days.html` shows it.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invocations.history.filters import start_of_day

# Outside this range the midnight of a day cannot be represented in every time zone.
DAY_VALIDATORS = [MinValueValidator(date(1970, 1, 2)), MaxValueValidator(date(2999, 12, 31))]
PERIODS: tuple[tuple[Any, int, int | None], ...] = (
    (gettext_lazy("Today"), 0, None),
    (gettext_lazy("Yesterday"), 1, 1),
    (gettext_lazy("Last 7 days"), 6, None),
    (gettext_lazy("Last 30 days"), 29, None),
)
"""Label, first and last day, in days ago. Without a last day it goes on to now."""


def _day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        validators=DAY_VALIDATORS,
        widget=forms.DateInput(attrs={"type": "date"}),
    )


class DaysFilter(forms.Form):
    """The filters of a list, from the query string of its address. Days are of the current zone.

    A filter with an invalid value is ignored and named in `told`.
    """

    since = _day(gettext_lazy("From"))
    until = _day(gettext_lazy("To"))

    @cached_property
    def chosen(self) -> dict[str, str]:
        """The valid filters by name, as in a query string. Days are in ISO 8601."""
        self.is_valid()
        given = {name: self.cleaned_data.get(name) for name in self.fields}
        return {
            name: value.isoformat() if isinstance(value, date) else self.data[name]
            for name, value in given.items()
            if value
        }

    @property
    def told(self) -> list[str]:
        """The errors: one sentence for each filter with an invalid value."""
        self.is_valid()
        return [
            f"{self.fields[name].label}: {errors[0]}"
            for name, errors in self.errors.items()
            if name in self.fields
        ]

    @property
    def address(self) -> str:
        """The valid filters as a query string."""
        return urlencode(self.chosen)

    @property
    def others(self) -> dict[str, str]:
        """The valid filters but for the days."""
        return {
            name: value for name, value in self.chosen.items() if name not in ("since", "until")
        }

    @property
    def first_day(self) -> date | None:
        self.is_valid()
        return self.cleaned_data.get("since")

    @property
    def last_day(self) -> date | None:
        self.is_valid()
        return self.cleaned_data.get("until")

    @property
    def bounds(self) -> dict[str, date | None]:
        """For `history.filters.narrow`."""
        return {"since": self.first_day, "until": self.last_day}

    def between(self, column: str) -> Q:
        """The condition that the time in `column` is on one of the days."""
        query = Q()
        if self.first_day:
            query &= Q(**{f"{column}__gte": start_of_day(self.first_day)})
        if self.last_day:
            query &= Q(**{f"{column}__lt": start_of_day(self.last_day + timedelta(days=1))})
        return query

    def day_links(self) -> list[dict[str, Any]]:
        """Links to the usual periods, keeping all other filters."""
        return [
            {
                "label": label,
                "address": urlencode(self.others | days),
                "current": self.chosen == self.others | days,
            }
            for label, days in _periods()
        ]

    def days_in_words(self) -> str | Promise:
        """For example "Last 7 days", "from 3 Nov 2026", or "All days"."""
        days = {name: value for name, value in self.chosen.items() if name not in self.others}
        first, last = (
            date_format(day, "j M Y") if day else "" for day in (self.first_day, self.last_day)
        )
        for label, period in _periods():
            if days == period:
                return label  # type: ignore[no-any-return]
        if first and last:
            return _("%(first)s to %(last)s") % {"first": first, "last": last}
        if first:
            return _("From %(first)s") % {"first": first}
        return _("Until %(last)s") % {"last": last} if last else _("All days")


def _periods() -> list[tuple[Any, dict[str, str]]]:
    """Each of `PERIODS` with its days as filters."""
    today = timezone.localdate()
    periods = []
    for label, first, last in PERIODS:
        days = {"since": (today - timedelta(days=first)).isoformat()}
        if last is not None:
            days["until"] = (today - timedelta(days=last)).isoformat()
        periods.append((label, days))
    return periods
