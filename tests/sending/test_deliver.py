"""What an answer means. The table of the design's section 6, from both ends: the practice pod's answers, and any others."""

import json
import time
from datetime import timedelta
from email.utils import format_datetime

import pytest
from django.utils import timezone

from invocations.kaleyra import redaction
from invocations.kaleyra.client import KaleyraClient
from invocations.kaleyra.connection import NoAnswer, NotSent
from invocations.kaleyra.payload import Send
from invocations.models import ApiKey, Attempt, Invocation, Pod, WorkflowInstance
from invocations.models.encryption import encrypt
from invocations.models.workflows import RESULT_MARGIN
from invocations.sending import attempt as posting
from invocations.sending import claim as sending_claim
from invocations.sending import deliver as sending_deliver
from invocations.sending import expiry, pause, store_outcome
from invocations.sending.claim import LEASE

pytestmark = pytest.mark.django_db
UNKNOWN = Invocation.Status.UNKNOWN

REJECTED = {
    "success": False,
    "status": 400,
    "message": None,
    "errors": ["Workflow Instance [x] is not published."],
    "executionStatus": "REJECTED",
}
DUPLICATE = REJECTED | {"errors": ["Request ID [x] has already been submitted."]}
ACCEPTED = {
    "success": True,
    "status": 202,
    "message": "Request accepted",
    "workflowInvocationId": "4xU9",
    "executionStatus": "ACCEPTED",
}


def deliver(invocation, **kwargs):
    assert sending_deliver.deliver(invocation.pk, **kwargs)
    invocation.refresh_from_db()
    return invocation


def outcomes(invocation):
    return list(invocation.attempts.order_by("number").values_list("outcome", flat=True))


# --- the practice pod's answers -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "status", "reason", "outcome", "http_status"),
    [
        ("202", "accepted", "accepted", "accepted", 202),
        ("200", "accepted", "accepted", "accepted", 202),
        ("400", "rejected", "rejected", "rejected", 400),
        ("404", "rejected", "no_such_workflow", "rejected", 404),
        ("401", "held", "credentials", "refused", 401),
        ("301", "held", "redirect", "refused", 301),
        ("429", "queued", "asked_to_wait", "busy", 429),
        ("500", "unknown", "server_error", "doubtful", 500),
        ("502", "unknown", "server_error", "doubtful", 502),
        ("503", "unknown", "server_error", "doubtful", 503),
        ("299", "unknown", "unreadable", "doubtful", 202),
        ("298", "unknown", "broken_off", "doubtful", 202),
        ("499", "unknown", "broken_off", "doubtful", None),
        ("408", "unknown", "broken_off", "doubtful", None),
    ],
)
def test_each_answer_of_the_practice_pod(
    recorded, receiver, code, status, reason, outcome, http_status
):
    invocation = deliver(recorded(code))
    assert (invocation.status, invocation.reason, invocation.http_status) == (
        status,
        reason,
        http_status,
    )
    attempt = invocation.attempts.get()
    assert (attempt.outcome, attempt.reason, attempt.number, attempt.http_status) == (
        outcome,
        reason,
        1,
        http_status,
    )
    assert attempt.duration_ms is not None and attempt.api_key_last_four == "c0fe"
    assert (invocation.final_at is not None) == invocation.is_final
    assert invocation.lease_until is None
    assert len(receiver.received) == 1


def test_an_acceptance_keeps_what_kaleyra_says(recorded):
    invocation = deliver(recorded())
    assert len(invocation.workflow_invocation_id) == 22 and invocation.provider_timestamp.endswith(
        "Z"
    )
    assert (
        invocation.message == "Request accepted, execution will start soon"
        and invocation.errors == []
    )
    assert invocation.delivery == ""  # accepted is not delivered


def test_a_rejection_keeps_kaleyras_reason(recorded):
    assert deliver(recorded("400")).errors == [
        "Workflow Instance [00112233-4455-6677-8899-aabbccddeeff] is not published."
    ]


