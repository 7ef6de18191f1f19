"""Several counts in one statement, each stopping at a cap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet


class CountStatement(NamedTuple):
    """SQL that returns one row of counts. To compile it takes longer than to run it."""

    sql: str
    params: tuple[Any, ...]

    def counts(self) -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute(self.sql, self.params)
            return list(cursor.fetchone() or ())


def count_statement(found: Sequence[QuerySet[Any]], cap: int) -> CountStatement:
    """Counts the rows of each of `found` (at least one), up to `cap`."""
    columns: list[str] = []
    params: list[Any] = []
    for number, rows in enumerate(found):
        narrow = rows.order_by().values("pk")[:cap]
        try:
            sql, values = narrow.query.get_compiler(connection=connection).as_sql()
        except EmptyResultSet:  # a condition that nothing can fulfil
            columns.append("0")
            continue
        columns.append(
            f"(SELECT COUNT(*) FROM ({sql}) counted{number})"  # noqa: S608  # nosec B608  # Django's
        )
        params.extend(values)
    return CountStatement(f"SELECT {', '.join(columns)}", tuple(params))
