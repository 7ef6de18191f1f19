"""The drill: a backup is restored after messages were sent, and each reaches the receiver once."""

from collections import Counter
from datetime import timedelta

import pytest
from django.core.management import CommandError
from django.utils import timezone

from invocations.batches import control
from invocations.batches.start import start
from invocations.models import (
    Account,
    Attempt,
    Batch,
    Invocation,
    KillSwitch,
    WorkflowInstance,
)
from invocations.monitoring import consistency
from invocations.sending import pause
from invocations.sending.high_water import (
    HighWaterMark,
)
from invocations.sending.restored import mark_restored
from tests.batches.built import checked_batch
from tests.commands.restored_copies import dispatch, refusal, run, states

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_drill(due, recorded, copied, receiver):
    """Queued, scheduled, held and in doubt in the copy; all but the scheduled one left since."""
    later = recorded("203", not_before=timezone.now() + timedelta(hours=1))
    queued, held, doubtful = due("202"), due("204", status="held", due_at=None), due("502")
    dispatch()
    Invocation.objects.filter(pk=queued.pk).update(status="queued", due_at=None)  # of the copy
    Invocation.objects.filter(pk=doubtful.pk).update(due_at=None)
    before = len(receiver.received)
    new = due("205")
    Invocation.objects.filter(pk=new.pk).update(due_at=timezone.now() + timedelta(hours=1))
    backup = copied()

    Invocation.objects.filter(pk__in=[new.pk, held.pk]).update(
        status="queued", due_at=timezone.now() - timedelta(seconds=1)
    )
    lost = due("206")
    dispatch()
    assert len(receiver.received) == before + 3
    sent = list(receiver.accepted)
    backup.restore()

    assert "after_restore" in refusal()
    assert not Invocation.objects.filter(pk=lost.pk).exists()
    assert len(receiver.received) == before + 3

    said = run("after_restore", "--yes")
    assert "1 on hold, 2 queued, 1 scheduled, 1 unknown" in said
    assert set(states()) == {("unknown", "database_restored")}
    assert pause.is_stopped() and KillSwitch.objects.get().reason
    dispatch()
    assert len(receiver.received) == before + 3

    pause.resume_everything(None)
    dispatch()
    assert receiver.accepted == sent  # nobody got a second one
    assert Invocation.objects.get(pk=later.pk).status == "unknown"
    others = Invocation.objects.exclude(pk=later.pk)
    assert Counter(others.values_list("status", "reason")) == {
        ("accepted", "confirmed_by_duplicate"): 4
    }
    assert not list(consistency.contradictions())
    assert dispatch().startswith("0 ")


def test_a_message_that_was_not_sent_since_is_sent_by_the_check(due, copied, receiver):
    row = due()
    Invocation.objects.update(due_at=timezone.now() + timedelta(hours=1))
    HighWaterMark().beat()
    backup = copied()
    HighWaterMark().beat()
    backup.restore()
    assert "restored" in refusal()
    run("after_restore", "--yes")
    pause.resume_everything(None)
    dispatch()
    assert receiver.accepted == [str(row.request_id)]
    assert states() == {("accepted", "accepted"): 1}


def test_a_waiting_message_is_asked_about_at_the_set_up_of_the_copy(due, workflow, receiver):
    due()
    WorkflowInstance.objects.update(workflow_instance_id="edited-in-the-shell")
    run("after_restore", "--yes")
    pause.resume_everything(None)
    dispatch()
    [received] = receiver.received
    assert "edited-in-the-shell" in received.path


def test_the_window_begins_when_sending_goes_on(due, copied, receiver):
    due()
    Invocation.objects.update(due_at=timezone.now() + timedelta(hours=1))
    run("after_restore", "--yes")
    Invocation.objects.update(doubtful_since=timezone.now() - timedelta(hours=3))
    dispatch()
    assert states() == {("unknown", "database_restored"): 1}
    pause.resume_everything(None)
    dispatch()
    assert states() == {("accepted", "accepted"): 1}


@pytest.mark.parametrize(
    "columns",
    [
        {"not_after": timezone.now() - timedelta(seconds=1)},
        {"created_at": timezone.now() - timedelta(hours=25)},
        {"not_before": timezone.now() + timedelta(hours=1)},
    ],
    ids=["too late", "too old", "too early"],
)
def test_what_must_not_leave_now_stays_unknown(due, receiver, columns):
    due()
    Invocation.objects.update(**columns)
    run("after_restore", "--yes")
    pause.resume_everything(None)
    dispatch()
    assert not receiver.received and states() == {("unknown", "database_restored"): 1}


def test_an_account_that_never_asks_is_not_asked_about(due, receiver):
    due()
    Account.objects.update(retry_ambiguous="never")
    run("after_restore", "--yes")
    pause.resume_everything(None)
    dispatch()
    assert not receiver.received and states() == {("unknown", "database_restored"): 1}