@pytest.mark.parametrize("code", ["502", "499", "408", "299", "298"])
def test_after_a_doubt_the_answer_that_the_id_was_used_confirms_the_first(recorded, receiver, code):
    invocation = deliver(recorded(code))
    assert invocation.status == "unknown"
    deliver(invocation, starting_from=UNKNOWN)
    assert (invocation.status, invocation.reason) == ("accepted", "confirmed_by_duplicate")
    assert outcomes(invocation) == ["doubtful", "rejected"]
    assert receiver.accepted == [str(invocation.request_id)] and len(receiver.received) == 2


def test_a_doubt_stays_one_as_long_as_nothing_settles_it(recorded, receiver):
    invocation = deliver(recorded("500"))
    deliver(invocation, starting_from=UNKNOWN)
    assert invocation.status == "unknown" and receiver.accepted == []


def test_every_attempt_posts_the_same_bytes(recorded, receiver):
    invocation = recorded("500")
    payload = invocation.payload.encode()
    deliver(invocation)
    deliver(invocation, starting_from=UNKNOWN)
    assert [request.body for request in receiver.received] == [payload, payload]


def test_it_reaches_the_workflow_with_the_key_and_nothing_else(recorded, receiver):
    deliver(recorded())
    request = receiver.received[0]
    assert (
        request.path
        == "/v1/HXPRACTICE01IN/workflow/v1/instances/00112233-4455-6677-8899-aabbccddeeff/invoke"
    )
    assert request.headers["api-key"] == "…c0fe" and "authorization" not in request.headers


# --- any answer -----------------------------------------------------------------------------------

IN_DOUBT = [
    (202, {}, "contradiction"),
    (202, ACCEPTED | {"requestId": "another"}, "another_request"),
    (202, ACCEPTED | {"success": False}, "contradiction"),
    (202, ACCEPTED | {"executionStatus": "REJECTED"}, "contradiction"),
    (202, b"", "unreadable"),
    (202, b"null", "unreadable"),
    (202, b"[]", "unreadable"),
    (200, ACCEPTED, "undocumented_status"),
    (400, b"<html>", "unreadable"),
    (400, REJECTED | {"requestId": "another"}, "another_request"),
    (400, ACCEPTED, "contradiction"),
    (409, {}, "in_progress"),
    (408, b"", "server_error"),
    (504, b"", "server_error"),
    (NoAnswer("timeout"), b"", "timeout"),
    (NoAnswer("too_slow"), b"", "too_slow"),
    (NoAnswer("broken_off"), b"", "broken_off"),
    (RuntimeError("a fault of ours"), b"", "internal"),
]


@pytest.mark.parametrize(("status", "content", "reason"), IN_DOUBT)
def test_what_settles_nothing_is_unknown(recorded, kaleyra_says, status, content, reason):
    kaleyra_says(status, content)
    invocation = deliver(recorded())
    assert (invocation.status, invocation.reason) == ("unknown", reason) and outcomes(
        invocation
    ) == ["doubtful"]


@pytest.mark.parametrize("reason", ["refused", "name", "connect_timeout", "proxy"])
def test_what_never_left_is_tried_again(recorded, kaleyra_says, reason):
    kaleyra_says(NotSent(reason))
    invocation = deliver(recorded())
    assert (invocation.status, invocation.reason) == ("queued", reason) and outcomes(
        invocation
    ) == ["not_sent"]
    assert timedelta(seconds=1) < invocation.due_at - timezone.now() <= timedelta(seconds=3)


@pytest.mark.parametrize("reason", ["certificate", "address", "key"])
def test_what_never_left_because_of_the_set_up_is_held(recorded, kaleyra_says, reason):
    kaleyra_says(NotSent(reason))
    invocation = deliver(recorded())
    assert (invocation.status, invocation.reason, invocation.due_at) == ("held", reason, None)


