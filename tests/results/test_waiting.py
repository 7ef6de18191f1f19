"""Results that nobody knows whose they are: matched later, suggested to a person, or dropped in the end."""

import threading
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from invocations.kaleyra.callbacks import FlowResult
from invocations.models import Account, Callback, Invocation
from invocations.monitoring.sweep import run_once, sweep
from invocations.results import apply, suggestions, upkeep
from invocations.results import inbox as results
from invocations.results import matching as whose
from invocations.sending import store_outcome
from invocations.sending.deliver import deliver
from tests.results.conftest import body

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = timedelta(minutes=1)
NUMBER = "919876543202"
"""Where `recorded()` sends to."""


def delivery(invocation):
    invocation.refresh_from_db()
    return invocation.delivery


# --- later ------------------------------------------------------------------------------------------------------------


def test_a_result_before_the_answer_finds_its_message_in_the_next_sweep(
    recorded, report, receiver, kaleyra_says
):
    callback = report("early", "DELIVERED")
    invocation = recorded()
    kaleyra_says(
        202, {"success": True, "executionStatus": "ACCEPTED", "workflowInvocationId": "early"}
    )
    deliver(invocation.pk)
    assert delivery(invocation) == "" and sweep() == 1
    callback.refresh_from_db()
    assert delivery(invocation) == "completed" and callback.invocation == invocation


def test_however_many_cannot_be_told_none_keeps_an_older_one_back(
    recorded, report, in_status, account, monkeypatch
):
    monkeypatch.setattr(upkeep, "ROWS_PER_ROUND", 5)
    monkeypatch.setattr(upkeep, "MAX_ROUNDS", 1)
    early = report("early", "READ")
    for n in range(12):
        in_status("accepted", workflow_invocation_id=f"K{n}")
        report(f"K{n}", "READ", requestId=OTHER)
    Callback.objects.update(received_at=timezone.now() - MINUTE, ask_at=timezone.now() - MINUTE)
    Callback.objects.filter(pk=early.pk).update(ask_at=timezone.now())
    Invocation.objects.filter(pk=in_status("accepted").pk).update(workflow_invocation_id="early")
    assert [upkeep.retry_unmatched(timezone.now()) for _ in range(3)] == [0, 0, 1]


@pytest.mark.parametrize(
    ("age", "wait"), [(0, 0), (0.4, 0), (1, 0.25), (6, 1), (29, 1), (31, 5), (10_000, 5)]
)
def test_the_older_the_more_seldom_a_result_is_asked_about(report, age, wait):
    now = timezone.now()
    callback = report("nobody’s", "READ")
    Callback.objects.update(received_at=now - age * MINUTE, ask_at=now - MINUTE)
    upkeep.retry_unmatched(now)
    callback.refresh_from_db()
    assert callback.ask_at == now + wait * MINUTE


def test_a_sweep_asks_as_often_for_fifty_as_for_one(report, in_status):
    asked = []
    for n in (1, 50):
        for each in range(n):
            in_status("accepted", workflow_invocation_id=f"K{n}-{each}")
            report(f"K{n}-{each}", "READ", requestId=OTHER)
        with CaptureQueriesContext(connection) as queries:
            assert upkeep.retry_unmatched(timezone.now()) == 0
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 5


def test_a_result_that_a_version_before_kept_has_its_turn_at_once(report, in_status):
    callback = report("A", "READ")
    with connection.cursor() as cursor:
        names = [
            field.column
            for field in Callback._meta.concrete_fields
            if field.column not in ("id", "ask_at", "digest")
        ]
        cursor.execute(
            f"INSERT INTO invocations_callback (digest, {', '.join(names)}) SELECT 'other', {', '.join(names)} FROM invocations_callback"
        )
    in_status("accepted", workflow_invocation_id="A")
    callback.delete()
    assert upkeep.retry_unmatched(timezone.now() + timedelta(seconds=1)) == 1


