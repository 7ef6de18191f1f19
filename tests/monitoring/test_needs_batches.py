"""A batch that the console has paused is in the list of those who can end the cause."""

from __future__ import annotations

import pytest
from django.utils import timezone

from invocations.batches.control import pause, resume
from invocations.batches.ending import pause_because
from invocations.batches.feed import feed_due
from invocations.models import Batch, TrailRow
from invocations.models.viewer import Viewer
from invocations.monitoring.needs import needs_you
from tests.batches.built import running_batch

pytestmark = pytest.mark.django_db


def _batches(who) -> list[tuple[str, int]]:
    needs = needs_you(Viewer.of(who.person), timezone.now())
    return [(need.says, need.n) for need in needs if need.cause.startswith("batch:")]


def test_it_stands_there_until_it_is_resumed(workflow, ada, priya):
    batch = running_batch(workflow, 100)
    feed_due()
    batch.refresh_from_db()
    pause_because(batch, "version")
    assert TrailRow.objects.filter(verb="batch_paused", about_id=str(batch.pk), who_id="").exists()
    [(says, count)] = _batches(ada)
    assert says.startswith("The workflow’s texts or values have changed")
    assert count == 70
    assert _batches(priya) == []
    resume(Batch.objects.get(), None)
    assert _batches(ada) == []


def test_what_a_person_has_paused_does_not(workflow, ada):
    pause(running_batch(workflow), None)
    assert _batches(ada) == []
