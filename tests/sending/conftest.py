"""Rows that are due."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from invocations.models import Invocation, Pod
from invocations.sandbox.server import PracticePod
from invocations.sending.deliver import deliver

SECOND = timedelta(seconds=1)


@pytest.fixture
def clock():
    """Saturday noon. It stands still until a test moves it."""
    with time_machine.travel(datetime(2026, 11, 28, 12, tzinfo=UTC), tick=False) as clock:
        yield clock


@pytest.fixture
def waiting(recorded):
    """waiting(due_at=…): the ID of a row that became due a second ago, with these columns."""

    def waiting(code="202", **columns):
        invocation = recorded(code)
        due = {"due_at": timezone.now() - SECOND}
        Invocation.objects.filter(pk=invocation.pk).update(**(due | columns))
        return invocation.pk

    return waiting


@pytest.fixture
def elsewhere():
    """A second pod, where Kaleyra does not know the IDs of the first."""
    with PracticePod(slow_seconds=0.3, silent_seconds=0.3) as pod:
        yield pod


@pytest.fixture
def other_pod(db, elsewhere):
    return Pod.objects.create(code="OTHER", title="Other pod", api_domain=elsewhere.api_domain)


@pytest.fixture
def in_doubt(recorded):
    """A message that the practice pod accepted before its gateway answered 502."""
    row = recorded("502")
    assert deliver(row.pk)
    row.refresh_from_db()
    assert row.status == "unknown" and row.doubtful_since
    return row
