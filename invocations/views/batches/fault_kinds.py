"""The kinds of trouble in a file: how many rows each has, why, and what mends many at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.text import Truncator

from invocations.batches.summary import FaultKind, Summary
from invocations.views.batches.column_choices import ConstantLine

MAX_REASONS = 3
MAX_LABEL_CHARACTERS = 40
MANY_ROWS = 5
"""From so many rows on, one text for all of them is less work than to fill in each."""
_EMPTY = "required"
"""The code of an empty value (`composing.error_text`)."""


@dataclass(frozen=True)
class ShownKind:
    """`column`: what the column is. `label`: short, to choose the kind by."""

    index: int
    count: int
    column: str
    label: str
    reasons: list[tuple[str, int]]
    """The commonest texts, with how many of the named rows have each."""
    more_reasons: int
    names_all: bool
    """Whether each row of the kind is named, so that the counts of `reasons` are all."""
    fallback: int | None
    """The line of texts for empty cells that mends all of them."""

    @property
    def text(self) -> str:
        return self.reasons[0][0] if self.reasons else ""


def kinds_shown(
    summary: Summary, names: Mapping[str, str], constants: Sequence[ConstantLine]
) -> list[ShownKind]:
    """The commonest first. `names`: of the places of columns."""
    lines = {constant.place: constant.index for constant in constants}
    return [_shown(index, kind, names, lines) for index, kind in enumerate(summary.faults)]


def _shown(
    index: int, kind: FaultKind, names: Mapping[str, str], lines: Mapping[str, int]
) -> ShownKind:
    reasons = Counter(text for _row, text in kind.rows).most_common()
    first = reasons[0][0] if reasons else ""
    sentence = first.partition(". ")[0].partition(": ")[0].rstrip(".")
    has_gaps = kind.code == _EMPTY and kind.count >= MANY_ROWS
    return ShownKind(
        index=index,
        count=kind.count,
        column=names.get(kind.place, kind.place),
        label=Truncator(sentence).chars(MAX_LABEL_CHARACTERS, truncate="…"),
        reasons=reasons[:MAX_REASONS],
        more_reasons=max(0, len(reasons) - MAX_REASONS),
        names_all=kind.count == len(kind.rows),
        fallback=lines.get(kind.place) if has_gaps else None,
    )
