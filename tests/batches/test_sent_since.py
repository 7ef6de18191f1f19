"""Two files, or a file and a single message, to the same people: the second one is asked about."""

from __future__ import annotations

import pytest

from invocations.batches import feed
from invocations.batches import start as start_of_batches
from invocations.batches.checking import claim, run_check
from invocations.batches.control import cancel
from invocations.batches.mending import leave_out
from invocations.batches.row_marks import RowMark
from invocations.batches.seen_numbers import SeenNumbers
from invocations.batches.start import start
from invocations.models import Batch, Invocation, WorkflowInstance
from invocations.sending.record import NotSendable
from tests.batches.uploads import PHONE, check, checked, counts_of, csv_of, uploaded

pytestmark = pytest.mark.django_db
OTHER = "919876543202"
TWO = csv_of(f"{PHONE},Asha", f"{OTHER},Bo")
ONE = csv_of(f"{OTHER},Chi", "919876512342,Dee")


@pytest.fixture
def other_workflow(workflow):
    channels = list(workflow.channels.all())
    other = WorkflowInstance.objects.create(
        account=workflow.account, title="Order lost", workflow_instance_id="elsewhere"
    )
    for channel in channels:
        channel.pk, channel.workflow_instance = None, other
        channel.save()
    return other


def _refused(batch: Batch) -> list[str]:
    with pytest.raises(NotSendable) as refusal:
        start(batch, None)
    return [finding.code for finding in refusal.value.findings]


def test_rows_that_wait_in_another_file_count_as_sent_lately(workflow):
    start(checked(workflow, TWO), None)
    assert not Invocation.objects.exists()
    batch = checked(workflow, ONE)
    assert counts_of(batch).sent_lately == 1
    assert leave_out(batch, RowMark.SENT_LATELY)
    assert start(batch, None)


def test_a_row_is_counted_once_when_it_has_left_the_file_for_the_queue(workflow):
    start(checked(workflow, TWO), None)
    feed.feed_due()
    assert Invocation.objects.count() == 2
    assert counts_of(checked(workflow, ONE)).sent_lately == 1


def test_rows_that_the_other_file_leaves_out_do_not_wait(workflow):
    first = checked(workflow, TWO)
    leave_out(first, [3])
    start(first, None)
    assert counts_of(checked(workflow, ONE)).sent_lately == 0


def test_a_cancelled_file_waits_for_nobody(workflow):
    first = checked(workflow, TWO)
    start(first, None)
    cancel(first, None)
    assert counts_of(checked(workflow, ONE)).sent_lately == 0


def test_files_of_other_workflows_do_not_count(workflow, other_workflow):
    start(checked(other_workflow, TWO), None)
    assert counts_of(checked(workflow, ONE)).sent_lately == 0


def test_a_file_that_was_started_since_the_check_keeps_the_other_from_starting(workflow):
    first, second = checked(workflow, TWO), checked(workflow, ONE)
    assert start(first, None)
    assert _refused(second) == ["sent_since"]
    Batch.objects.filter(pk=second.pk).update(state=Batch.State.CHECKING)
    check(second)
    assert counts_of(second).sent_lately == 1
    assert start(second, None)


def test_a_file_to_other_people_starts_whatever_was_started_since(workflow):
    first = checked(workflow, csv_of(f"{PHONE},Asha"))
    second = checked(workflow, ONE)
    assert start(first, None)
    assert start(second, None)


@pytest.fixture
def started_meanwhile(monkeypatch):
    """started_meanwhile(batch): somebody starts it after the other one was found to be in order."""

    def started_meanwhile(other: Batch) -> None:
        real = start_of_batches.findings

        def found_before(*args, **kwargs):
            found = real(*args, **kwargs)
            monkeypatch.setattr(start_of_batches, "findings", real)
            assert start(other, None)
            return found

        monkeypatch.setattr(start_of_batches, "findings", found_before)

    return started_meanwhile


def test_a_file_that_is_started_at_the_same_moment_is_seen_too(workflow, started_meanwhile):
    first, second = checked(workflow, TWO), checked(workflow, ONE)
    started_meanwhile(first)
    assert _refused(second) == ["sent_since"]


def test_two_files_to_different_people_start_at_the_same_moment(workflow, started_meanwhile):
    first, second = checked(workflow, csv_of(f"{PHONE},Asha")), checked(workflow, ONE)
    started_meanwhile(first)
    assert start(second, None)


def test_a_single_message_since_the_check_keeps_the_file_from_starting(workflow, recorded):
    batch = checked(workflow, ONE)
    recorded("202")
    assert _refused(batch) == ["sent_since"]


def test_a_single_message_that_was_rejected_does_not(workflow, recorded):
    batch = checked(workflow, ONE)
    recorded("202")
    Invocation.objects.update(status=Invocation.Status.REJECTED, due_at=None)
    assert start(batch, None)


def test_a_message_that_came_while_the_check_ran_is_not_overlooked(workflow, recorded):
    batch = uploaded(workflow, ONE)
    assert claim(batch)
    run_check(batch, told=lambda rows: recorded("202"))
    batch.refresh_from_db()
    assert counts_of(batch).sent_lately == 0
    assert _refused(batch) == ["sent_since"]


def test_a_number_is_found_by_its_digest_alone():
    seen = SeenNumbers()
    assert seen.find(b"12345678") is None
    seen.add(b"12345678", 7)
    assert seen.find(b"12345678") == 7
    assert len(seen) == 1
