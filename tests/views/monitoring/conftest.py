import pytest
from django.utils import timezone

from tests.many import real_account, workflow_of
from tests.views.monitoring.dashboard_page import NOON


@pytest.fixture
def at_noon(monkeypatch):
    """It is ten past twelve, in the page and in the rows."""
    monkeypatch.setattr(timezone, "now", lambda: NOON)


@pytest.fixture
def flow(db):
    return workflow_of(real_account(), "Refund confirmed", expects_callback=True)
