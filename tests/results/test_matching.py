"""A result matches the invocation that its ids name, or that a stored answer named."""

import uuid

import pytest
from django.utils import timezone

from invocations.kaleyra.callbacks import FlowResult
from invocations.models import Account, Callback, Invocation, WorkflowInstance
from invocations.monitoring.sweep import sweep
from invocations.results import apply, matching, suggestions, upkeep
from tests.results.conftest import (
    ANOTHER_REQUEST_ID,
    FOREIGN_REQUEST_ID,
    NUMBER,
    body,
    stored_delivery,
)
from tests.stored_results import store_result

pytestmark = pytest.mark.django_db(transaction=True)


def test_our_request_id_alone_is_a_match(accepted, report):
    invocation = accepted()
    assert report(requestId=str(invocation.request_id)).invocation == invocation


def test_a_result_at_another_account_does_not_match(accepted, account):
    invocation = accepted()
    other = Account.objects.create(title="Other", pod=account.pod, sid="HX0000000001")
    for raw in [
        body(invocation.workflow_invocation_id, "DELIVERED"),
        body(requestId=str(invocation.request_id)),
    ]:
        assert store_result(other, raw).invocation is None
    assert stored_delivery(invocation) == ""


@pytest.mark.parametrize("status", ["accepted", "unknown"])
def test_contradicting_ids_are_left_to_a_person(in_status, report, status):
    first, second = (in_status(status, workflow_invocation_id=name) for name in ("A", "B"))
    for name, invocation in [("A", second), ("C", first)]:
        callback = report(name, "READ", requestId=str(invocation.request_id))
        assert suggestions.diagnose(callback) == ("disagrees", None)
    Invocation.objects.update(workflow_invocation_id="A")
    assert suggestions.diagnose(report("A", "SENT")) == ("several", None)
    assert stored_delivery(first) == stored_delivery(second) == ""
    assert upkeep.retry_unmatched(timezone.now()) == 0


def test_a_made_up_request_id_does_not_contradict_the_id_from_an_acceptance(accepted, report):
    invocation = accepted()
    callback = report(invocation.workflow_invocation_id, "READ", requestId=str(uuid.uuid4()))
    assert callback.invocation == invocation


def test_an_id_not_from_an_acceptance_does_not_match_beside_a_foreign_request_id(in_status, report):
    invocation = in_status("accepted", workflow_invocation_id="A", reason="confirmed_by_result")
    assert suggestions.diagnose(report("A", "READ", requestId=str(uuid.uuid4()))) == (
        "disagrees",
        invocation,
    )
    assert stored_delivery(invocation) == ""


def test_a_request_id_of_another_accounts_message_is_not_made_up(
    accepted, in_status, report, account
):
    invocation, other = accepted(), in_status("unknown")
    elsewhere = Account.objects.create(title="Other", pod=account.pod, sid="HX0000000001")
    workflow = WorkflowInstance.objects.create(
        account=elsewhere, title="There", workflow_instance_id="w2"
    )
    clone = Invocation.objects.get(pk=other.pk)
    clone.pk, clone.request_id, clone.payload = None, uuid.uuid4(), "{}"
    clone.account, clone.workflow_instance = elsewhere, workflow
    clone.save(force_insert=True)
    callback = report(invocation.workflow_invocation_id, "READ", requestId=str(clone.request_id))
    assert suggestions.diagnose(callback).why == "disagrees"


@pytest.mark.parametrize(
    "names",
    [
        {"invocation_id": "theirs"},
        {"requestId": FOREIGN_REQUEST_ID},
        {"invocation_id": "theirs", "requestId": FOREIGN_REQUEST_ID},
    ],
)
@pytest.mark.parametrize("number", [NUMBER, "+91 98765 43202", "098765 43202", "9876543202"])
def test_a_result_matches_by_its_number_and_an_id_from_the_stored_answer(
    answered, report, names, number
):
    invocation = answered(requestId=FOREIGN_REQUEST_ID)
    callback = report(
        names.get("invocation_id", ""),
        "TIMEOUT",
        "DELIVERED",
        to=number,
        requestId=names.get("requestId"),
    )
    assert callback.invocation == invocation
    assert callback.matched_by is None
    assert stored_delivery(invocation) == "completed"
    assert (invocation.status, invocation.reason) == ("accepted", "confirmed_by_result")


def test_an_answer_that_contradicts_itself_still_names_its_flow(answered, report):
    invocation = answered(400)
    assert report("theirs", "READ").invocation == invocation