def test_results_that_race_with_our_own_commit_all_arrive(
    recorded, account, receiver, kaleyra_says, monkeypatch
):
    real, threads = store_outcome.store_outcomes, []

    def in_a_thread(raw):
        results.store_result(account, raw)
        connection.close()

    def remember(outcomes):
        """Just as the answer is written, the result comes in."""
        for claim, result in outcomes:
            raw = body(result.reply.workflow_invocation_id, "DELIVERED", n=claim.invocation.pk)
            threads.append(threading.Thread(target=in_a_thread, args=[raw]))
            threads[-1].start()
        real(outcomes)

    monkeypatch.setattr(store_outcome, "store_outcomes", remember)
    type(account).objects.update(sends_per_second=1000)
    for _ in range(40):
        recorded()
    Invocation.objects.update(due_at=timezone.now())
    run_once(width=8)
    for thread in threads:
        thread.join()
    sweep()
    assert len(threads) == 40 and not whose.unmatched_results().exists()
    assert set(Invocation.objects.values_list("status", "delivery")) == {("accepted", "completed")}


def test_a_result_that_does_not_come_is_missed_and_may_still_come(in_status, report):
    due, later = (
        in_status(
            "accepted",
            workflow_invocation_id=name,
            delivery="awaiting",
            result_due_at=timezone.now() + wait,
        )
        for name, wait in [("A", -MINUTE), ("B", MINUTE)]
    )
    assert (
        sweep() == 1
        and (delivery(due), delivery(later)) == ("no_result", "awaiting")
        and sweep() == 0
    )
    report("A", "DELIVERED")
    assert delivery(due) == "completed"


# --- whose id only an answer that settled nothing named -----------------------------------------------------------------

OTHER = "0f6da8f1-923d-4995-a274-4830d09d8287"
"""A request id that Kaleyra made up."""
THIRD = "7d1bbc2a-4a45-4b1b-9d0b-6ad5bd3fcbf0"


@pytest.fixture
def answered(recorded, kaleyra_says):
    """answered(202, requestId=OTHER): a message whose outcome is unknown after this answer."""

    def answered(status=202, **said):
        invocation = recorded()
        taken = {"success": True, "executionStatus": "ACCEPTED", "workflowInvocationId": "theirs"}
        kaleyra_says(status, taken | said)
        deliver(invocation.pk)
        invocation.refresh_from_db()
        assert (invocation.status, invocation.workflow_invocation_id) == ("unknown", "")
        return invocation

    return answered


@pytest.mark.parametrize(
    "names",
    [
        {"invocation_id": "theirs"},
        {"requestId": OTHER},
        {"invocation_id": "theirs", "requestId": OTHER},
    ],
)
@pytest.mark.parametrize("number", [NUMBER, "+91 98765 43202", "098765 43202", "9876543202"])
def test_a_result_finds_its_message_by_its_number_and_an_id_that_the_stored_answer_named(
    answered, report, names, number
):
    invocation = answered(requestId=OTHER)
    callback = report(
        names.get("invocation_id", ""),
        "TIMEOUT",
        "DELIVERED",
        to=number,
        requestId=names.get("requestId"),
    )
    assert (
        callback.invocation == invocation
        and callback.matched_by is None
        and delivery(invocation) == "completed"
    )
    assert (invocation.status, invocation.reason) == ("accepted", "confirmed_by_result")


def test_an_answer_that_contradicts_itself_still_names_its_flow(answered, report):
    invocation = answered(400)
    assert report("theirs", "READ").invocation == invocation


def test_a_result_before_such_an_answer_is_matched_in_the_next_sweep(answered, report):
    callback = report("theirs", "READ", to=NUMBER)
    invocation = answered(requestId=OTHER)
    assert sweep() == 1 and delivery(invocation) == "completed"
    callback.refresh_from_db()
    assert callback.invocation == invocation


@pytest.mark.parametrize(
    "told",
    [
        {"to": "919876543303"},
        {"to": "08061234581"},
        {"to": NUMBER, "requestId": THIRD},
        {"to": NUMBER, "requestId": "ORDER-4711"},
    ],
)
def test_a_result_that_tells_of_another_number_or_id_is_not_its_own(answered, report, told):
    invocation = answered(requestId=OTHER)
    callback = report("theirs", "READ", **told)
    assert callback.invocation is None and suggestions.diagnose(callback) == ("unknown_id", None)
    sweep()
    assert delivery(invocation) == ""


