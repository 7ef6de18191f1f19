"""The choice of a time zone."""

from __future__ import annotations

import zoneinfo
from functools import cache

REGIONS = (
    "Africa",
    "America",
    "Antarctica",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)
"""The first part of a zone's name. The others are older names of the same zones."""

Choices = list[tuple[str, str]]


@cache
def zones_by_region() -> list[tuple[str, Choices]]:
    """For a select: each region with its zones, as (name, place)."""
    names = sorted(zoneinfo.available_timezones())
    regions = [
        (region, [(name, _place(name)) for name in names if name.startswith(f"{region}/")])
        for region in REGIONS
    ]
    return [("UTC", [("UTC", "UTC")]), *regions]


def _place(name: str) -> str:
    """For example "Argentina, Buenos Aires" for America/Argentina/Buenos_Aires."""
    return ", ".join(name.split("/")[1:]).replace("_", " ")
