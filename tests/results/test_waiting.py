"""Results that nobody knows whose they are: matched later, suggested to a person, or dropped in the end."""

import threading
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from invocations import results, sending, whose
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


# --- whose id only an answer that settled nothing named -----------------------------------------------------------------

OTHER = "0f6da8f1-923d-4995-a274-4830d09d8287"
"""A request id that Kaleyra made up."""


@pytest.fixture
def answered(recorded, kaleyra_says):
    """answered(202, requestId=OTHER): a message whose outcome is unknown after this answer."""

    def answered(status=202, **said):
        invocation = recorded()
        taken = {"success": True, "executionStatus": "ACCEPTED", "workflowInvocationId": "theirs"}
        kaleyra_says(status, taken | said)
        sending.deliver(invocation.pk)
        invocation.refresh_from_db()
        assert (invocation.status, invocation.workflow_invocation_id) == ("unknown", "")
        return invocation

    return answered


@pytest.mark.parametrize(
    "names", [{"invocation_id": "theirs"}, {"requestId": OTHER}, {"invocation_id": "theirs", "requestId": OTHER, "to": NUMBER}]
)
def test_a_result_finds_its_message_by_an_id_that_the_stored_answer_named(answered, report, names):
    invocation = answered(requestId=OTHER)
    callback = report(names.pop("invocation_id", ""), "TIMEOUT", "DELIVERED", **names)
    assert callback.invocation == invocation and callback.matched_by is None and delivery(invocation) == "completed"
    assert (invocation.status, invocation.reason) == ("accepted", "confirmed_by_result")


def test_an_answer_that_contradicts_itself_still_names_its_flow(answered, report):
    invocation = answered(400)
    assert report("theirs", "READ").invocation == invocation


def test_a_result_before_such_an_answer_is_matched_in_the_next_sweep(answered, report):
    callback = report("theirs", "READ")
    invocation = answered(requestId=OTHER)
    assert sweep() == 1 and delivery(invocation) == "completed"
    callback.refresh_from_db()
    assert callback.invocation == invocation


@pytest.mark.parametrize(
    "told",
    [
        {"to": "919876543303"},
        {"requestId": "7d1bbc2a-4a45-4b1b-9d0b-6ad5bd3fcbf0"},
    ],
)
def test_a_result_that_tells_of_another_number_or_id_is_not_its_own(answered, report, told):
    invocation = answered(requestId=OTHER)
    assert report("theirs", "READ", **told).invocation is None
    sweep()
    assert delivery(invocation) == ""


def test_an_answer_about_another_message_of_ours_names_that_ones_flow(answered, in_status, report):
    other = in_status("unknown")
    mixed_up = answered(requestId=str(other.request_id))
    assert report("theirs", "READ").invocation == other and delivery(mixed_up) == ""


def test_an_id_that_two_answers_named_is_left_to_a_person(answered, report, account):
    first, second = answered(requestId=OTHER), answered(requestId=OTHER)
    callback = report("theirs", "READ")
    assert callback.invocation is None and whose.standing(callback).why == "several" and sweep() == 0
    elsewhere = Account.objects.create(title="Other", pod=account.pod, sid="HX0000000001")
    assert results.keep(elsewhere, body("theirs", "READ")).invocation is None
    assert delivery(first) == delivery(second) == ""


def test_an_id_that_no_answer_named_is_suggested_by_its_number_alone(in_status, report):
    invocation = in_status("unknown")
    callback = report("never learned", "READ", to=NUMBER, requestId=OTHER)
    assert callback.invocation is None and whose.suggestion(callback) == invocation


# --- by hand ----------------------------------------------------------------------------------------------------------


def test_the_only_unknown_outcome_to_that_number_is_suggested_and_not_more(in_status, report):
    invocation = in_status("unknown")
    callback = report("A", "TIMEOUT", "DELIVERED", to=NUMBER)
    assert whose.suggestion(callback) == invocation
    sweep()
    assert delivery(invocation) == "" and invocation.status == "unknown"


def test_two_are_none(in_status, report):
    for _ in range(2):
        in_status("unknown")
    assert whose.suggestion(report("A", "DELIVERED", to=NUMBER)) is None


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
    assert whose.suggestion(report("A", "DELIVERED", **told)) is None


def test_what_a_person_settled_is_suggested_too(in_status, report):
    invocation = in_status("rejected", reason="settled_not_delivered", doubtful_since=timezone.now(), doubt_count=1)
    assert whose.suggestion(report("A", "READ", to=NUMBER)) == invocation


def test_as_many_questions_for_fifty_as_for_one(in_status, report, answered):
    answered(requestId=OTHER)
    in_status("unknown")
    asked = []
    for n in (1, 50):
        callbacks = [report(f"id-{n}-{each}", "READ", to=NUMBER, requestId=str(uuid.uuid4())) for each in range(n)]
        with CaptureQueriesContext(connection) as queries:
            assert {each.why for each in whose.standings(callbacks)} == {"unknown_id"}
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 4


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


# --- set aside ----------------------------------------------------------------------------------------------------------


def test_what_a_person_sets_aside_has_their_name_and_reason_and_is_looked_at_no_more(report, ada, priya):
    callback, other = report("A", "READ"), report("B", "READ")
    assert results.set_aside(callback, "Sent by the shop’s own system", ada.person)
    callback.refresh_from_db()
    assert (callback.set_aside_by, callback.set_aside_reason) == (ada.person, "Sent by the shop’s own system") and callback.set_aside_at
    assert results.to_look_at().get() == other and results.unmatched().count() == 2
    assert not results.set_aside(callback, "Somebody else’s reason", priya.person)
    assert Callback.objects.get(pk=callback.pk).set_aside_by == ada.person


def test_what_was_set_aside_still_finds_its_message(report, in_status, ada):
    callback = report("A", "READ")
    results.set_aside(callback, "Nobody knows it", ada.person)
    invocation = in_status("accepted", workflow_invocation_id="A")
    assert sweep() == 1 and delivery(invocation) == "completed"
    callback.refresh_from_db()
    assert callback.invocation == invocation and callback.set_aside_by == ada.person


def test_what_has_a_message_cannot_be_set_aside(report, accepted, ada):
    callback = report(accepted().workflow_invocation_id, "READ")
    assert not results.set_aside(callback, "Nobody knows it", ada.person)


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
