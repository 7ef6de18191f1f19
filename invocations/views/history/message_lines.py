"""Messages as a list by day: of the search and of a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any, NamedTuple

from django.utils import timezone

from invocations.history.meanings import Text
from invocations.models import Invocation
from invocations.views.history.list_rows import row_context


class Fact(NamedTuple):
    """What stands in a line under the workflow. `is_hit`: the line was found by it."""

    text: str
    label: Text = ""
    is_hit: bool = False


def lines_by_day(
    rows: Iterable[Invocation], facts_of: Callable[[Invocation], list[Fact]]
) -> list[dict[str, Any]]:
    """The rows by the day of recording, each as `row_context` has it, with its `facts`."""
    grouped = groupby(rows, key=lambda row: timezone.localdate(row.created_at))
    days = [list(same_day) for _day, same_day in grouped]
    return [
        {
            "at": day[0].created_at,
            "rows": [{**row_context(row), "facts": facts_of(row)} for row in day],
        }
        for day in days
    ]
