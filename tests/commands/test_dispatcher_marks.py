"""A dispatcher notices by its own file that the database is an older copy."""

import json
import uuid

import pytest

from invocations.models import (
    Attempt,
    DatabaseIdentity,
    Invocation,
)
from invocations.sending import attempt, high_water, pause
from invocations.sending.deliver import deliver
from invocations.sending.high_water import (
    MARK_FILE,
    HighWaterMark,
    OlderDatabase,
    WillNotDispatch,
)
from tests.commands.restored_copies import dispatch, refusal, run, states

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_copy_that_has_reused_the_numbers_of_lost_attempts_is_noticed(due, copied):
    """As when messages were sent by the web server before a dispatcher was started."""
    HighWaterMark().beat()
    backup = copied()
    due("202")
    dispatch()
    lost = Attempt.objects.get().pk
    beats = DatabaseIdentity.objects.get().beats
    backup.restore()
    due("203")
    deliver(Invocation.objects.get().pk)
    DatabaseIdentity.objects.update(beats=beats + 100)
    assert Attempt.objects.get().pk == lost
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
