"""A practice pod in a hurry: what is slow there takes an instant here."""

from collections.abc import Iterator

import pytest

from invocations.sandbox.server import PracticePod


@pytest.fixture
def pod() -> Iterator[PracticePod]:
    with PracticePod(slow_seconds=0.2, silent_seconds=30) as pod:
        yield pod
