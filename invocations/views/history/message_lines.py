"""Messages as a list by day: of the search and of a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from invocations.history.meanings import Text
from invocations.models import Invocation
from invocations.views.history.list_rows import row_context, rows_by_day


class Fact(NamedTuple):
    """What stands in a line under the workflow. `is_hit`: the line was found by it."""

    text: str
    label: Text = ""
    is_hit: bool = False


def lines_by_day(
    rows: Iterable[Invocation], facts_of: Callable[[Invocation], list[Fact]]
) -> list[dict[str, Any]]:
    """The rows as `rows_by_day` has them, each with its `facts`."""
    return rows_by_day(rows, lambda row: {**row_context(row), "facts": facts_of(row)})
