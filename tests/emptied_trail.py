"""Lets a test that commits empty the trail."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import TransactionTestCase

from invocations.models import trail_triggers


@pytest.fixture(autouse=True, scope="session")
def emptied_with_the_trail() -> Iterator[None]:
    """A test that commits has its tables emptied, and with them the trail, whose triggers refuse
    that. Django lays them again afterwards (`post_migrate`).
    """
    empty = TransactionTestCase._fixture_teardown

    def drop_and_empty(test: TransactionTestCase) -> None:
        if type(test)._fixture_teardown is drop_and_empty:
            trail_triggers.drop_triggers(connection)
        empty(test)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", drop_and_empty)
        yield
