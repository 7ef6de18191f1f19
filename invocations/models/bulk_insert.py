"""Many rows in one INSERT that says once what they have in common.

`QuerySet.bulk_create` prepares and sends each value of each row.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import models, router, transaction

from invocations.models.bulk_update import BulkColumn


def insert_each(
    model: type[models.Model],
    shared: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
    *,
    by: str,
) -> dict[int, int]:
    """Inserts a row for each of `rows`; returns the primary keys by the value of `by`.

    `shared`: the values that all rows have. Both are by field name, and together they name every
    field but the automatic primary key. `by` is one of `rows`: an integer, another one in each.
    """
    if not rows:
        return {}
    connection = transaction.get_connection(router.db_for_write(model))
    quoted = connection.ops.quote_name
    same = [BulkColumn(model, name, [value]) for name, value in shared.items()]
    own = [BulkColumn(model, name, [row[name] for row in rows]) for name in rows[0]]
    # What turns out to be the same in all of several rows is one parameter, too.
    varying = own if len(rows) == 1 else [column for column in own if not column.is_shared]
    same += [column for column in own if column not in varying]
    columns = ", ".join(quoted(column.field.column) for column in (*same, *varying))
    values, source, parameters = _source(varying, connection)
    named_by = BulkColumn(model, by, []).field.column
    statement = (
        f"INSERT INTO {quoted(model._meta.db_table)} ({columns})"  # noqa: S608
        f" SELECT {'%s, ' * len(same)}{values} FROM {source}"  # nosec B608  # names and %s
        f" RETURNING {quoted(named_by)}, {quoted(model._meta.pk.column)}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*(one.first_prepared(connection) for one in same), *parameters])
        return dict(cursor.fetchall())


def _source(columns: Sequence[BulkColumn], connection: Any) -> tuple[str, str, list[Any]]:
    """SQL of the values and of where they are from, and its parameters.

    They are one parameter for each column, or one for all: no database limits the number of rows.
    """
    prepared = [column.prepared(connection) for column in columns]
    if connection.vendor != "postgresql":
        values = ", ".join(f"json_extract(value, '$[{n}]')" for n in range(len(columns)))
        return values, "json_each(%s)", [json.dumps(list(zip(*prepared, strict=True)))]
    values = ", ".join(f"c{n}" for n in range(len(columns)))
    arrays = ", ".join(f"%s::{column.array_type(connection)}" for column in columns)
    return values, f"unnest({arrays}) AS given ({values})", prepared
