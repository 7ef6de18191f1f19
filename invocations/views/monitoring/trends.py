"""A small line chart as numbers for SVG attributes, which a strict CSP allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, MARGIN = 100.0, 40.0, 4.0
"""The view box of templates/parts/metric.html, and what stays free above and below the lines."""
MIN_SPAN = 1.0
"""The least difference, in points, that fills the height: noise is not drawn as a mountain."""


@dataclass(frozen=True)
class Trend:
    """Two lines over the same places: `now` and the period `before`, each as an SVG `points`.

    Empty where there are fewer than two values. `lowest` and `highest` are of `now`.
    """

    now: str = ""
    before: str = ""
    lowest: float = 0.0
    highest: float = 0.0


def trend_of(now: Sequence[float | None], before: Sequence[float | None]) -> Trend:
    """Values in per cent, oldest first; None where nothing had ended. Both lines share one scale.

    A line joins the values that there are.
    """
    known = [value for value in (*now, *before) if value is not None]
    own = [value for value in now if value is not None]
    if len(own) < 2:
        return Trend()
    low, high = min(known), max(known)
    span = max(high - low, MIN_SPAN)
    low = (low + high - span) / 2
    return Trend(
        now=_points(now, low, span),
        before=_points(before, low, span),
        lowest=min(own),
        highest=max(own),
    )


def _points(values: Sequence[float | None], low: float, span: float) -> str:
    step = WIDTH / max(1, len(values) - 1)
    height = HEIGHT - 2 * MARGIN
    points = [
        f"{number * step:.1f},{HEIGHT - MARGIN - (value - low) / span * height:.1f}"
        for number, value in enumerate(values)
        if value is not None
    ]
    return " ".join(points) if len(points) > 1 else ""
