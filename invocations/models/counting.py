"""Several counts in one statement, each stopping at a cap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet


def capped_counts(found: Sequence[QuerySet[Any]], cap: int) -> list[int]:
    """How many rows each of `found` has, at most `cap`. One query for all of them."""
    if not found:
        return []
    columns: list[str] = []
    params: list[Any] = []
    for number, rows in enumerate(found):
        narrow = rows.order_by().values("pk")[:cap]
        try:
            sql, values = narrow.query.get_compiler(connection=connection).as_sql()
        except EmptyResultSet:  # a condition that nothing can fulfil
            columns.append("0")
            continue
        columns.append(f"(SELECT COUNT(*) FROM ({sql}) counted{number})")  # noqa: S608  # Django's own
        params.extend(values)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(columns)}", params)
        return list(cursor.fetchone() or ())
