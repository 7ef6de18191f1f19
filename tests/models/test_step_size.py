"""A step of a long run is short, whatever the machine has to do beside it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from invocations.models.step_size import StepSize

LOOKS_OF_A_WAITING_WRITER = 0.1
"""Seconds between two of SQLite's busy handler (`sqlite3_busy_timeout`), at the most."""


def sizes(first: int, *seconds: float) -> list[int]:
    size, found = StepSize(first, fewest=50, most=1_000), []
    for each in seconds:
        size.took(each)
        found.append(size.rows)
    return found


def test_long_steps_become_smaller_and_never_too_small() -> None:
    assert sizes(300, 0.9, 0.9, 0.9, 0.9) == [150, 75, 50, 50]


def test_short_steps_become_larger_and_never_too_large() -> None:
    assert sizes(300, 0.01, 0.01, 0.01) == [600, 1_000, 1_000]


def test_a_step_between_stays() -> None:
    assert sizes(300, 0.1) == [300]


@pytest.mark.parametrize(("vendor", "pauses"), [("sqlite", 2), ("postgresql", 0)])
def test_on_sqlite_it_pauses_for_those_who_wait_to_write(monkeypatch, vendor, pauses) -> None:
    slept: list[float] = []
    monkeypatch.setattr("invocations.models.step_size.time.sleep", slept.append)
    monkeypatch.setattr("invocations.models.step_size.connection", SimpleNamespace(vendor=vendor))
    sizes(300, 0.2, 0.2, 0.01, 0.01, 0.2, 0.2)
    assert len(slept) == pauses
    assert all(seconds > LOOKS_OF_A_WAITING_WRITER for seconds in slept)
