from datetime import timedelta

import pytest
from django.utils import timezone

from tests.many import messages
from tests.monitoring.incidents import ERROR_KIND, MINUTE


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def refused(workflow, now):
    """refused(3, minutes_ago=2): so many refusals of one kind, a second apart."""

    def refused(count, minutes_ago=1.0, kind=ERROR_KIND, of=None):
        at = now - minutes_ago * MINUTE
        columns = [
            {"status": "rejected", "error_kind": kind, "final_at": at + timedelta(seconds=n)}
            for n in range(count)
        ]
        return messages(of or workflow, columns)

    return refused


@pytest.fixture
def accepted(workflow, now):
    def accepted(minutes_ago=0.0, of=None):
        return messages(
            of or workflow, [{"status": "accepted", "final_at": now - minutes_ago * MINUTE}]
        )

    return accepted
