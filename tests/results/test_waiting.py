"""Results that nobody knows whose they are: matched later, suggested to a person, or dropped in the end."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from invocations import results, sending
from invocations.dispatching import run_once, sweep
from invocations.models import Account, Callback, Invocation
from tests.results.conftest import body

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = timedelta(minutes=1)
NUMBER = "919876543202"
"""Where `recorded()` sends to."""


def delivery(invocation):
    invocation.refresh_from_db()
    return invocation.delivery


# --- later ------------------------------------------------------------------------------------------------------------


def test_a_result_before_the_answer_finds_its_message_in_the_next_sweep(recorded, report, receiver, kaleyra_says):
    callback = report("early", "DELIVERED")
    invocation = recorded()
    kaleyra_says(202, {"success": True, "executionStatus": "ACCEPTED", "workflowInvocationId": "early"})
    sending.deliver(invocation.pk)
    assert delivery(invocation) == "" and sweep() == 1
    callback.refresh_from_db()
    assert delivery(invocation) == "completed" and callback.invocation == invocation


def test_results_that_race_with_our_own_commit_all_arrive(recorded, account, receiver, kaleyra_says, monkeypatch):
    real, threads = sending.remember, []

    def in_a_thread(raw):
        results.keep(account, raw)
        connection.close()

    def remember(outcomes):
        """Just as the answer is written, the result comes in."""
        for claim, result in outcomes:
            raw = body(result.reply.workflow_invocation_id, "DELIVERED", n=claim.invocation.pk)
            threads.append(threading.Thread(target=in_a_thread, args=[raw]))
            threads[-1].start()
        real(outcomes)

    monkeypatch.setattr(sending, "remember", remember)
    type(account).objects.update(sends_per_second=1000)
    for _ in range(40):
        recorded()
    Invocation.objects.update(due_at=timezone.now())
    run_once(width=8)
    for thread in threads:
        thread.join()
    sweep()
    assert len(threads) == 40 and not results.unmatched().exists()
    assert set(Invocation.objects.values_list("status", "delivery")) == {("accepted", "completed")}


def test_a_result_that_does_not_come_is_missed_and_may_still_come(in_status, report):
    due, later = (
        in_status("accepted", workflow_invocation_id=name, delivery="awaiting", result_due_at=timezone.now() + wait)
        for name, wait in [("A", -MINUTE), ("B", MINUTE)]
    )
    assert sweep() == 1 and (delivery(due), delivery(later)) == ("no_result", "awaiting") and sweep() == 0
    report("A", "DELIVERED")
    assert delivery(due) == "completed"


# --- by hand ----------------------------------------------------------------------------------------------------------


def test_the_only_unknown_outcome_to_that_number_is_suggested_and_not_more(in_status, report):
    invocation = in_status("unknown")
    callback = report("A", "TIMEOUT", "DELIVERED", to=NUMBER)
    assert results.suggestion(callback) == invocation
    sweep()
    assert delivery(invocation) == "" and invocation.status == "unknown"


def test_two_are_none(in_status, report):
    for _ in range(2):
        in_status("unknown")
    assert results.suggestion(report("A", "DELIVERED", to=NUMBER)) is None


@pytest.mark.parametrize(
    ("status", "columns", "told"),
    [
        ("unknown", {}, {"to": "919876543303"}),
        ("unknown", {}, {"to": ""}),
        ("unknown", {"doubtful_since": timezone.now() - timedelta(hours=2)}, {"to": NUMBER}),
        ("unknown", {"workflow_invocation_id": "B"}, {"to": NUMBER}),
        ("rejected", {}, {"to": NUMBER}),
        ("accepted", {"delivery": "completed"}, {"to": NUMBER}),
    ],
)
def test_another_number_another_time_or_another_status_is_not_suggested(in_status, report, status, columns, told):
    in_status(status, **columns)
    assert results.suggestion(report("A", "DELIVERED", **told)) is None


def test_what_a_person_joins_has_their_name(in_status, report, ada):
    invocation = in_status("unknown")
    callback = report("A", "TIMEOUT", "DELIVERED", to=NUMBER)
    assert results.match_by_hand(callback, invocation, ada.person)
    callback.refresh_from_db()
    assert (callback.invocation, callback.matched_by) == (invocation, ada.person)
    assert delivery(invocation) == "completed" and (invocation.status, invocation.reason) == ("accepted", "confirmed_by_result")
    assert not results.match_by_hand(callback, in_status("unknown"), ada.person)


def test_nothing_is_joined_across_accounts_or_with_what_is_being_sent(in_status, report, ada, account):
    callback = report("A", "DELIVERED", to=NUMBER)
    assert not results.match_by_hand(callback, in_status("sending"), ada.person)
    Callback.objects.update(account=Account.objects.create(title="Other", pod=account.pod, sid="HX0000000001"))
    callback.refresh_from_db()
    assert not results.match_by_hand(callback, in_status("unknown"), ada.person) and results.unmatched().get() == callback


# --- not for ever -----------------------------------------------------------------------------------------------------


def test_what_belonged_to_nobody_for_a_month_is_dropped(report, accepted):
    invocation = accepted()
    matched, old, new = report(invocation.workflow_invocation_id, "READ"), report("old", "READ"), report("new", "READ")
    Callback.objects.filter(pk__in=[matched.pk, old.pk]).update(received_at=timezone.now() - results.KEPT_FOR - MINUTE)
    assert sweep() == 1
    assert set(Callback.objects.values_list("pk", flat=True)) == {matched.pk, new.pk}


def test_of_too_many_the_oldest_go(report, monkeypatch, caplog):
    monkeypatch.setattr(results, "MOST_KEPT", 3)
    kept = [report(f"id{n}", "READ").pk for n in range(5)][2:]
    assert sweep() == 2 and sorted(Callback.objects.values_list("pk", flat=True)) == kept
    assert "2 results were dropped" in caplog.text
