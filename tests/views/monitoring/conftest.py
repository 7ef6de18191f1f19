import pytest
from django.utils import timezone

from tests.many import real_account, workflow_of
from tests.views.monitoring.dashboard_page import NOON


@pytest.fixture
def at_noon(monkeypatch):
    """The time is 12:10 UTC, in the page and in the rows."""
    monkeypatch.setattr(timezone, "now", lambda: NOON)


@pytest.fixture
def flow(db):
    """A workflow that reports results, at a pod that is not the practice pod."""
    return workflow_of(real_account(), "Refund confirmed", expects_callback=True)
