"""Stored results are read together, each once, with the outcome that reading them singly has."""

import random
import threading
from datetime import timedelta
from itertools import product

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from invocations.models import Callback, ChannelResult, Invocation, WorkflowInstance
from invocations.results import inbox, matching, pending, pending_worker, suggestions, upkeep
from tests.results.conftest import FOREIGN_REQUEST_ID, body, stored_delivery, stored_result
from tests.sending.test_once import at_once
from tests.stored_results import read_results
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def posted(account):
    """posted("id", "TIMEOUT"): a result comes in and is not read yet."""
    return lambda *words, **more: Callback.objects.get(
        pk=inbox.store_result(account, body(*words, **more))
    )


@pytest.fixture
def awaiting(in_status):
    """awaiting(3): so many accepted messages, with the ids K0, K1, …"""
    return lambda count: [
        in_status("accepted", workflow_invocation_id=f"K{n}", reason="accepted")
        for n in range(count)
    ]


def test_until_it_is_read_it_changes_nothing_and_is_not_called_unmatched(posted, awaiting):
    [message] = awaiting(1)
    callback = posted("K0", "DELIVERED")
    assert callback.is_pending and callback.invocation is None
    assert stored_delivery(message) == "" and not matching.unmatched_results().exists()
    read_results()
    callback.refresh_from_db()
    assert callback.invocation == message and not callback.is_pending
    assert stored_result(message) == ("completed", 1, False)


def test_reading_many_takes_hardly_more_queries_than_reading_one(posted, awaiting):
    counts = []
    awaiting(60)
    posted("K0", "READ")
    read_results()  # the first result of a workflow has queries of its own
    for ids in (["K1"], [f"K{n}" for n in range(2, 60)]):
        for each in ids:
            posted(each, "FAILED", "FAILED")
        with CaptureQueriesContext(connection) as queries:
            assert pending.read_pending() == len(ids)
        counts.append(len(queries))
    # SQLite inserts the channels of fifty results in two statements.
    assert counts[0] <= counts[1] <= counts[0] + 1 <= 12
    assert Invocation.objects.filter(deciding_channel=0).count() == 59


def test_of_several_readers_at_once_each_result_is_read_by_one(posted, awaiting, monkeypatch):
    monkeypatch.setattr(pending, "MAX_AT_ONCE", 7)
    for message in awaiting(30):
        for code in ("TIMEOUT", "READ"):
            posted(message.workflow_invocation_id, code)
    read = at_once(4, lambda: [pending.read_pending() for _ in range(20)])
    assert sum(map(sum, read)) >= 60
    assert not pending.pending_results().exists() and not matching.unmatched_results().exists()
    assert ChannelResult.objects.count() == 60
    states = Invocation.objects.values_list("delivery", "deciding_channel", "may_be_double")
    assert set(states) == {("completed", 1, False)}
    assert WorkflowInstance.history.filter(history_change_reason="first_result").count() == 1


def test_two_results_of_one_message_that_contradict_each_other_are_read_in_order(posted, in_status):
    message = in_status("unknown")
    first, second = (posted(id, "READ", requestId=str(message.request_id)) for id in "AB")
    read_results()
    message.refresh_from_db()
    assert (message.workflow_invocation_id, message.callbacks.get()) == ("A", first)
    second.refresh_from_db()
    assert suggestions.diagnose(second).why == "disagrees"


def test_an_id_that_one_result_brings_finds_the_message_of_the_next(posted, in_status):
    message = in_status("unknown")
    posted("A", "TIMEOUT", requestId=str(message.request_id))
    posted("A", "TIMEOUT", "DELIVERED")
    read_results()
    assert stored_result(message) == ("completed", 2, True) and message.callbacks.count() == 2


def test_a_result_that_cannot_be_read_stops_no_other(posted, awaiting, monkeypatch, caplog):
    first, second = awaiting(2)
    posted("K0", "READ", n="canary")
    posted("K1", "READ")
    real = pending.read_callback

    def broken(content):
        if b"canary" in content:
            raise ValueError("canary")
        return real(content)

    monkeypatch.setattr(pending, "read_callback", broken)
    pending.read_pending()
    assert stored_delivery(second) == "completed" and stored_delivery(first) == ""
    assert "ValueError" in caplog.text and "canary" not in caplog.text
    monkeypatch.undo()
    Callback.objects.update(ask_at=timezone.now())
    read_results()
    assert stored_delivery(first) == "completed"


def test_one_that_cannot_be_stored_either_stops_no_other(posted, awaiting, monkeypatch, caplog):
    first, second = awaiting(2)
    broken = posted("K0", "READ")
    posted("K1", "READ")
    real = pending._store

    def store(readings, matches):
        if broken in [reading.callback for reading in readings]:
            raise ValueError("canary")
        real(readings, matches)

    monkeypatch.setattr(pending, "_store", store)
    assert pending.read_pending() == 2 and pending.read_pending() == 0
    assert stored_delivery(second) == "completed" and stored_delivery(first) == ""
    assert pending.pending_results().get() == broken and "canary" not in caplog.text


