"""The drill: a backup is restored after messages were sent, and each reaches the receiver once."""

import io
import json
import uuid
from collections import Counter
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from invocations.models import (
    Account,
    Attempt,
    DatabaseIdentity,
    Invocation,
    KillSwitch,
    WorkflowInstance,
)
from invocations.monitoring import consistency
from invocations.sending import attempt, high_water, pause
from invocations.sending.deliver import deliver
from invocations.sending.high_water import (
    MARK_FILE,
    OLDER_DATABASE_EXIT_CODE,
    HighWaterMark,
    OlderDatabase,
    WillNotDispatch,
)
from invocations.sending.restored import mark_restored
from tests.database_copies import DatabaseCopy

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def copied(tmp_path):
    """copied(): a backup of the database as it is now."""
    copies = []

    def copied():
        copies.append(DatabaseCopy(tmp_path))
        return copies[-1]

    yield copied
    for copy in copies:
        copy.drop()


@pytest.fixture
def due(recorded, account):
    """due("202"): a message that the dispatcher sends at once."""
    Account.objects.update(sends_per_second=1000)

    def due(code="202", **columns):
        row = recorded(code)
        past = timezone.now() - timedelta(seconds=1)
        Invocation.objects.filter(pk=row.pk).update(**({"due_at": past} | columns))
        return row

    return due


def run(*words):
    """Runs the command. Returns what it wrote."""
    out = io.StringIO()
    call_command(*words, stdout=out, stderr=out)
    return out.getvalue()


def dispatch():
    return run("dispatch", "--once", "--threads", "2")


def refusal():
    """What `dispatch` says when it refuses."""
    with pytest.raises(CommandError) as raised:
        dispatch()
    assert raised.value.returncode == OLDER_DATABASE_EXIT_CODE
    return str(raised.value)


def states():
    return Counter(Invocation.objects.values_list("status", "reason"))


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
    assert "1 held, 2 queued, 1 scheduled, 1 unknown" in said
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
    run("after_restore", "--yes")
    Invocation.objects.update(**columns)
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


# --- the mark ------------------------------------------------------------------------------------


def test_a_copy_that_has_reused_the_numbers_of_lost_attempts_is_noticed(due, copied):
    """As when messages were sent by the web server before a dispatcher was started."""
    HighWaterMark().beat()
    backup = copied()
    due("202")
    dispatch()
    beats = DatabaseIdentity.objects.get().beats
    backup.restore()
    due("203")
    deliver(Invocation.objects.get().pk)
    DatabaseIdentity.objects.update(beats=beats + 100)
    assert Attempt.objects.latest("pk").pk >= 1
    with pytest.raises(OlderDatabase):
        HighWaterMark().check()


def test_a_copy_from_before_identities_were_stored_is_noticed(due, copied):
    DatabaseIdentity.objects.all().delete()
    due()
    dispatch()
    DatabaseIdentity.objects.all().delete()  # as the migration makes another one
    with pytest.raises(OlderDatabase):
        HighWaterMark().check()
    high_water.record_restore()
    HighWaterMark().check()


def test_a_new_empty_database_and_another_one_are_no_older_copy(due, monkeypatch):
    due()
    dispatch()
    monkeypatch.setattr("invocations.sending.high_water._place", lambda: "elsewhere")
    DatabaseIdentity.objects.all().delete()
    HighWaterMark().check()


def test_another_machines_dispatcher_goes_on_after_the_command(due, copied, tmp_path):
    here, there = HighWaterMark(tmp_path / "here"), HighWaterMark(tmp_path / "there")
    for mark in (here, there):
        mark.beat()
    backup = copied()
    for mark in (here, there):
        mark.beat()
    backup.restore()
    for mark in (here, there):
        with pytest.raises(OlderDatabase):
            mark.check()
    run("after_restore", "--yes")
    for mark in (here, there):
        mark.beat()


def test_a_copy_from_before_the_last_after_restore_is_noticed(due, copied):
    HighWaterMark().beat()
    backup = copied()
    run("after_restore", "--yes")
    due()
    HighWaterMark().beat()
    pause.resume_everything(None)
    dispatch()
    backup.restore()
    due()
    deliver(Invocation.objects.get().pk)
    with pytest.raises(OlderDatabase):
        HighWaterMark().check()


def test_the_mark_holds_the_attempt_before_it_is_posted(due, dispatcher_state, monkeypatch):
    seen = []
    post = attempt.post

    def looked(claim, *connections):
        marks = json.loads((dispatcher_state / MARK_FILE).read_text())["marks"]
        seen.append([mark["attempt"] for mark in marks.values()] == [claim.attempt.pk])
        return post(claim, *connections)

    monkeypatch.setattr(attempt, "post", looked)
    due()
    dispatch()
    assert seen == [True]


def a_mark(**changes):
    """The text of a file with one mark."""
    sound = {"beats": 1, "attempt": None, "binding": "", "place": "x", "at": "2026-01-01T00:00Z"}
    return json.dumps({"marks": {uuid.uuid4().hex: sound | changes}})


@pytest.mark.parametrize(
    "content",
    [
        *("", "{", "[]", '{"marks": {"x": {}}}', "\0\xff", '{"marks": 3}', "[" * 100_000),
        *(a_mark(beats=beats) for beats in (float("inf"), "1", -1, None, 1.5, 10**30)),
        *(a_mark(attempt=attempt) for attempt in ("x", 7, [], 10**30)),
        *(a_mark(at=at) for at in ("2026-01-01T00:00", "", 5, None)),
        a_mark(place=None),
    ],
)
def test_an_unreadable_file_is_named(dispatcher_state, db, content):
    (dispatcher_state / MARK_FILE).write_text(content, encoding="latin-1")
    assert str(dispatcher_state / MARK_FILE) in refusal()
    run("after_restore", "--yes")
    pause.resume_everything(None)
    dispatch()


def test_a_folder_that_cannot_be_written_is_said_and_sending_goes_on(due, settings, caplog):
    settings.DISPATCHER_STATE_DIR = "/proc/nowhere"
    due()
    dispatch()
    assert "DISPATCHER_STATE_DIR" in caplog.text
    assert states() == {("accepted", "accepted"): 1}


def test_a_running_dispatcher_stops_at_an_older_database(due, copied):
    mark = HighWaterMark()
    mark.beat()
    backup = copied()
    mark.beat()
    backup.restore()
    with pytest.raises(WillNotDispatch):
        mark.beat()


def test_the_mark_has_no_number_value_or_key(due, dispatcher_state):
    due()
    dispatch()
    text = (dispatcher_state / MARK_FILE).read_text()
    assert "9876" not in text and "Asha" not in text and "c0fe" not in text