def test_a_result_before_such_an_answer_is_matched_by_the_next_sweep(answered, report):
    callback = report("theirs", "READ", to=NUMBER)
    invocation = answered(requestId=FOREIGN_REQUEST_ID)
    assert sweep() == 1 and stored_delivery(invocation) == "completed"
    callback.refresh_from_db()
    assert callback.invocation == invocation


@pytest.mark.parametrize(
    "reported",
    [
        {"to": "919876543303"},
        {"to": "08061234581"},
        {"to": NUMBER, "requestId": ANOTHER_REQUEST_ID},
        {"to": NUMBER, "requestId": "ORDER-4711"},
    ],
)
def test_a_result_with_another_number_or_id_does_not_match(answered, report, reported):
    invocation = answered(requestId=FOREIGN_REQUEST_ID)
    callback = report("theirs", "READ", **reported)
    assert callback.invocation is None and suggestions.diagnose(callback) == ("unknown_id", None)
    sweep()
    assert stored_delivery(invocation) == ""


@pytest.mark.parametrize(
    "reported",
    [{}, {"to": "918061234XXX"}, {"to": "919876543XXX"}, {"to": "", "recipient": "918061234581"}],
)
def test_without_the_whole_number_an_answer_about_another_request_is_left_to_a_person(
    answered, report, reported
):
    invocation = answered(requestId=FOREIGN_REQUEST_ID)
    callback = report("theirs", "READ", **reported)
    assert callback.invocation is None
    assert suggestions.diagnose(callback) == ("answered", invocation)
    sweep()
    assert stored_delivery(invocation) == ""


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_a_number_is_read_in_every_encoding_of_json(answered, account, encoding):
    invocation = answered(requestId=FOREIGN_REQUEST_ID)
    stranger, own = (
        store_result(account, body("theirs", "READ", to=to).decode().encode(encoding))
        for to in ("918061234581", NUMBER)
    )
    assert (stranger.invocation, own.invocation) == (None, invocation)


@pytest.mark.parametrize(
    ("to", "matches"),
    [("918061234581", False), (NUMBER, True), ("918061234XXX", False), ("", False)],
)
def test_a_result_that_cannot_be_decrypted_matches_by_its_number_alone(
    answered, report, monkeypatch, to, matches
):
    callback = report("theirs", "READ", to=to)
    invocation = answered(requestId=FOREIGN_REQUEST_ID)
    monkeypatch.setattr(matching, "read_again", lambda callback: FlowResult(problem="unreadable"))
    assert apply.match(Callback.objects.get(pk=callback.pk)) is matches
    assert bool(stored_delivery(invocation)) is matches


@pytest.mark.parametrize("request_id", [FOREIGN_REQUEST_ID, "ORDER-4711"])
def test_a_foreign_request_id_does_not_match_an_answer_to_our_own(answered, report, request_id):
    invocation = answered(400)
    assert report("theirs", "READ", requestId=request_id).invocation is None
    assert stored_delivery(invocation) == ""


def test_a_request_id_that_is_not_a_uuid_does_not_match_although_both_name_it(answered, report):
    invocation = answered(requestId="ORDER-4711")
    assert report("theirs", "READ", requestId="ORDER-4711", to=NUMBER).invocation is None
    assert stored_delivery(invocation) == ""


def test_an_id_stored_before_the_lock_prevents_a_match(answered, report, monkeypatch):
    invocation, real = answered(requestId=FOREIGN_REQUEST_ID), matching.matches_by_answer

    def matches_then_another_id(callbacks):
        matches = real(callbacks)
        Invocation.objects.filter(pk=invocation.pk).update(
            workflow_invocation_id="another", status="accepted"
        )
        return matches

    monkeypatch.setattr(matching, "matches_by_answer", matches_then_another_id)
    assert report("theirs", "READ", to=NUMBER).invocation is None
    assert stored_delivery(invocation) == ""


def test_an_answer_about_another_message_matches_that_message(answered, in_status, report):
    other = in_status("unknown")
    mixed_up = answered(requestId=str(other.request_id))
    assert report("theirs", "READ").invocation == other and stored_delivery(mixed_up) == ""


def test_an_id_that_two_answers_named_is_left_to_a_person(answered, report, account):
    first, second = answered(requestId=FOREIGN_REQUEST_ID), answered(requestId=FOREIGN_REQUEST_ID)
    callback = report("theirs", "READ")
    assert callback.invocation is None
    assert suggestions.diagnose(callback).why == "several"
    assert sweep() == 0
    elsewhere = Account.objects.create(title="Other", pod=account.pod, sid="HX0000000001")
    assert store_result(elsewhere, body("theirs", "READ")).invocation is None
    assert stored_delivery(first) == stored_delivery(second) == ""
