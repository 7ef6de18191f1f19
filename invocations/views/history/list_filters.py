"""The links above the history's list that filter it: counts by status and delivery, days, chips."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from invocations.forms.history import HistoryFilter
from invocations.history.deliveries import AWAITING, DELIVERED, NOT_DELIVERED
from invocations.history.filters import FILTERS
from invocations.history.meanings import Meaning, Text
from invocations.history.statuses import STATUSES
from invocations.models import Invocation
from invocations.models.counting import CountStatement, count_statement
from invocations.models.reading import WHOLE
from invocations.models.viewer import Viewer

Status, Delivery = Invocation.Status, Invocation.Delivery

HISTORY_COUNT_CAP = 10_000
"""A larger count is shown as "10,000+": counting further would delay every page."""
TILE_FILTERS = ("status", "delivery")
"""The filters that tiles set: at most one of them each."""


@dataclass(frozen=True)
class Tile:
    """A count that links to the rows it counts: those with `value` in the filter `name`, or all."""

    label: Text
    tone: str
    icon: str
    name: str = ""
    value: str = ""

    @property
    def filters(self) -> dict[str, str]:
        return {self.name: self.value} if self.name else {}

    @property
    def condition(self) -> Q:
        return FILTERS[self.name](self.value) if self.name else Q()


def _tile(meaning: Meaning, name: str, value: str) -> Tile:
    return Tile(meaning.label, meaning.tone, meaning.icon, name=name, value=value)


TILES = (
    Tile(_("All"), "neutral", "list"),
    _tile(STATUSES[Status.ACCEPTED], "status", Status.ACCEPTED),
    _tile(DELIVERED, "delivery", "reached"),
    Tile(
        label=pgettext_lazy("delivery", "Not delivered"),
        tone=NOT_DELIVERED.tone,
        icon=NOT_DELIVERED.icon,
        name="delivery",
        value="failed",
    ),
    _tile(AWAITING, "delivery", Delivery.AWAITING),
    *(
        _tile(STATUSES[status], "status", status)
        for status in (Status.UNKNOWN, Status.HELD, Status.REJECTED, Status.QUEUED)
    ),
)


def tiles(filters: HistoryFilter, viewer: Viewer) -> list[dict[str, Any]]:
    """Each tile with its count of the rows that match `filters`, leaving out `TILE_FILTERS`."""
    others = {name: value for name, value in filters.chosen.items() if name not in TILE_FILTERS}
    current = {name: value for name, value in filters.chosen.items() if name in TILE_FILTERS}
    return [
        {
            "label": tile.label,
            "tone": tile.tone,
            "icon": tile.icon,
            "count": count,
            "shown": f"{count:,}+" if is_capped else f"{count:,}",
            "address": urlencode({**others, **tile.filters}),
            "current": current == tile.filters,
        }
        for tile, (count, is_capped) in zip(TILES, _tile_counts(filters, viewer), strict=True)
    ]


def _tile_counts(filters: HistoryFilter, viewer: Viewer) -> list[tuple[int, bool]]:
    """For each tile the number of rows, up to `HISTORY_COUNT_CAP`, and whether there may be more.

    Without filters other than days, an index counts each tile. With others, only the newest rows
    that match them are counted, `HISTORY_COUNT_CAP` at most: the number of rows that the database
    reads to find where two filters overlap has no bound.
    """
    matching = filters.narrow(viewer.invocations(), but=TILE_FILTERS).order_by("-pk")
    if not set(filters.chosen) - {*TILE_FILTERS, "since", "until"}:
        is_dated = "since" in filters.chosen or "until" in filters.chosen
        is_all = viewer.reading.is_whole and not is_dated
        statement = _statement_of_all(connection.vendor) if is_all else _statement(matching)
        counts = statement.counts()
        return [(min(count, HISTORY_COUNT_CAP), count > HISTORY_COUNT_CAP) for count in counts]
    columns = ("pk", "status", "delivery", "deciding_channel")
    counts_by_name = matching.values(*columns)[: HISTORY_COUNT_CAP + 1].aggregate(
        **{
            f"tile{number}": Count("pk", filter=tile.condition or None)
            for number, tile in enumerate(TILES)
        }
    )
    is_capped = counts_by_name["tile0"] > HISTORY_COUNT_CAP  # tile 0 counts all rows
    return [
        (min(counts_by_name[f"tile{number}"], HISTORY_COUNT_CAP), is_capped)
        for number in range(len(TILES))
    ]


def _statement(matching: QuerySet[Invocation]) -> CountStatement:
    return count_statement(
        [matching.filter(tile.condition) for tile in TILES], HISTORY_COUNT_CAP + 1
    )


@cache
def _statement_of_all(vendor: str) -> CountStatement:
    """For the database `vendor`. Without filters it is the same for all who read everything."""
    return _statement(WHOLE.invocations())


def chips(filters: HistoryFilter) -> list[dict[str, Any]]:
    """The filters in force, in words, each with the query string that removes it.

    Live or practice has none: its switch says which.
    """
    return [
        {
            "label": filters.fields[name].label,
            "value": filters.in_words(name),
            "address": urlencode(
                {other: value for other, value in filters.chosen.items() if other != name}
            ),
        }
        for name in filters.chosen
        if name != "practice"
    ]
