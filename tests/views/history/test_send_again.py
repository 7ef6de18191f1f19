"""Sending ticked rows again: what arrived is left out, the gate decides, the button tells."""

import uuid

import pytest
from django.contrib.messages import get_messages
from django.utils import timezone

from invocations.kaleyra.payload import Send
from invocations.models import Account, Invocation
from invocations.sending import pause
from invocations.sending.record import record
from tests.reports import report
from tests.views.conftest import DIGITS
from tests.views.pages import Page, words_of

REASON = "The customer deleted it and asks for it."
ARRIVED = {
    "delivered": {"status": "accepted", "delivery": "completed", "deciding_channel": 1},
    "fell back": {"status": "accepted", "delivery": "completed", "deciding_channel": 2},
    "not confirmed": {"status": "accepted", "delivery": "completed", "deciding_channel": None},
    "no result": {
        "status": "accepted",
        "delivery": "no_result",
        "result_due_at": "2026-01-01T00:00Z",
    },
    "not reported": {"status": "accepted"},
    "settled as delivered": {"status": "accepted", "reason": "settled_delivered"},
    "maybe twice": {
        "status": "accepted",
        "delivery": "completed",
        "deciding_channel": 0,
        "may_be_double": True,
    },
}
NOT_ARRIVED = {
    "rejected": {"status": "rejected", "reason": "rejected"},
    "expired": {"status": "expired", "reason": "too_late"},
    "cancelled": {"status": "cancelled", "reason": "cancelled"},
    "failed": {"status": "accepted", "delivery": "completed", "deciding_channel": 0},
    "settled as not delivered": {"status": "rejected", "reason": "settled_not_delivered"},
}


@pytest.fixture
def row(workflow, priya):
    def row(**changes):
        sends = [Send(DIGITS, {"01": "Asha"})] * 2
        made = record(
            workflow,
            sends,
            request_id=uuid.uuid4(),
            created_by=priya.person,
            reference="CARE-7729",
            note="Second call this week",
        )[0]
        over = {"due_at": None, "final_at": timezone.now()}
        Invocation.objects.filter(pk=made.pk).update(**over | changes)
        return made

    return row


@pytest.fixture
def failed(row):
    """A row that is offered, so that the page does not go to the form of a single one."""
    return row(**NOT_ARRIVED["rejected"])


def looked_at(client, *rows):
    ids = [str(each.request_id) for each in rows]
    return client.post("/history/ticked/", {"action": "again", "ids": ids})


def form_of(answer):
    return Page(answer).form("confirmed")


def pressed(client, form):
    return client.post(form.action, form.fields)


def said_by(answer):
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def resent(*rows):
    return Invocation.objects.filter(sent_again_from__in=rows)


def tick(form, *rows, reason=REASON):
    chosen = form.fields.get("chosen", [])
    form.fields["chosen"] = [*chosen, *(str(each.request_id) for each in rows)]
    return form.fill(reason=reason)


@pytest.mark.parametrize("kind", ARRIVED)
def test_what_arrived_or_may_have_is_left_out_unless_ticked(priya, row, failed, kind):
    other = row(**ARRIVED[kind])
    form = form_of(looked_at(priya, failed, other))
    assert form["chosen"] == str(failed.request_id)
    answer = pressed(priya, form)
    assert resent(other).count() == 0 and resent(failed).count() == 1
    assert "1 left out: " in said_by(answer)


@pytest.mark.parametrize("kind", NOT_ARRIVED)
def test_what_certainly_did_not_arrive_is_chosen(priya, row, failed, kind):
    other = row(**NOT_ARRIVED[kind])
    form = form_of(looked_at(priya, failed, other))
    assert set(form["chosen"]) == {str(failed.request_id), str(other.request_id)}


def test_the_counts_are_said_with_their_reasons(priya, row, failed, background_sender):
    rows = [row(**ARRIVED["delivered"]), row(**ARRIVED["fell back"]), row(**ARRIVED["no result"])]
    awaited = row(status="accepted", delivery="awaiting", result_due_at="2030-01-01T00:00Z")
    page = looked_at(priya, failed, *rows, awaited)
    said = words_of(page)
    assert "1 can be sent again" in said and "3 may have arrived, left out" in said
    assert "1 cannot be sent again here" in said and "Its result is still awaited." in said
    assert "Send 1 message again" in said
    assert said_by(pressed(priya, form_of(page))) == (
        "1 leaves again within half a minute. 2 left out: delivered. "
        "1 left out: may have arrived. 1 left out: cannot be sent again."
    )


