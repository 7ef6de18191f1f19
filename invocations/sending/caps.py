"""Counts messages against their caps, in the transaction that records them.

A cap that is full refuses in the statement that counts, so that of many processes exactly as many
get through as the cap says. Rolled back with the message, nothing is counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from invocations.composing.limits import CapKey
from invocations.models import LimitCount

KEPT_FOR = timedelta(days=3)
"""Counts of windows that began longer ago are deleted."""
_TABLE = LimitCount._meta.db_table
_INSERT = f"""
    INSERT INTO {_TABLE} (scope, subject, starts_at, count, most) VALUES {{rows}}
    ON CONFLICT (scope, subject, starts_at) DO UPDATE SET count = {_TABLE}.count + excluded.count
    {{where}} RETURNING scope, subject, count
"""  # noqa: S608  # the name of the table alone
_MOST_ROWS = 500
"""Of one statement: a database takes some thousand parameters."""


def take(keys: Sequence[CapKey]) -> CapKey | None:
    """Counts one message against each of `keys`. Returns the first one that is full: then the
    transaction has to be rolled back.
    """
    if not keys:
        return None
    where = f"WHERE {_TABLE}.count < excluded.most"
    counted = {row[:2] for row in _insert(sorted(keys), dict.fromkeys(keys, 1), where)}
    return next((key for key in keys if key[:2] not in counted), None)


def lock(keys: Iterable[CapKey]) -> dict[CapKey, int]:
    """The counts of `keys`, which nobody else changes until the transaction ends."""
    ordered = sorted(set(keys))
    if not ordered:
        return {}
    counts = {row[:2]: row[2] for row in _insert(ordered, dict.fromkeys(ordered, 0), "")}
    return {key: counts[key[:2]] for key in ordered}


def add(counts: Mapping[CapKey, int]) -> None:
    """Adds to counts that this transaction has locked."""
    if counts:
        _insert(sorted(counts), counts, "")


def delete_old(now: datetime) -> int:
    """Deletes counts of windows that are over. Returns how many."""
    return LimitCount.objects.filter(starts_at__lt=now - KEPT_FOR).delete()[0]


def _insert(
    keys: Sequence[CapKey], counts: Mapping[CapKey, int], where: str
) -> list[tuple[str, str, int]]:
    """In the order of `keys`, so that two transactions never wait for each other."""
    rows: list[tuple[str, str, int]] = []
    for start in range(0, len(keys), _MOST_ROWS):
        some = keys[start : start + _MOST_ROWS]
        values: list[Any] = []
        for key in some:
            starts_at = connection.ops.adapt_datetimefield_value(key.starts_at)
            values += [key.scope, key.subject, starts_at, counts[key], key.most]
        places = ", ".join(["(%s, %s, %s, %s, %s)"] * len(some))
        with connection.cursor() as cursor:
            cursor.execute(_INSERT.format(rows=places, where=where), values)
            rows += cursor.fetchall()
    return rows
