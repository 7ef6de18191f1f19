"""Many conditional UPDATEs in one round trip, each with values of its own: what `QuerySet.update` cannot say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import models, router, transaction


def update_each(
    model: type[models.Model], rows: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]
) -> int:
    """For each pair (where, changes), both by field name: UPDATE … SET changes WHERE where. Returns how many rows were changed.

    All pairs name the same fields, and no row of the table meets two of them. A changed `EncryptedTextField` is given sealed (`seal`).
    """
    if not rows:
        return 0
    connection = transaction.get_connection(router.db_for_write(model))
    table = connection.ops.quote_name(model._meta.db_table)
    conditions = [
        _Column(model, name, [where[name] for where, _changes in rows]) for name in rows[0][0]
    ]
    changed = [
        _Column(model, name, [changes[name] for _where, changes in rows]) for name in rows[0][1]
    ]
    # What is the same in every row is said once: most of an outcome is.
    shared = [column for column in changed if column.values.count(column.values[0]) == len(rows)]
    own = [column for column in changed if column not in shared]
    common = [column.prepared(connection)[0] for column in shared]
    values = [column.prepared(connection) for column in (*own, *conditions)]
    if connection.vendor != "postgresql":
        statement = _update(table, (*shared, *own), conditions, {}, connection)
        with connection.cursor() as cursor:
            cursor.executemany(statement, [[*common, *row] for row in zip(*values, strict=True)])
            return int(cursor.rowcount)
    # One statement, which is planned once, with one array for each column: several times as quick as one for each row.
    given = {column: f"given.c{n}" for n, column in enumerate((*own, *conditions))}
    arrays = ", ".join(f"%s::{column.array_type(connection)}" for column in given)
    names = ", ".join(name.removeprefix("given.") for name in given.values())
    statement = _update(
        table,
        (*shared, *own),
        conditions,
        given,
        connection,
        f" FROM unnest({arrays}) AS given ({names})",
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*common, *values])
        return int(cursor.rowcount)


class _Column:
    """One field with its value in each row."""

    def __init__(self, model: type[models.Model], name: str, values: list[Any]) -> None:
        self.field: Any = model._meta.get_field(name)
        self.values = values

    def prepared(self, connection: Any) -> list[Any]:
        prepare = self.field.get_db_prep_save
        return [prepare(value, connection) for value in self.values]

    def array_type(self, connection: Any) -> str:
        # Without its length: a cast to varchar(10) would cut what is longer, where an assignment refuses it.
        return f"{self.field.db_type(connection).partition('(')[0]}[]"


def _update(
    table: str,
    changed: Iterable[_Column],
    conditions: Iterable[_Column],
    given: Mapping[_Column, str],
    connection: Any,
    source: str = "",
) -> str:
    """The statement. A column that is not `given` somewhere is a parameter."""
    quoted = connection.ops.quote_name
    sets = ", ".join(
        f"{quoted(column.field.column)} = {given.get(column, '%s')}" for column in changed
    )
    meets = " AND ".join(
        f"{table}.{quoted(column.field.column)} = {given.get(column, '%s')}"
        for column in conditions
    )
    return f"UPDATE {table} SET {sets}{source} WHERE {meets}"  # noqa: S608