@pytest.mark.parametrize(
    "told",
    [{}, {"to": "918061234XXX"}, {"to": "919876543XXX"}, {"to": "", "recipient": "918061234581"}],
)
def test_without_its_whole_number_an_answer_about_another_request_is_not_enough_and_a_person_decides(
    answered, report, told
):
    invocation = answered(requestId=OTHER)
    callback = report("theirs", "READ", **told)
    assert callback.invocation is None and suggestions.diagnose(callback) == (
        "answered",
        invocation,
    )
    sweep()
    assert delivery(invocation) == ""


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_a_number_is_read_in_each_of_jsons_encodings(answered, account, encoding):
    invocation = answered(requestId=OTHER)
    stranger, own = (
        results.store_result(account, body("theirs", "READ", to=to).decode().encode(encoding))
        for to in ("918061234581", NUMBER)
    )
    assert (stranger.invocation, own.invocation) == (None, invocation)


@pytest.mark.parametrize(
    ("to", "is_told"),
    [("918061234581", False), (NUMBER, True), ("918061234XXX", False), ("", False)],
)
def test_what_no_key_opens_any_more_is_known_by_its_number_alone(
    answered, report, monkeypatch, to, is_told
):
    callback = report("theirs", "READ", to=to)
    invocation = answered(requestId=OTHER)
    monkeypatch.setattr(whose, "read_again", lambda callback: FlowResult(problem="unreadable"))
    assert apply.match(Callback.objects.get(pk=callback.pk)) is is_told
    assert bool(delivery(invocation)) is is_told


@pytest.mark.parametrize("request_id", [OTHER, "ORDER-4711"])
def test_a_foreign_request_id_is_not_that_of_an_answer_to_our_own(answered, report, request_id):
    invocation = answered(400)
    assert (
        report("theirs", "READ", requestId=request_id).invocation is None
        and delivery(invocation) == ""
    )


def test_a_request_id_that_is_no_uuid_is_nobody_elses_because_both_name_it(answered, report):
    invocation = answered(requestId="ORDER-4711")
    assert (
        report("theirs", "READ", requestId="ORDER-4711", to=NUMBER).invocation is None
        and delivery(invocation) == ""
    )


def test_what_the_message_learned_before_the_lock_counts(answered, report, monkeypatch):
    invocation, real = answered(requestId=OTHER), whose.matches_by_answer

    def meanwhile(callbacks):
        found = real(callbacks)
        Invocation.objects.filter(pk=invocation.pk).update(
            workflow_invocation_id="another", status="accepted"
        )
        return found

    monkeypatch.setattr(whose, "matches_by_answer", meanwhile)
    assert report("theirs", "READ", to=NUMBER).invocation is None and delivery(invocation) == ""


def test_an_answer_about_another_message_of_ours_names_that_ones_flow(answered, in_status, report):
    other = in_status("unknown")
    mixed_up = answered(requestId=str(other.request_id))
    assert report("theirs", "READ").invocation == other and delivery(mixed_up) == ""


def test_an_id_that_two_answers_named_is_left_to_a_person(answered, report, account):
    first, second = answered(requestId=OTHER), answered(requestId=OTHER)
    callback = report("theirs", "READ")
    assert (
        callback.invocation is None
        and suggestions.diagnose(callback).why == "several"
        and sweep() == 0
    )
    elsewhere = Account.objects.create(title="Other", pod=account.pod, sid="HX0000000001")
    assert results.store_result(elsewhere, body("theirs", "READ")).invocation is None
    assert delivery(first) == delivery(second) == ""


def test_an_id_that_no_answer_named_is_suggested_by_its_number_alone(in_status, report):
    invocation = in_status("unknown")
    callback = report("never learned", "READ", to=NUMBER, requestId=OTHER)
    assert callback.invocation is None and suggestions.suggestion(callback) == invocation


# --- by hand ----------------------------------------------------------------------------------------------------------


