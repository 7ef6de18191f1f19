"""Gives the tables back as the migrations left them, after a test that commits.

Django empties them, and makes content types and permissions anew; the tests would have to add pods
and groups again. Writing back the rows that were there takes a fraction of that time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.test import TransactionTestCase

from invocations.models import frozen_counts, immutable, trail_triggers

Rows = dict[str, list[tuple[Any, ...]]]
"""By table: its rows, with all columns in their order."""


def all_rows() -> Rows:
    found = {}
    with connection.cursor() as cursor:
        for table in _filled():
            cursor.execute(f'SELECT * FROM "{table}"')
            found[table] = cursor.fetchall()
    return found


def _filled() -> list[str]:
    """The tables that have rows."""
    has_rows = " UNION ALL ".join(
        f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM \"{name}\")"
        for name in connection.introspection.table_names()
        if name != MigrationRecorder.Migration._meta.db_table
    )
    with connection.cursor() as cursor:
        cursor.execute(has_rows)
        return [name for (name,) in cursor.fetchall()]


@contextmanager
def tables_given_back(kept: Rows) -> Iterator[None]:
    """Every test that commits in this process leaves these rows and no other."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda test: _give_back(kept))
        yield


def _give_back(kept: Rows) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        trail_triggers.drop_triggers(connection)  # they refuse to empty the trail
        for table in _filled():  # PostgreSQL takes long to truncate eighty tables
            cursor.execute(f'DELETE FROM "{table}"')
        for table, rows in kept.items():
            places = ", ".join(["%s"] * len(rows[0]))
            cursor.executemany(f'INSERT INTO "{table}" VALUES ({places})', rows)
    with transaction.atomic():  # a test may have dropped any of them
        immutable.create_triggers(connection.alias)
        frozen_counts.create_trigger(connection.alias)
        trail_triggers.create_triggers(connection.alias)