def test_a_refused_connection_is_tried_again(recorded, receiver):
    invocation = recorded()
    receiver.stop()
    assert deliver(invocation).reason == "refused" and invocation.status == "queued"


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_holds_the_message_and_is_noted_at_the_key(recorded, kaleyra_says, status):
    kaleyra_says(status)
    assert deliver(recorded()).status == "held"
    key = ApiKey.objects.get()
    assert key.last_refused_at and not key.last_accepted_at


@pytest.mark.parametrize("code", ["202", "400"])
def test_an_answer_of_the_workflow_shows_that_the_key_is_good(recorded, code):
    deliver(recorded(code))
    assert ApiKey.objects.get().last_accepted_at


@pytest.mark.parametrize("code", ["404", "500", "301", "499"])
def test_an_answer_of_just_anybody_shows_nothing_about_the_key(recorded, code):
    deliver(recorded(code))
    key = ApiKey.objects.get()
    assert not key.last_accepted_at and not key.last_refused_at


def test_without_a_key_it_is_held(recorded, receiver):
    invocation = recorded()
    ApiKey.objects.update(is_primary=False)
    assert (
        deliver(invocation).reason == "no_key"
        and invocation.status == "held"
        and not receiver.received
    )


def test_a_key_from_another_row_is_not_sent(recorded, receiver):
    invocation = recorded()
    stolen = encrypt("practice-somebody-elses", "invocations_apikey.key:another row")
    ApiKey.objects.update(key=ApiKey._meta.get_field("key").from_db_value(stolen, None, None))
    assert (
        deliver(invocation).reason == "unreadable_key"
        and invocation.status == "held"
        and not receiver.received
    )


def test_a_key_that_no_encryption_key_opens_is_not_sent(recorded, receiver, settings):
    invocation = recorded()
    settings.FIELD_ENCRYPTION_KEYS = ["bmV3LWtleS1uZXcta2V5LW5ldy1rZXktbmV3LWtleS0="]
    assert sending_deliver.deliver(invocation.pk)
    invocation = Invocation.objects.get()
    assert (
        invocation.reason == "unreadable_key"
        and invocation.status == "held"
        and not receiver.received
    )


def test_a_host_on_this_machine_is_not_reached_without_sandbox(recorded, receiver, settings):
    settings.SANDBOX = False
    invocation = deliver(recorded())
    assert invocation.status in {"held", "queued"} and not receiver.received


def test_a_host_that_is_no_host_gets_no_key(recorded, receiver):
    invocation = recorded()
    Pod.objects.filter(code="PRACTICE").update(api_domain="10.0.0.1")
    Pod.objects.filter(code="PRACTICE").update(
        api_domain="0.0.0.0:" + receiver.api_domain.partition(":")[2]
    )  # reaches this machine on Linux
    assert (
        deliver(invocation).reason == "address"
        and invocation.status == "held"
        and not receiver.received
    )


def test_what_was_held_goes_on_with_its_id_when_it_is_mended(recorded, receiver):
    invocation = recorded()
    ApiKey.objects.update(is_primary=False)
    deliver(invocation)
    ApiKey.objects.update(is_primary=True)
    assert not sending_deliver.deliver(
        invocation.pk, starting_from=Invocation.Status.HELD
    )  # the account is paused still
    pause.resume(invocation.account)
    assert expiry.release_held(timezone.now()) == 1
    deliver(invocation)
    assert invocation.status == "accepted" and receiver.accepted == [str(invocation.request_id)]


# --- waiting --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "seconds"), [("3", 3), ("1", 1), ("99999999", 3600), ("3600", 3600)]
)
def test_it_waits_as_long_as_kaleyra_asked(recorded, kaleyra_says, asked, seconds):
    kaleyra_says(429, retry_after=asked)
    invocation = deliver(recorded())
    assert (
        timedelta(seconds=seconds - 2)
        < invocation.due_at - timezone.now()
        <= timedelta(seconds=seconds)
    )
    assert invocation.attempts.get().retry_after == seconds


