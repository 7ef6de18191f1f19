"""What time it is in a country, from CLDR's list of its time zones.

A phone number names its country, and no place in it: a country with several zones has several local
times.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from babel.core import get_global

_NOT_IN_USE = frozenset({"Asia/Urumqi"})
"""China has one official time. tzdata has a second zone, for the time that some in Xinjiang use."""


@cache
def zones_of(region: str) -> tuple[str, ...]:
    """The IANA zones of a region (ISO 3166), sorted; empty if CLDR has none, as for "001"."""
    if not region.isalpha():  # CLDR has zones of "001", the world, which is no country
        return ()
    territories = get_global("zone_territories")
    return tuple(
        sorted(
            name
            for name, territory in territories.items()
            if territory == region and name not in _NOT_IN_USE and _has_data(name)
        )
    )


def _has_data(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def local_times(region: str, at: datetime) -> list[datetime]:
    """The different local times in a region at the moment `at`, the earliest first.

    One for each offset from UTC.
    """
    by_offset: dict[timedelta | None, datetime] = {}
    for name in zones_of(region):
        local = at.astimezone(ZoneInfo(name))
        by_offset.setdefault(local.utcoffset(), local)
    return sorted(by_offset.values(), key=lambda local: local.replace(tzinfo=None))