def test_the_only_unknown_outcome_to_that_number_is_suggested_and_not_more(in_status, report):
    invocation = in_status("unknown")
    callback = report("A", "TIMEOUT", "DELIVERED", to=NUMBER)
    assert suggestions.suggestion(callback) == invocation
    sweep()
    assert delivery(invocation) == "" and invocation.status == "unknown"


def test_two_are_none(in_status, report):
    for _ in range(2):
        in_status("unknown")
    assert suggestions.suggestion(report("A", "DELIVERED", to=NUMBER)) is None


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
def test_another_number_another_time_or_another_status_is_not_suggested(
    in_status, report, status, columns, told
):
    in_status(status, **columns)
    assert suggestions.suggestion(report("A", "DELIVERED", **told)) is None


@pytest.mark.parametrize(
    ("status", "columns"),
    [
        ("sending", {}),
        ("queued", {}),
        ("accepted", {"reason": "confirmed_by_duplicate"}),
    ],
)
def test_none_is_suggested_while_another_to_that_number_may_turn_out_to_be_the_one(
    in_status, report, status, columns
):
    in_status("unknown")
    in_status(status, **columns)
    assert suggestions.suggestion(report("A", "READ", to=NUMBER)) is None


def test_another_that_awaits_its_result_keeps_only_a_result_without_kaleyras_id_back(
    in_status, report
):
    invocation = in_status("unknown")
    in_status(
        "accepted",
        workflow_invocation_id="Y",
        delivery="awaiting",
        result_due_at=timezone.now() + MINUTE,
    )
    assert suggestions.suggestion(report("A", "READ", to=NUMBER)) == invocation
    assert suggestions.suggestion(report("", "READ", to=NUMBER)) is None


def test_a_message_that_is_sent_only_later_keeps_no_suggestion_back(in_status, report):
    invocation = in_status("unknown")
    in_status("queued", not_before=timezone.now() + timedelta(days=7))
    callback = report("A", "READ", to=NUMBER)
    in_status("sending", created_at=timezone.now() + 2 * MINUTE)
    assert suggestions.suggestion(callback) == invocation


@pytest.mark.parametrize(("minutes_ago", "is_suggested"), [(0, True), (4, False)])
def test_a_flow_that_ended_before_the_message_was_posted_is_not_its_own(
    in_status, report, minutes_ago, is_suggested
):
    invocation = in_status("unknown")
    ended = timezone.now() - minutes_ago * MINUTE
    assert suggestions.suggestion(report("A", "READ", to=NUMBER, timestamp=ended.isoformat())) == (
        invocation if is_suggested else None
    )


@pytest.mark.parametrize("kinds", [["sms"], ["sms", "whatsapp"], ["whatsapp", "sms", "sms"]])
def test_a_flow_of_other_channels_is_not_its_own(in_status, account, kinds):
    in_status("unknown")
    told = {
        f"channel{n}": {"channel": kind, "statusCode": "READ", "to": NUMBER}
        for n, kind in enumerate(kinds, start=1)
    }
    assert suggestions.suggestion(results.store_result(account, body("A", result=told))) is None


def test_a_message_whose_own_answer_named_another_flow_or_request_is_not_suggested(
    answered, report
):
    invocation = answered(requestId=OTHER)
    assert suggestions.suggestion(report("another", "READ", to=NUMBER)) is None
    assert suggestions.suggestion(report("", "READ", to=NUMBER, requestId=THIRD)) is None
    assert suggestions.suggestion(report("", "READ", to=NUMBER)) == invocation


def test_what_a_person_settled_is_suggested_too(in_status, report):
    invocation = in_status(
        "rejected", reason="settled_not_delivered", doubtful_since=timezone.now(), doubt_count=1
    )
    assert suggestions.suggestion(report("A", "READ", to=NUMBER)) == invocation


def test_as_many_questions_for_fifty_as_for_one(in_status, report, answered):
    answered(requestId=OTHER)
    in_status("unknown")
    asked = []
    for n in (1, 50):
        callbacks = [
            report(f"id-{n}-{each}", "READ", to=NUMBER, requestId=str(uuid.uuid4()))
            for each in range(n)
        ]
        with CaptureQueriesContext(connection) as queries:
            assert {each.why for each in suggestions.diagnose_all(callbacks)} == {"unknown_id"}
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 9