def test_a_ticked_one_needs_a_reason_and_the_button_counts_it_first(priya, row, failed):
    other = row(**ARRIVED["delivered"])
    form = form_of(looked_at(priya, failed, other))
    without = pressed(priya, tick(form, other, reason=""))
    assert "Fill this in" in without.content.decode() and not resent(other, failed)
    anew = pressed(priya, form.fill(reason=REASON))
    assert "Nothing was sent yet." in words_of(anew) and not resent(other, failed)
    assert "Send 2 messages again" in words_of(anew) or "Queue 2 messages again" in words_of(anew)
    pressed(priya, form_of(anew))
    assert resent(other).count() == 1 == resent(failed).count()


def test_ticket_and_note_go_along_and_the_reason_is_kept_with_the_note(priya, row, failed):
    other = row(**ARRIVED["delivered"])
    form = form_of(pressed(priya, tick(form_of(looked_at(priya, failed, other)), other)))
    pressed(priya, form)
    fresh, plain = resent(other).get(), resent(failed).get()
    assert fresh.reference == plain.reference == "CARE-7729"
    assert plain.note == "Second call this week"
    assert fresh.note == f"Second call this week\nSent again: {REASON}"


def test_ticket_and_note_stand_in_the_form_that_sends_one_again(priya, failed, workflow):
    form = Page(priya.get(f"/send/{workflow.pk}/?again={failed.request_id}")).form("review")
    assert (form["reference"], form["note"]) == ("CARE-7729", "Second call this week")


def test_one_delivered_row_alone_is_asked_about_too(priya, row):
    one = row(**ARRIVED["delivered"])
    page = looked_at(priya, one)
    assert page.status_code == 200 and "1 was delivered, left out" in words_of(page)
    assert "Choose at least one message." in words_of(pressed(priya, form_of(page)))
    assert not resent(one)


def test_unticking_everything_sends_nothing(priya, row, failed):
    form = form_of(looked_at(priya, failed, row(**NOT_ARRIVED["expired"])))
    del form["chosen"]
    assert "Choose at least one message." in words_of(pressed(priya, form))
    assert not Invocation.objects.filter(sent_again_from__isnull=False)


def test_a_delivery_reported_after_the_page_was_shown_is_not_sent_again(priya, row, failed):
    other = row(status="accepted", delivery="completed", deciding_channel=0)
    form = form_of(looked_at(priya, failed, other))
    report(other, "FAILED", "DELIVERED")
    answer = pressed(priya, form)
    assert not resent(other), said_by(answer)


def test_a_forged_post_without_a_tick_of_that_row_is_refused_by_the_gate(priya, row, failed):
    other = row(**ARRIVED["delivered"])
    ids = [str(failed.request_id), str(other.request_id)]
    deed = str(uuid.uuid4())
    fields = {"action": "again", "ids": ids, "confirmed": "1", "deed": deed, "chosen": ids}
    for reason in ("", REASON):
        priya.post("/history/ticked/", fields | {"reason": reason, "promise": "forged"})
    assert not resent(other, failed)


def test_while_sending_is_stopped_the_button_queues(priya, row, failed, background_sender):
    other = row(**NOT_ARRIVED["expired"])
    pause.stop_everything("wrong price", None)
    page = looked_at(priya, failed, other)
    assert "Queue 2 messages again" in words_of(page)
    assert "Sending is stopped, so nothing leaves now." in words_of(page)
    assert said_by(pressed(priya, form_of(page))) == "2 are queued and wait."


def test_without_a_sender_it_is_not_said_that_they_leave(priya, row, failed):
    page = looked_at(priya, failed, row(**NOT_ARRIVED["expired"]))
    assert "the background sender is not running" in words_of(page)
    assert "within half a minute" not in said_by(pressed(priya, form_of(page)))


@pytest.mark.parametrize("stopped_first", [True, False])
def test_a_change_between_looking_and_pressing_shows_the_page_anew(
    priya, row, failed, background_sender, stopped_first
):
    other = row(**NOT_ARRIVED["expired"])
    if stopped_first:
        Account.objects.update(is_paused=True)
    form = form_of(looked_at(priya, failed, other))
    Account.objects.update(is_paused=not stopped_first)
    anew = pressed(priya, form)
    assert "Nothing was sent. In the meantime something has changed" in words_of(anew)
    assert ("Send" if stopped_first else "Queue") + " 2 messages again" in words_of(anew)
    assert not resent(failed, other)
