"""Trying again, checking and cancelling from one invocation's page."""

import pytest
from django.utils import timezone

from invocations.kaleyra.connection import NoAnswer
from invocations.models import Attempt, Invocation
from invocations.monitoring import sweep
from invocations.sending.deliver import deliver
from tests.views.history.invocation_page import page_of, text_of, try_again_button


@pytest.mark.parametrize("status", ["queued", "held"])
def test_trying_now_sends_once_and_with_the_same_request_id(priya, recorded, receiver, status):
    row = recorded()
    Invocation.objects.update(status=status)
    button = try_again_button(priya, row)
    button()
    assert receiver.accepted == [str(row.request_id)]
    assert "changed in the meantime. Nothing was sent." in button() and len(receiver.received) == 1
    row.refresh_from_db()
    assert row.status == "accepted"


def test_checking_safely_asks_once_with_the_same_bytes(priya, recorded, receiver):
    row = recorded("499")  # accepted, but the connection is reset
    deliver(row.pk)
    row.refresh_from_db()
    assert row.status == "unknown"
    try_again_button(priya, row)()
    row.refresh_from_db()
    assert (row.status, row.reason) == ("accepted", "confirmed_by_duplicate")
    assert receiver.accepted == [str(row.request_id)]
    assert len({request.body for request in receiver.received}) == 1


def test_an_unknown_outcome_stays_unknown_without_an_answer(priya, recorded, kaleyra_says):
    row = recorded()
    kaleyra_says(NoAnswer("timeout"))
    deliver(row.pk)
    try_again_button(priya, row)()
    row.refresh_from_db()
    assert row.status == "unknown" and row.attempts.count() == 2


def test_a_message_that_changed_since_the_page_was_shown_is_not_sent(priya, recorded, receiver):
    row = recorded()
    button = try_again_button(priya, row)
    Invocation.objects.update(status="held")
    assert "Nothing was sent" in button() and not receiver.received


@pytest.mark.parametrize(
    "status", ["accepted", "rejected", "sending", "expired", "cancelled", "nonsense", ""]
)
def test_no_other_status_can_be_tried_again(priya, recorded, receiver, status):
    row = recorded()
    if status in Invocation.Status.values:
        Invocation.objects.update(status=status, lease_until="2030-01-01T00:00Z")
    priya.post(f"/history/{row.request_id}/try-again/", {"status": status})
    assert not receiver.received and not Attempt.objects.exists()


def test_a_paused_account_sends_nothing(priya, recorded, receiver, account):
    row = recorded()
    button = try_again_button(priya, row)
    type(account).objects.update(is_paused=True)
    assert "The account Acme is paused. Nothing was sent." in button() and not receiver.received


def test_only_people_who_may_send_the_workflow_can_try_again(
    priya, rosa, recorded, receiver, workflow
):
    row = recorded()
    address = f"/history/{row.request_id}/try-again/"
    assert rosa.post(address, {"status": "queued"}).status_code == 403
    workflow.is_active = False
    workflow.save()
    assert priya.post(address, {"status": "queued"}).status_code == 403
    assert not [form for form in page_of(priya, row).forms if form.action.endswith("/try-again/")]
    assert not receiver.received


@pytest.mark.parametrize("status", ["queued", "held"])
def test_a_message_that_has_not_left_can_be_cancelled_and_is_never_sent(
    priya, recorded, receiver, status
):
    row = recorded()
    Invocation.objects.update(status=status)
    form = next(form for form in page_of(priya, row).forms if form.action.endswith("/cancel/"))
    html = priya.post(form.action, form.fields, follow=True).content.decode()
    assert "Cancelled. Nothing was sent" in html
    row.refresh_from_db()
    assert (row.status, row.cancelled_by, row.due_at) == ("cancelled", priya.person, None)
    assert row.final_at
    assert "priya cancelled it." in text_of(page_of(priya, row))
    Invocation.objects.update(due_at=timezone.now())
    assert sweep.run_once(2) == 0 and not receiver.received


@pytest.mark.parametrize("status", sorted(set(Invocation.Status) - {"queued", "held"}))
def test_no_other_status_can_be_cancelled(priya, recorded, status):
    row = recorded()
    Invocation.objects.update(status=status, lease_until="2030-01-01T00:00Z")
    html = priya.post(f"/history/{row.request_id}/cancel/", follow=True).content.decode()
    assert "could not be cancelled" in html and Invocation.objects.get().status == status
