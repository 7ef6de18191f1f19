"""Bar charts as numbers for SVG attributes, which a strict Content-Security-Policy allows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

LEFT, TOP, BOTTOM, MARGIN = 40, 12, 150, 10
"""The plot area in the view box of templates/parts/chart.html; `MARGIN` is free at its right."""
WIDE, NARROW = 650, 340
"""Widths of the view box for desktops and phones, on which the wide one would be illegibly low."""
MAX_BAR_WIDTH, BAR_GAP = 36.0, 1.5
MIN_BAR_HEIGHT = 2.0
"""A count of 1 stays visible beside thousands."""
MAX_LABELS = 6
"""Below the bars: a phone has room for no more."""


class Series(NamedTuple):
    """A colour of the chart, named by its tone (static/console/tokens.css), and its label."""

    tone: str
    label: Any


class Rect(NamedTuple):
    """A segment of a bar, in units of the view box. Texts, so that no decimal comma gets in."""

    tone: str
    x: str
    y: str
    width: str
    height: str


class Label(NamedTuple):
    """A text and its coordinate."""

    text: str
    at: str


class Column(NamedTuple):
    """One bar: its label and one count for each series."""

    label: str
    counts: Sequence[int]


@dataclass
class Chart:
    """Stacked bars with their grid. `columns` has the same counts as a table."""

    series: Sequence[Series]
    columns: Sequence[Column]
    width: int = WIDE
    rects: list[Rect] = field(default_factory=list)
    grid: list[Label] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)

    @property
    def right(self) -> int:
        """The right end of the grid."""
        return self.width - MARGIN

    @property
    def is_empty(self) -> bool:
        return not any(sum(column.counts) for column in self.columns)


def stacked(series: Sequence[Series], columns: Sequence[Column], width: int = WIDE) -> Chart:
    """A chart of `columns`, with the first series at the bottom of each bar."""
    chart = Chart(series, columns, width)
    highest = max((sum(column.counts) for column in columns), default=0)
    step = _grid_step(highest)
    top = step * max(1, -(-highest // step))  # the highest, rounded up to a grid line
    scale = (BOTTOM - TOP) / top
    chart.grid = [
        Label(abbreviated(value), f"{BOTTOM - value * scale:.1f}")
        for value in range(0, top + 1, step)
    ]
    pitch = (chart.right - LEFT) / max(1, len(columns))
    bar_width = min(MAX_BAR_WIDTH, pitch * 0.64)
    columns_per_label = -(-len(columns) // MAX_LABELS)
    for number, column in enumerate(columns):
        middle = LEFT + pitch * (number + 0.5)
        if number % columns_per_label == 0:
            chart.labels.append(Label(column.label, f"{middle:.1f}"))
        chart.rects += _segments(series, column, middle - bar_width / 2, bar_width, scale)
    return chart


def _segments(
    series: Sequence[Series], column: Column, x: float, width: float, scale: float
) -> Iterator[Rect]:
    """The bar of `column`, whose left edge is at `x`. `scale`: height per count."""
    y = float(BOTTOM)
    for each, count in zip(series, column.counts, strict=True):
        if count:
            height = max(MIN_BAR_HEIGHT, count * scale - BAR_GAP)
            yield Rect(
                tone=each.tone,
                x=f"{x:.1f}",
                y=f"{y - BAR_GAP - height:.1f}",
                width=f"{width:.1f}",
                height=f"{height:.1f}",
            )
            y -= height + BAR_GAP


def shares(series: Sequence[Series], counts: Sequence[int]) -> list[Rect]:
    """A horizontal bar, 100 units long, divided in proportion to `counts`."""
    total, x, rects = sum(counts), 0.0, []
    for each, count in zip(series, counts, strict=True):
        if count:
            width = 100 * count / total
            rects.append(Rect(each.tone, x=f"{x:.2f}", y="0", width=f"{width:.2f}", height="8"))
            x += width
    return rects


def abbreviated(value: int) -> str:
    """1500 is "1.5k", so that it fits beside the grid on a phone."""
    for unit, suffix in ((1_000_000, "M"), (1_000, "k")):
        if value >= unit:
            return f"{value / unit:g}{suffix}"
    return str(value)


def _grid_step(highest: int) -> int:
    """The distance of two grid lines: 1, 2 or 5 times a power of ten, for three to five lines."""
    power = 1
    while True:
        for step in (power, 2 * power, 5 * power):
            if highest <= 4 * step:
                return step
        power *= 10
