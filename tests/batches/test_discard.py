"""A file that was not started is deleted by whoever uploaded it, as a whole."""

from __future__ import annotations

import pytest
from django.db.models import Q
from django.utils import timezone

from invocations.batches import discard as room
from invocations.batches.discard import delete_unstarted, discard
from invocations.models import Batch, BatchChunk, BatchPart
from tests.batches.uploads import PHONE, checked, csv_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(workflow) -> Batch:
    return checked(workflow, csv_of(f"{PHONE},Asha"))


def test_all_of_the_file_goes(batch, admin_user):
    assert BatchPart.objects.exists()
    assert discard(batch, admin_user)
    assert not any(model.objects.exists() for model in (Batch, BatchChunk, BatchPart))


@pytest.mark.parametrize("state", Batch.STARTED)
def test_a_file_that_was_started_stays(batch, admin_user, state):
    Batch.objects.update(state=state, started_at=timezone.now())
    assert not discard(batch, admin_user)
    assert BatchPart.objects.exists()


def test_nothing_goes_if_it_was_changed_meanwhile(batch, admin_user):
    Batch.objects.update(fence=batch.fence + 1)
    assert not discard(batch, admin_user)
    assert BatchPart.objects.exists()


def test_nobody_can_start_what_is_being_deleted(batch, monkeypatch):
    states = []
    monkeypatch.setattr(
        room, "delete_parts", lambda one: states.append(Batch.objects.get(pk=one.pk).state)
    )
    delete_unstarted(batch, Q())
    assert states == [Batch.State.REFUSED]
