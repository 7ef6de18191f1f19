"""Lists that are shown by day."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from itertools import groupby
from typing import TypeVar

from django.utils import timezone

Row = TypeVar("Row")


def by_day(
    rows: Iterable[Row], moment_of: Callable[[Row], datetime]
) -> list[tuple[date, list[Row]]]:
    """`rows`, which are in the order of their moments, by the day in the current time zone."""
    days = groupby(rows, key=lambda row: timezone.localdate(moment_of(row)))
    return [(day, list(same)) for day, same in days]
