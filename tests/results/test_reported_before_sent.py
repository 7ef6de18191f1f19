"""A result that names a message which waits to be sent holds it: it may have left already."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from invocations.history.actions import TRY_AGAIN
from invocations.models import Invocation
from invocations.monitoring.consistency import contradictions
from invocations.results import upkeep
from invocations.sending import expiry
from invocations.sending.deliver import deliver
from invocations.sending.dispatcher import Dispatcher
from tests.results.conftest import body, stored_delivery
from tests.sending.test_once import at_once
from tests.stored_results import store_result
from tests.views.history.invocation_page import page_of, words_on

pytestmark = pytest.mark.django_db(transaction=True)
WAITING = ["queued", "held"]
HELD_BACK = ("unknown", "reported_before_sent", None)


def state(invocation):
    invocation.refresh_from_db()
    return invocation.status, invocation.reason, invocation.due_at


def is_sent(invocation, receiver):
    """Whether any way of sending takes it."""
    Invocation.objects.filter(status="queued").update(due_at=timezone.now())
    for status in TRY_AGAIN:
        deliver(invocation.pk, starting_from=status)
    expiry.release_held(timezone.now())
    Dispatcher(lambda: 0, width=1).run(until_idle=True)
    return bool(receiver.received)


@pytest.mark.parametrize("status", WAITING)
def test_it_is_not_sent_and_waits_for_a_person(in_status, report, receiver, status):
    invocation = in_status(status, reason="credentials" if status == "held" else "")
    result = report("theirs", "READ", requestId=str(invocation.request_id))
    assert state(invocation) == HELD_BACK and invocation.final_at
    assert result.invocation == invocation and stored_delivery(invocation) == ""
    assert not is_sent(invocation, receiver)
    assert not list(contradictions())


def test_more_results_do_not_settle_it(in_status, report):
    invocation = in_status("queued")
    for code in ("TIMEOUT", "READ"):
        report("theirs", code, requestId=str(invocation.request_id))
    assert state(invocation) == HELD_BACK and invocation.callbacks.count() == 2


def test_a_result_by_the_id_that_an_answer_gave_holds_it_too(in_status, report):
    invocation = in_status("queued", workflow_invocation_id="A", reason="asked_to_wait")
    report("A", "DELIVERED")
    assert state(invocation) == HELD_BACK


@pytest.mark.parametrize("status", WAITING)
def test_a_report_that_the_flow_was_refused_holds_nothing(in_status, report, status):
    invocation = in_status(status)
    result = report("theirs", status="REJECTED", requestId=str(invocation.request_id))
    invocation.refresh_from_db()
    assert invocation.status == status and result.invocation is None


def test_a_result_that_names_another_message_or_account_holds_nothing(in_status, report):
    invocation = in_status("queued")
    other = in_status("accepted", workflow_invocation_id="B", reason="accepted")
    report("B", "READ", requestId=str(invocation.request_id))
    report("C", "READ", requestId="0f6da8f1-923d-4995-a274-4830d09d8287")
    invocation.refresh_from_db()
    assert invocation.status == "queued" and stored_delivery(other) == ""


def test_a_result_stored_before_holds_it_in_the_next_sweep(in_status, report):
    invocation = in_status("sending")
    result = report("theirs", "READ", requestId=str(invocation.request_id))
    assert result.invocation is None
    Invocation.objects.update(status="queued", lease_until=None)
    assert upkeep.retry_unmatched(timezone.now() + timedelta(minutes=1)) == 1
    assert state(invocation) == HELD_BACK


@pytest.mark.parametrize("time", range(8))
def test_it_is_either_sent_or_held_when_both_come_at_once(recorded, account, receiver, time):
    invocation = recorded()
    content = body("", "READ", requestId=str(invocation.request_id))
    deeds = [lambda: deliver(invocation.pk), lambda: store_result(account, content)]
    at_once(2, lambda: deeds.pop(time % len(deeds))())
    upkeep.retry_unmatched(timezone.now() + timedelta(minutes=1))
    was_held = state(invocation) == HELD_BACK
    assert len(receiver.received) == (0 if was_held else 1)
    assert was_held or (invocation.status, invocation.delivery) == ("accepted", "completed")


def test_its_page_says_why_and_offers_no_button_that_posts(in_status, report, priya, ada):
    invocation = in_status("queued")
    report("theirs", "READ", requestId=str(invocation.request_id))
    text = words_on(priya, invocation)
    assert "It may have left already" in text and "and tell an admin" in text
    assert "Result from Kaleyra" in text
    actions = [form.action for form in page_of(ada, invocation).forms]
    assert not any(action.endswith(("/try-again/", "/cancel/")) for action in actions)
    answer = ada.post(
        f"/history/{invocation.request_id}/settle/",
        {"verdict": "delivered", "reason": "She has it."},
    )
    assert answer.status_code == 302 and state(invocation)[1] == "settled_delivered"
    assert not list(contradictions())


def test_the_body_is_stored_as_it_came(in_status, report):
    invocation = in_status("queued")
    result = report("theirs", "READ", requestId=str(invocation.request_id))
    assert json.loads(result.body)["requestId"] == str(invocation.request_id)
    assert connection.in_atomic_block is False
