"""The part of a long list that a page shows: its two ends, or one page of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

ENDS = 5
"""Rows shown of each end of a list that is too long to be shown whole."""
PER_PAGE = 25

Row = TypeVar("Row")
Other = TypeVar("Other")


@dataclass(frozen=True)
class Excerpt(Generic[Row]):
    """`rows` and, after `hidden` others, `last`. `page`: the page that is shown; None: both ends.

    `newer`, `older`: the pages beside it; None where there is none.
    """

    total: int
    rows: Sequence[Row]
    last: Sequence[Row] = ()
    page: int | None = None

    @property
    def hidden(self) -> int:
        return 0 if self.page else self.total - len(self.rows) - len(self.last)

    @property
    def newer(self) -> int | None:
        return self.page - 1 if self.page and self.page > 1 else None

    @property
    def older(self) -> int | None:
        return self.page + 1 if self.page and self.page * PER_PAGE < self.total else None

    @property
    def shown(self) -> list[Row]:
        return [*self.rows, *self.last]

    def mapped(self, to: Callable[[Row], Other]) -> Excerpt[Other]:
        """The same part of the list of what `to` returns for each row."""
        return Excerpt(self.total, [*map(to, self.rows)], [*map(to, self.last)], self.page)


def excerpt(rows: Sequence[Row], page: int | None = None) -> Excerpt[Row]:
    """Of a list that has more than both ends and one row: `page`, counted from 1, or both ends."""
    total = len(rows)
    if total <= 2 * ENDS + 1:
        return Excerpt(total, rows)
    if page is None:
        return Excerpt(total, rows[:ENDS], rows[-ENDS:])
    page = max(1, min(page, -(-total // PER_PAGE)))
    return Excerpt(total, rows[(page - 1) * PER_PAGE : page * PER_PAGE], page=page)


def page_number(text: str | None) -> int | None:
    """A page in a query string; None if there is none, or no number."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 7 else None
