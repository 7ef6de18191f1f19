"""Bars, drawn as figures that a template writes into SVG attributes: a strict policy (CSP) lets those through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

LEFT, TOP, BOTTOM, MARGIN = 40, 12, 150, 10
"""Where the bars stand in the view box of templates/parts/chart.html; `MARGIN` is what is free at its right."""
WIDE, NARROW = 650, 340
"""How wide that is: on a desk, and on a phone, where a wide one would be too low to be read."""
WIDEST_BAR, GAP, LEAST = 36.0, 1.5, 2.0
"""In the same units. What is counted at all is at least `LEAST` high: beside one of thousands it would vanish."""
MOST_LABELS = 6
"""Below the bars: what a phone has room for."""


class Series(NamedTuple):
    """One colour of a chart, by its tone (static/console/tokens.css), and its word."""

    tone: str
    label: Any


class Rect(NamedTuple):
    """A bar's piece, in the units of the view box. Texts, so that no language's decimal comma gets into them."""

    tone: str
    x: str
    y: str
    width: str
    height: str


class Label(NamedTuple):
    """A word at a place."""

    text: str
    at: str


class Column(NamedTuple):
    """One bar: its label and one count for each series."""

    label: str
    counts: Sequence[int]


@dataclass
class Chart:
    """Stacked bars with their grid. `columns` is the same as a table."""

    series: Sequence[Series]
    columns: Sequence[Column]
    width: int = WIDE
    rects: list[Rect] = field(default_factory=list)
    grid: list[Label] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)

    @property
    def right(self) -> int:
        """Where the grid ends."""
        return self.width - MARGIN

    @property
    def is_empty(self) -> bool:
        return not any(sum(column.counts) for column in self.columns)


def stacked(series: Sequence[Series], columns: Sequence[Column], width: int = WIDE) -> Chart:
    """A chart of `columns`, the first series at the bottom."""
    chart = Chart(series, columns, width)
    step = _step(max((sum(column.counts) for column in columns), default=0))
    top = step * max(1, -(-max((sum(column.counts) for column in columns), default=0) // step))
    scale = (BOTTOM - TOP) / top
    chart.grid = [
        Label(short(value), f"{BOTTOM - value * scale:.1f}") for value in range(0, top + 1, step)
    ]
    pitch = (chart.right - LEFT) / max(1, len(columns))
    bar = min(WIDEST_BAR, pitch * 0.64)
    every = -(-len(columns) // MOST_LABELS)
    for number, column in enumerate(columns):
        middle = LEFT + pitch * (number + 0.5)
        if number % every == 0:
            chart.labels.append(Label(column.label, f"{middle:.1f}"))
        y = float(BOTTOM)
        for one, count in zip(series, column.counts, strict=True):
            if count:
                height = max(LEAST, count * scale - GAP)
                chart.rects.append(
                    Rect(
                        one.tone,
                        f"{middle - bar / 2:.1f}",
                        f"{y - GAP - height:.1f}",
                        f"{bar:.1f}",
                        f"{height:.1f}",
                    )
                )
                y -= height + GAP
    return chart


def shares(series: Sequence[Series], counts: Sequence[int]) -> list[Rect]:
    """One bar of 100 units' length, divided as `counts` are."""
    whole, x, rects = sum(counts), 0.0, []
    for one, count in zip(series, counts, strict=True):
        if count:
            width = 100 * count / whole
            rects.append(Rect(one.tone, f"{x:.2f}", "0", f"{width:.2f}", "8"))
            x += width
    return rects


def short(value: int) -> str:
    """A number of the grid, in the room that a phone has for it: 1500 is 1.5k."""
    for size, sign in ((1_000_000, "M"), (1_000, "k")):
        if value >= size:
            return f"{value / size:g}{sign}"
    return str(value)


def _step(highest: int) -> int:
    """Between two lines of the grid: 1, 2 or 5 times a power of ten, so that there are three to five lines."""
    power = 1
    while True:
        for step in (power, 2 * power, 5 * power):
            if highest <= 4 * step:
                return step
        power *= 10
