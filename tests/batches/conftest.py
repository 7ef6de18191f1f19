"""Fixtures of messages, shared with the tests of sending."""

from __future__ import annotations

import pytest

from invocations.batches import feed
from tests.sending.conftest import clock, waiting

__all__ = ["clock", "waiting"]


@pytest.fixture(autouse=True)
def turns_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a turn would end before all rows are fed."""
    monkeypatch.setattr(feed, "LONGEST_TURN", 600.0)