def test_it_waits_until_the_date_kaleyra_named(recorded, kaleyra_says):
    kaleyra_says(
        429, retry_after=format_datetime(timezone.now() + timedelta(seconds=90), usegmt=False)
    )
    assert (
        timedelta(seconds=85) < deliver(recorded()).due_at - timezone.now() <= timedelta(seconds=90)
    )


@pytest.mark.parametrize("asked", ["", "abc", "-5", "1.5", "Thu, 01 Jan 2015 00:00:00 GMT"])
def test_it_waits_by_itself_where_kaleyra_asked_nothing_sensible(recorded, kaleyra_says, asked):
    kaleyra_says(429, retry_after=asked)
    assert (
        timedelta(seconds=1) < deliver(recorded()).due_at - timezone.now() <= timedelta(seconds=3)
    )


def test_it_waits_at_least_a_second(recorded, kaleyra_says):
    kaleyra_says(429, retry_after="0")
    assert timedelta(0) < deliver(recorded()).due_at - timezone.now() <= timedelta(seconds=1)


def test_waits_grow_are_spread_and_stay_in_bounds():
    for number in range(1, 40):
        least, most = min(60, 2**number), min(60, 1.5 * 2**number)
        waits = [store_outcome._wait(number, None).total_seconds() for _ in range(250)]
        assert least <= min(waits) and max(waits) <= most and (least == 60 or len(set(waits)) > 100)


# --- after a doubt --------------------------------------------------------------------------------


@pytest.fixture
def doubtful(recorded, kaleyra_says):
    """An invocation whose first attempt may have got in."""
    kaleyra_says(NoAnswer("timeout"))
    return deliver(recorded())


@pytest.mark.parametrize(
    ("status", "content"),
    [
        (400, REJECTED),
        (404, b""),
        (401, b""),
        (301, b""),
        (429, b""),
        (503, b""),
        (NotSent("refused"), b""),
        (NotSent("certificate"), b""),
        (NoAnswer("timeout"), b""),
        (400, DUPLICATE | {"requestId": "another"}),
        (409, DUPLICATE | {"requestId": "another"}),
        (400, DUPLICATE | {"success": True, "executionStatus": "ACCEPTED"}),
    ],
)
def test_after_a_doubt_nothing_but_an_acceptance_settles_it(
    doubtful, kaleyra_says, status, content
):
    kaleyra_says(status, content)
    deliver(doubtful, starting_from=UNKNOWN)
    assert doubtful.status == "unknown"


@pytest.mark.parametrize("http_status", [400, 409])
def test_after_a_doubt_the_duplicates_answer_settles_it(doubtful, kaleyra_says, http_status):
    kaleyra_says(http_status, DUPLICATE)
    assert (
        deliver(doubtful, starting_from=UNKNOWN).reason == "confirmed_by_duplicate"
        and doubtful.status == "accepted"
    )


def test_after_a_doubt_an_acceptance_settles_it(doubtful, kaleyra_says):
    kaleyra_says(202, ACCEPTED)
    assert (
        deliver(doubtful, starting_from=UNKNOWN).status == "accepted"
        and doubtful.workflow_invocation_id == "4xU9"
    )


@pytest.mark.parametrize("http_status", [400, 409])
def test_a_used_id_without_a_doubt_of_ours_is_unknown(recorded, kaleyra_says, http_status):
    kaleyra_says(http_status, DUPLICATE)
    assert (
        deliver(recorded()).reason == "id_used_before"
        and Invocation.objects.get().status == "unknown"
    )


@pytest.mark.parametrize("meanwhile", [503, NoAnswer("timeout"), NotSent("refused")])
def test_an_id_that_somebody_used_before_us_is_never_confirmed_by_its_repetition(
    recorded, kaleyra_says, meanwhile
):
    kaleyra_says(400, DUPLICATE)
    invocation = deliver(recorded())
    kaleyra_says(meanwhile)
    assert deliver(invocation, starting_from=UNKNOWN).due_at is None
    kaleyra_says(400, DUPLICATE)
    assert (deliver(invocation, starting_from=UNKNOWN).status, invocation.reason) == (
        "unknown",
        "id_used_before",
    )


