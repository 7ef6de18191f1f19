"""A checked batch is started once, and only as it was checked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from invocations.batches.start import start
from invocations.models import Account, Batch, Channel, Pod, WorkflowInstance
from invocations.sending.record import NotSendable
from tests.batches.built import checked_batch

pytestmark = pytest.mark.django_db
State = Batch.State


def _refusals(batch: Batch, by=None, **options) -> list[str]:
    with pytest.raises(NotSendable) as refused:
        start(batch, by, **options)
    batch.refresh_from_db()
    assert batch.state == State.CHECKED
    return [finding.code for finding in refused.value.findings]


def test_a_start_keeps_what_was_chosen_and_the_kind_of_the_account(workflow):
    batch = checked_batch(workflow)
    assert start(batch, None, reference="CARE-7740", per_second=5)
    batch.refresh_from_db()
    assert (batch.state, batch.reference, batch.per_second) == (State.RUNNING, "CARE-7740", 5)
    assert batch.started_at.microsecond % 1000 == 0
    assert batch.is_practice is True


def test_a_second_click_starts_nothing(workflow):
    batch = checked_batch(workflow)
    in_another_tab = Batch.objects.get(pk=batch.pk)
    assert start(batch, None)
    started_at = batch.started_at
    assert not start(in_another_tab, None)
    assert not start(batch, None)
    assert Batch.objects.get(pk=batch.pk).started_at == started_at


@pytest.mark.parametrize("state", [State.UPLOADING, State.CHECKING, State.REFUSED])
def test_a_batch_that_is_not_checked_does_not_start(workflow, state):
    batch = checked_batch(workflow, state=state)
    assert not start(batch, None)


def test_a_batch_that_was_mended_meanwhile_does_not_start(workflow):
    batch = checked_batch(workflow)
    Batch.objects.filter(pk=batch.pk).update(fence=1)
    assert not start(batch, None)


def test_an_inactive_workflow_is_refused(workflow):
    batch = checked_batch(workflow)
    WorkflowInstance.objects.update(is_active=False)
    assert _refusals(batch) == ["inactive"]


def test_a_changed_text_is_refused(workflow):
    batch = checked_batch(workflow)
    Channel.objects.filter(position=1).update(template_text="Hi {{1}}")
    assert _refusals(batch) == ["version"]


def test_a_change_from_practice_to_live_is_refused(workflow):
    batch = checked_batch(workflow, is_practice=True)
    live = Pod.objects.get(api_domain="api.in.kaleyra.io")
    Account.objects.update(pod=live)
    assert _refusals(batch) == ["kind"]


def test_rows_at_fault_are_refused_until_they_are_mended_or_left_out(workflow):
    assert _refusals(checked_batch(workflow, to_decide=2)) == ["to_decide"]


def test_a_batch_without_a_row_to_send_is_refused(workflow):
    assert _refusals(checked_batch(workflow, left_out=[2, 3, 4])) == ["no_rows"]


def test_a_person_who_may_not_send_the_workflow_is_refused(workflow, rosa):
    assert _refusals(checked_batch(workflow), rosa.person) == ["not_yours"]


def test_times_that_cannot_be_are_refused(workflow):
    now = timezone.now()
    batch = checked_batch(workflow)
    assert _refusals(batch, not_after=now - timedelta(minutes=1)) == ["too_late"]
    assert _refusals(batch, not_before=now + timedelta(days=200)) == ["too_far_ahead"]
    assert _refusals(batch, per_second=0) == ["per_second"]
