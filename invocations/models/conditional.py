"""Many conditional UPDATEs in one round trip, each with values of its own: what `QuerySet.update` cannot say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import models, router, transaction


def update_each(model: type[models.Model], rows: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> int:
    """For each pair (where, changes), both by field name: UPDATE … SET changes WHERE where. Returns how many rows were changed.

    All pairs name the same fields. A changed `EncryptedTextField` is given sealed (`seal`).
    """
    if not rows:
        return 0
    connection = transaction.get_connection(router.db_for_write(model))
    fields = {name: model._meta.get_field(name) for where, changes in rows[:1] for name in (*where, *changes)}
    name_of = connection.ops.quote_name

    def assigned(names: Mapping[str, Any], between: str) -> str:
        return between.join(f"{name_of(fields[name].column)} = %s" for name in names)  # type: ignore[union-attr]

    where, changes = rows[0]
    statement = f"UPDATE {name_of(model._meta.db_table)} SET {assigned(changes, ', ')} WHERE {assigned(where, ' AND ')}"  # noqa: S608
    prepared = {name: field.get_db_prep_save for name, field in fields.items()}  # type: ignore[union-attr]
    parameters = [[prepared[name](value, connection) for name, value in (*changes.items(), *where.items())] for where, changes in rows]
    with connection.cursor() as cursor:
        cursor.executemany(statement, parameters)
        return int(cursor.rowcount)
