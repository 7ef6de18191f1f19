"""Rows that are due."""

from datetime import timedelta

import pytest
from django.utils import timezone

from invocations.models import Invocation

SECOND = timedelta(seconds=1)


@pytest.fixture
def waiting(recorded):
    """waiting(due_at=…): the ID of a row that became due a second ago, with these columns."""

    def waiting(code="202", **columns):
        invocation = recorded(code)
        due = {"due_at": timezone.now() - SECOND}
        Invocation.objects.filter(pk=invocation.pk).update(**(due | columns))
        return invocation.pk

    return waiting
