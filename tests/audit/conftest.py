"""A trail of three sealed rows, and a way past its triggers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from invocations.audit.record import record
from invocations.audit.sealing import seal_all
from invocations.models import TrailRow, trail_triggers


@contextmanager
def triggers_dropped() -> Iterator[None]:
    """As somebody does who owns the database."""
    trail_triggers.drop_triggers(connection)
    yield
    trail_triggers.create_triggers(connection.alias)


@pytest.fixture
def empty_trail(db: None) -> None:
    """Without the rows of what the fixtures made: groups, people."""
    with triggers_dropped():
        TrailRow.objects.all().delete()


@pytest.fixture
def rows(empty_trail: None) -> list[TrailRow]:
    for number in range(3):
        record("exported", by=None, facts={"rows": number})
    seal_all(timezone.now())
    return list(TrailRow.objects.order_by("seq"))


@pytest.fixture
def run_sql(db: None) -> Any:
    def run(statement: str, *parameters: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)

    return run