def test_nor_after_a_check_that_was_interrupted(recorded, kaleyra_says, account):
    kaleyra_says(400, DUPLICATE)
    invocation = deliver(recorded())
    assert sending_claim.claim_invocations(account, Invocation.objects.filter(status="unknown"), 1)
    expiry.settle_interrupted(timezone.now() + 2 * LEASE)
    invocation.refresh_from_db()
    assert (invocation.status, invocation.due_at) == ("unknown", None)
    assert deliver(invocation, starting_from=UNKNOWN).status == "unknown"


def test_why_it_is_unknown_does_not_change_to_nothing_left(doubtful, kaleyra_says):
    """Of the last attempt that is true, of the message it is not."""
    kaleyra_says(NotSent("refused"))
    deliver(doubtful, starting_from=UNKNOWN)
    assert (
        doubtful.reason == "earlier_attempt"
        and doubtful.attempts.order_by("-number")[0].reason == "refused"
    )


@pytest.mark.parametrize(
    ("status", "content"),
    [
        (400, DUPLICATE | {"workflowInvocationId": "of-the-repetition"}),
        (400, REJECTED | {"workflowInvocationId": "of-the-repetition"}),
    ],
)
def test_the_id_of_a_refused_repetition_is_not_taken_for_the_messages(
    doubtful, kaleyra_says, status, content
):
    kaleyra_says(status, content)
    assert deliver(doubtful, starting_from=UNKNOWN).workflow_invocation_id == ""


def test_the_id_of_another_request_is_not_taken_for_the_messages(recorded, kaleyra_says):
    kaleyra_says(202, ACCEPTED | {"requestId": "another"})
    assert deliver(recorded()).workflow_invocation_id == ""


# --- who may deliver, and when --------------------------------------------------------------------


def test_nothing_is_sent_over_a_paused_account(recorded, account, receiver):
    invocation = recorded()
    account.is_paused = True
    account.save()
    assert not sending_deliver.deliver(invocation.pk)
    assert (
        not receiver.received
        and not Attempt.objects.exists()
        and Invocation.objects.get().status == "queued"
    )


@pytest.mark.parametrize("status", [s for s in Invocation.Status if s != "queued"])
def test_only_a_queued_row_is_delivered_unasked(recorded, receiver, status):
    invocation = recorded()
    Invocation.objects.update(status=status, lease_until=timezone.now())
    assert not sending_deliver.deliver(invocation.pk) and not receiver.received


def test_nothing_is_delivered_twice_in_a_row(recorded, receiver):
    invocation = deliver(recorded())
    assert not sending_deliver.deliver(invocation.pk) and not sending_deliver.deliver(
        invocation.pk, starting_from=UNKNOWN
    )
    assert len(receiver.received) == 1


def test_nothing_leaves_after_its_time(recorded, receiver):
    invocation = recorded()
    Invocation.objects.update(not_after=timezone.now())
    assert not sending_deliver.deliver(invocation.pk) and not receiver.received


def test_a_row_that_does_not_exist_is_not_delivered(db):
    assert not sending_deliver.deliver(1)


def test_a_clock_that_is_set_back_meanwhile_loses_no_answer(recorded, monkeypatch):
    invocation = recorded()
    true_now, invoke = timezone.now, KaleyraClient.invoke

    def and_the_clock_is_set_back(*args):
        reply = invoke(*args)
        monkeypatch.setattr(timezone, "now", lambda: true_now() - timedelta(hours=1))
        return reply

    monkeypatch.setattr(KaleyraClient, "invoke", and_the_clock_is_set_back)
    assert deliver(invocation).status == "accepted" and invocation.attempts.get().duration_ms >= 0


# --- what is awaited after it ---------------------------------------------------------------------