def test_what_a_person_joins_has_their_name(in_status, report, ada):
    invocation = in_status("unknown")
    callback = report("A", "TIMEOUT", "DELIVERED", to=NUMBER)
    apply.match_by_hand(callback, invocation, ada.person)
    callback.refresh_from_db()
    assert (callback.invocation, callback.matched_by) == (invocation, ada.person)
    assert delivery(invocation) == "completed" and (invocation.status, invocation.reason) == (
        "accepted",
        "confirmed_by_result",
    )
    with pytest.raises(apply.NotMatched, match="gone"):
        apply.match_by_hand(callback, in_status("unknown"), ada.person)


@pytest.mark.parametrize(
    ("meanwhile", "code"),
    [
        ({"status": "accepted", "workflow_invocation_id": "B"}, "other_id"),
        ({"status": "accepted", "delivery": "completed"}, "has_result"),
        ({"status": "sending", "lease_until": timezone.now()}, "under_way"),
    ],
)
def test_what_has_become_of_the_message_meanwhile_is_looked_at_again(
    in_status, report, ada, meanwhile, code
):
    invocation = in_status("unknown")
    callback = report("A", "READ", to=NUMBER)
    Invocation.objects.filter(pk=suggestions.suggestion(callback).pk).update(**meanwhile)
    with pytest.raises(apply.NotMatched, match=code):
        apply.match_by_hand(callback, invocation, ada.person)
    assert whose.unmatched_results().get() == callback


def test_of_two_results_that_suggest_one_message_only_the_first_is_joined(in_status, report, ada):
    invocation = in_status("unknown")
    first, second = report("A", "READ", to=NUMBER), report("B", "FAILED", "FAILED", to=NUMBER)
    apply.match_by_hand(first, suggestions.suggestion(first), ada.person)
    with pytest.raises(apply.NotMatched, match="other_id"):
        apply.match_by_hand(second, invocation, ada.person)
    assert suggestions.suggestion(second) is None


def test_nothing_is_joined_across_accounts_or_with_what_is_being_sent(
    in_status, report, ada, account
):
    callback = report("A", "DELIVERED", to=NUMBER)
    with pytest.raises(apply.NotMatched, match="under_way"):
        apply.match_by_hand(callback, in_status("sending"), ada.person)
    Callback.objects.update(
        account=Account.objects.create(title="Other", pod=account.pod, sid="HX0000000001")
    )
    callback.refresh_from_db()
    with pytest.raises(apply.NotMatched, match="gone"):
        apply.match_by_hand(callback, in_status("unknown"), ada.person)
    assert whose.unmatched_results().get() == callback


# --- set aside ----------------------------------------------------------------------------------------------------------


def test_what_a_person_sets_aside_has_their_name_and_reason_and_is_looked_at_no_more(
    report, ada, priya
):
    callback, other = report("A", "READ"), report("B", "READ")
    assert results.set_aside(callback, "Sent by the shop’s own system", ada.person)
    callback.refresh_from_db()
    assert (callback.set_aside_by, callback.set_aside_reason) == (
        ada.person,
        "Sent by the shop’s own system",
    ) and callback.set_aside_at
    assert whose.results_to_review().get() == other and whose.unmatched_results().count() == 2
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
    matched, old, new = (
        report(invocation.workflow_invocation_id, "READ"),
        report("old", "READ"),
        report("new", "READ"),
    )
    Callback.objects.filter(pk__in=[matched.pk, old.pk]).update(
        received_at=timezone.now() - upkeep.UNMATCHED_KEPT_FOR - MINUTE
    )
    assert sweep() == 1
    assert set(Callback.objects.values_list("pk", flat=True)) == {matched.pk, new.pk}


def test_of_too_many_the_oldest_go(report, monkeypatch, caplog):
    monkeypatch.setattr(upkeep, "MAX_UNMATCHED", 3)
    kept = [report(f"id{n}", "READ").pk for n in range(5)][2:]
    assert sweep() == 2 and sorted(Callback.objects.values_list("pk", flat=True)) == kept
    assert "2 results were dropped" in caplog.text