def test_one_whose_encryption_key_is_missing_here_waits_for_it(posted, awaiting, settings):
    [message] = awaiting(1)
    keys = settings.FIELD_ENCRYPTION_KEYS
    settings.FIELD_ENCRYPTION_KEYS = ["bmV3LW5ldy1uZXctbmV3LW5ldy1uZXctbmV3LW5ldy0="]
    posted("K0", "READ")
    settings.FIELD_ENCRYPTION_KEYS = keys
    assert pending.read_pending() == 1 and pending.read_pending() == 0
    assert pending.pending_results().exists() and stored_delivery(message) == ""
    settings.FIELD_ENCRYPTION_KEYS = ["bmV3LW5ldy1uZXctbmV3LW5ldy1uZXctbmV3LW5ldy0=", *keys]
    Callback.objects.update(ask_at=timezone.now())
    read_results()
    assert stored_delivery(message) == "completed"


def test_an_unmatched_one_that_is_posted_again_is_read_again(posted, awaiting):
    posted("K0", "READ")
    read_results()
    assert matching.unmatched_results().exists()
    [message] = awaiting(1)
    callback = posted("K0", "READ")
    read_results()
    assert stored_delivery(message) == "completed"
    callback.refresh_from_db()
    assert callback.times == 2 and callback.results.count() == 1


def test_the_thread_beside_the_dispatcher_reads_what_comes_in(posted, awaiting):
    first, second = awaiting(2)
    stopping = threading.Event()
    worker = threading.Thread(target=pending_worker.run_worker, args=[stopping])
    worker.start()
    try:
        for message in (first, second):
            posted(message.workflow_invocation_id, "READ")
            until(lambda message=message: stored_delivery(message) == "completed")
    finally:
        stopping.set()
        worker.join()


def test_a_web_server_leaves_what_is_new_to_the_dispatchers(posted, awaiting):
    [message] = awaiting(1)
    posted("K0", "READ")
    assert pending.read_pending(timedelta(seconds=30)) == 0 and stored_delivery(message) == ""
    assert pending.read_pending() == 1


# --- together, and one by one ---------------------------------------------------------------------

STATUSES = ["queued", "sending", "accepted", "unknown", "rejected", "cancelled"]
CODES = [(), ("TIMEOUT",), ("TIMEOUT", "DELIVERED"), ("FAILED", "FAILED"), ("READ",)]
COLUMNS = ("status", "reason", "delivery", "deciding_channel", "may_be_double")


@pytest.mark.parametrize("seed", range(8))
def test_the_outcome_is_that_of_reading_them_one_by_one(account, in_status, seed):
    chance = random.Random(seed)
    plan = [(chance.choice(STATUSES), chance.random() < 0.6) for _ in range(12)]
    results = [
        (chance.randrange(12), *chance.choice(list(product(["id", "other"], [0, 1, 2], CODES))))
        for _ in range(40)
    ]
    status_of = [
        chance.choice(["COMPLETED", "COMPLETED", "IN-PROGRESS", "REJECTED"]) for _ in results
    ]
    outcomes = []
    for run, together in (("a", False), ("b", True)):
        messages = [
            in_status(
                status, workflow_invocation_id=f"{run}{n}" if has_id else "", reason="accepted"
            )
            for n, (status, has_id) in enumerate(plan)
        ]
        pks = []
        for (n, which, names_request, codes), status in zip(results, status_of, strict=True):
            request_id = [None, str(messages[n].request_id), FOREIGN_REQUEST_ID][names_request]
            kaleyra_id = f"{run}{n}" if which == "id" else f"{run}-other-{n}"
            content = body(kaleyra_id, *codes, status=status, requestId=request_id, n=len(pks))
            pks.append(inbox.store_result(account, content))
            if not together:
                read_results()
        read_results()
        # What a later result's id matches, the sweep finds.
        upkeep.retry_unmatched(timezone.now() + timedelta(hours=1))
        WorkflowInstance.objects.update(expects_callback=False)
        rows = Invocation.objects.in_bulk([message.pk for message in messages])
        matches = Callback.objects.in_bulk(pks)
        order = {message.pk: n for n, message in enumerate(messages)}
        outcomes.append(
            (
                [[getattr(rows[message.pk], name) for name in COLUMNS] for message in messages],
                [rows[message.pk].workflow_invocation_id.removeprefix(run) for message in messages],
                [order.get(matches[pk].invocation_id) for pk in pks],
            )
        )
    assert outcomes[0] == outcomes[1]
    assert len({n for n in outcomes[1][2] if n is not None}) > 3