def test_a_result_is_awaited_once_a_workflow_that_reports_them_was_accepted(recorded, workflow):
    workflow.channels.update(delay_seconds=30)
    WorkflowInstance.objects.update(expects_callback=True)
    row = deliver(recorded("202"))
    assert row.delivery == "awaiting"
    assert row.result_due_at - row.final_at == timedelta(seconds=30 + 30) + RESULT_MARGIN


@pytest.mark.parametrize("code, reports", [("202", False), ("400", True)])
def test_nothing_is_awaited_from_a_workflow_that_reports_nothing_nor_after_a_refusal(
    recorded, code, reports
):
    WorkflowInstance.objects.update(expects_callback=reports)
    row = deliver(recorded(code))
    assert (row.delivery, row.result_due_at) == ("", None)


def test_refusals_of_a_kind_are_alike_whatever_id_they_name(recorded, kaleyra_says):
    for name in ("0cccf798-17b9-4a3f-9dad-f1aa00112233", "4THJKx9"):
        kaleyra_says(
            400,
            REJECTED
            | {"errors": [f"Workflow Instance [{name}] of 919876543202 is not published."]},
        )
        assert deliver(recorded()).error_kind == "Workflow Instance … of … is not published."


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("flow 4xU9cYRHxDmNVR1D not found", "flow xUcYRHxDmNVRDa not found"),
        ("id deadbeef is taken", "id 0cccf798-17b9-4a3f-9dad-f1aa00112233 is taken"),
        ("until 2026-11-27T04:27:26.123Z", "until 2026-11-27 04:27"),
        ("numbers 919876543202, 447700900123 are wrong", "numbers 919876543202 are wrong"),
        ("host 10.1.2.3:8080 is down", "host 10.1.2.44 is down"),
        ("code [12] [Asha]", "code [3]"),
    ],
)
def test_complaints_that_differ_by_ids_times_and_numbers_alone_are_of_one_kind(one, other):
    first, second = (
        redaction.error_kind({"errors": [text], "message": None}, []) for text in (one, other)
    )
    assert first == second


@pytest.mark.parametrize(
    "text",
    [
        "WhatsApp templateParams workflowInstanceId is missing",
        "Balance too low",
        "sendToWABA failed: INSUFFICIENT_FUNDS",
    ],
)
def test_words_of_a_complaint_are_kept(text):
    assert redaction.error_kind({"errors": [text], "message": None}, []) == text


def test_no_short_value_stays_in_the_kind_either():
    sends = [Send("919876543202", {"01": "Al", "02": 'An "old" one'})]
    text = json.dumps('Al: An "old" one is no value of Almond.')
    assert (
        redaction.error_kind({"errors": [text], "message": None}, sends)
        == '"… is no value of Almond."'
    )


@pytest.mark.parametrize(
    "evil",
    [
        "x" * 4096,
        "-" * 4096,
        "[" * 4096,
        "[x" * 2048,
        "…" * 4096,
        "1,,," * 1024,
        "1 " * 2048,
        "aB" * 2048,
    ],
)
def test_a_hostile_complaint_is_read_quickly(evil):
    begun = time.thread_time()
    redaction.error_kind({"errors": [evil], "message": None}, [])
    assert time.thread_time() - begun < 0.02


def test_what_was_claimed_and_handed_back_makes_no_later_try_wait_longer(
    recorded, kaleyra_says, account
):
    invocation = recorded()
    for _ in range(6):
        [claim] = sending_claim.claim_invocations(
            account, Invocation.objects.filter(pk=invocation.pk), 1
        )
        store_outcome.store_outcomes([(claim, posting.handed_back(claim))])
    kaleyra_says(NotSent("refused"))
    assert deliver(invocation).due_at < timezone.now() + timedelta(seconds=4)
    assert deliver(invocation).due_at > timezone.now() + timedelta(seconds=3)


def test_no_value_that_was_sent_stays_in_the_kind_of_a_refusal_for_it_stands_in_addresses(
    recorded, kaleyra_says
):
    kaleyra_says(400, REJECTED | {"errors": ["Asha is no value for a passcode."]})
    assert deliver(recorded()).error_kind == "… is no value for a passcode."
