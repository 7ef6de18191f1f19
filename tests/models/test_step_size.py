"""A step of a long run is short, whatever the machine has to do beside it."""

from __future__ import annotations

from invocations.models.step_size import StepSize


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
