"""A practice pod in a hurry: what is slow there takes an instant here."""

from collections.abc import Callable, Iterator
from time import time_ns
from uuid import uuid4

import pytest

from invocations.sandbox.envelopes import Issued, issue
from invocations.sandbox.server import PracticePod


@pytest.fixture
def pod() -> Iterator[PracticePod]:
    with PracticePod(slow_seconds=0.2, silent_seconds=30) as pod:
        yield pod


@pytest.fixture
def issued() -> Callable[[], Issued]:
    """issued(): the next id and timestamp."""
    return lambda: issue(time_ns(), uuid4())