def test_what_is_settled_stays_and_nothing_expires_as_never_sent(due, recorded):
    due()
    dispatch()
    Invocation.objects.filter(pk=recorded("400").pk).update(status="rejected", reason="rejected")
    Invocation.objects.filter(pk=recorded("203").pk).update(status="cancelled", reason="cancelled")
    late = due("204")
    run("after_restore", "--yes")
    Invocation.objects.filter(pk=late.pk).update(not_after=timezone.now())
    dispatch()
    assert states() == {
        ("accepted", "accepted"): 1,
        ("rejected", "rejected"): 1,
        ("cancelled", "cancelled"): 1,
        ("unknown", "database_restored"): 1,
    }


def test_an_attempt_under_way_in_the_copy_is_doubtful(due, receiver):
    row = due()
    lease = timezone.now() + timedelta(minutes=1)
    Invocation.objects.update(status="sending", attempt_count=1, lease_until=lease, due_at=None)
    Attempt.objects.create(
        invocation=row, number=1, started_at=timezone.now(), target_id=row.target_id
    )
    run("after_restore", "--yes")
    assert Attempt.objects.get().outcome == "doubtful"
    assert not list(consistency.contradictions())


def test_an_id_that_somebody_else_had_used_is_not_confirmed(recorded):
    recorded()
    Invocation.objects.update(status="unknown", reason="id_used_before", due_at=None)
    run("after_restore", "--yes")
    pause.resume_everything(None)
    dispatch()
    assert states() == {("unknown", "database_restored"): 1}
    assert Invocation.objects.get().doubtful_since is None


def test_since_leaves_older_unknown_outcomes_alone_and_nothing_that_may_leave(due):
    past = timezone.now() - timedelta(days=9)
    old = {"created_at": past, "doubtful_since": past, "doubt_count": 1, "due_at": None}
    due("202", status="unknown", reason="timeout", **old)
    due("203", created_at=past)
    due("204", status="unknown", reason="timeout", doubtful_since=timezone.now(), doubt_count=1)
    said = run(
        "after_restore", "--yes", "--since", f"{timezone.now() - timedelta(days=1):%Y-%m-%d}"
    )
    assert "1 queued, 1 unknown" in said
    assert states() == {("unknown", "timeout"): 1, ("unknown", "database_restored"): 2}


@pytest.mark.parametrize("answer", ["no", "", EOFError])
def test_without_yes_it_asks_first(due, monkeypatch, answer):
    def typed(prompt):
        if answer is EOFError:
            raise EOFError
        return answer

    monkeypatch.setattr("builtins.input", typed)
    due()
    with pytest.raises(CommandError, match=r"Nothing was changed"):
        run("after_restore")
    assert states() == {("queued", ""): 1} and not pause.is_stopped()
    monkeypatch.setattr("builtins.input", lambda prompt: "yes")
    assert "1 messages are unknown now" in run("after_restore")


def test_an_interrupted_run_is_finished_by_the_next(due, monkeypatch):
    monkeypatch.setattr("invocations.sending.restored.RESTORED_PER_TRANSACTION", 2)
    for _ in range(5):
        due()

    def killed(done):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        mark_restored(progress=killed)
    assert pause.is_stopped() and states()["unknown", "database_restored"] == 2
    run("after_restore", "--yes")
    assert states() == {("unknown", "database_restored"): 5}


def _goes_on(batch):
    batch.refresh_from_db()
    pause.resume_everything(None)
    assert control.resume(batch, None) or start(batch, None)
    dispatch()


@pytest.mark.parametrize("is_started_in_copy", [True, False])
def test_rows_of_a_batch_that_left_since_do_not_leave_again(
    is_started_in_copy, workflow, copied, receiver
):
    Account.objects.update(sends_per_second=1000)
    batch = checked_batch(workflow, 3)
    HighWaterMark().beat()
    if is_started_in_copy:
        assert start(batch, None)
    backup = copied()
    if not is_started_in_copy:
        assert start(batch, None)
    dispatch()
    sent = list(receiver.accepted)
    assert len(sent) == 3
    backup.restore()

    assert "restored" in refusal()
    run("after_restore", "--yes")
    _goes_on(batch)
    assert receiver.accepted == sent
    assert states() == {("accepted", "confirmed_by_duplicate"): 3}
    assert not list(consistency.contradictions())


def test_rows_of_a_batch_that_did_not_leave_since_are_sent_once(workflow, copied, receiver):
    Account.objects.update(sends_per_second=1000)
    batch = checked_batch(workflow, 3)
    assert start(batch, None)
    HighWaterMark().beat()
    backup = copied()
    HighWaterMark().beat()
    backup.restore()

    run("after_restore", "--yes")
    assert Batch.objects.get().state == Batch.State.PAUSED
    _goes_on(batch)
    assert len(receiver.accepted) == 3
    assert states() == {("accepted", "accepted"): 3}
