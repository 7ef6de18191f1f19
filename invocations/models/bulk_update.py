"""Many conditional UPDATEs in one round trip, each with its own values.

`QuerySet.update` sets the same values in all rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import models, router, transaction


def update_each(
    model: type[models.Model], rows: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]
) -> int:
    """For each pair (where, changes), by field name: UPDATE … SET changes WHERE where.

    All pairs name the same fields, and no row of the table meets two of them. The new value of an
    `EncryptedTextField` is what its `seal` returns. Returns the number of changed rows.
    """
    if not rows:
        return 0
    connection = transaction.get_connection(router.db_for_write(model))
    table = connection.ops.quote_name(model._meta.db_table)
    conditions = [
        BulkColumn(model, name, [where[name] for where, _changes in rows]) for name in rows[0][0]
    ]
    changed = [
        BulkColumn(model, name, [changes[name] for _where, changes in rows]) for name in rows[0][1]
    ]
    # A value that is the same in every row is one parameter: most values of an outcome are.
    shared = [column for column in changed if column.is_shared]
    varying = [column for column in changed if column not in shared]
    shared_values = [column.first_prepared(connection) for column in shared]
    values = [column.prepared(connection) for column in (*varying, *conditions)]
    if connection.vendor != "postgresql":
        statement = _update(table, (*shared, *varying), conditions, {}, connection)
        parameters = [[*shared_values, *row] for row in zip(*values, strict=True)]
        with connection.cursor() as cursor:
            cursor.executemany(statement, parameters)
            return int(cursor.rowcount)
    # One statement that is planned once, with an array for each column: several times as fast as
    # one statement for each row.
    given = {column: f"given.c{n}" for n, column in enumerate((*varying, *conditions))}
    arrays = ", ".join(f"%s::{column.array_type(connection)}" for column in given)
    names = ", ".join(name.removeprefix("given.") for name in given.values())
    source = f" FROM unnest({arrays}) AS given ({names})"
    statement = _update(table, (*shared, *varying), conditions, given, connection, source)
    with connection.cursor() as cursor:
        cursor.execute(statement, [*shared_values, *values])
        return int(cursor.rowcount)


class BulkColumn:
    """One field, and its value in each row."""

    def __init__(self, model: type[models.Model], name: str, values: list[Any]) -> None:
        self.field: Any = model._meta.get_field(name)
        self.values = values

    @property
    def is_shared(self) -> bool:
        """Whether all rows have the same value."""
        return self.values.count(self.values[0]) == len(self.values)

    def prepared(self, connection: Any) -> list[Any]:
        prepare = self.field.get_db_prep_save
        return [prepare(value, connection) for value in self.values]

    def first_prepared(self, connection: Any) -> Any:
        return self.field.get_db_prep_save(self.values[0], connection)

    def array_type(self, connection: Any) -> str:
        # Without its length: a cast to varchar(10) truncates a longer text, an assignment fails.
        return f"{self.field.db_type(connection).partition('(')[0]}[]"


def _update(
    table: str,
    changed: Iterable[BulkColumn],
    conditions: Iterable[BulkColumn],
    given: Mapping[BulkColumn, str],
    connection: Any,
    source: str = "",
) -> str:
    """The UPDATE. `given` maps a column to the SQL of its value; any other value is a parameter."""
    quoted = connection.ops.quote_name
    sets = ", ".join(
        f"{quoted(column.field.column)} = {given.get(column, '%s')}" for column in changed
    )
    where = " AND ".join(
        f"{table}.{quoted(column.field.column)} = {given.get(column, '%s')}"
        for column in conditions
    )
    return f"UPDATE {table} SET {sets}{source} WHERE {where}"  # noqa: S608  # nosec B608  # names
