"""Numbers that are not contacted, listed numbers and countries, by every way of sending."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from invocations.kaleyra.recipients import clean
from invocations.models import DoNotContact, Invocation, TrailRow
from invocations.sending import number_lists
from invocations.sending.deliver import deliver
from invocations.sending.record import NotSendable
from invocations.sending.schedule import change_time
from invocations.sending.unwanted import without_unwanted
from tests.limited import NUMBER, OTHER, limit, list_number, live_workflow, refusal, send
from tests.many import real_account

pytestmark = pytest.mark.django_db
Status = Invocation.Status


def test_a_listed_number_is_refused_and_others_are_not():
    workflow = live_workflow()
    list_number()
    assert refusal(workflow) == "do_not_contact"
    assert refusal(workflow, OTHER) == ""


def test_a_listed_number_is_refused_in_either_spelling():
    workflow = live_workflow()
    list_number("5531987654202")
    assert refusal(workflow, "553187654202") == "do_not_contact"


def test_the_number_of_the_second_channel_counts_as_the_first_does():
    workflow = live_workflow(kinds=("whatsapp", "sms"))
    waiting = send(workflow, OTHER, NUMBER)
    list_number()
    waiting.refresh_from_db()
    assert (waiting.status, waiting.reason) == (Status.CANCELLED, "do_not_contact")
    assert without_unwanted([waiting], timezone.now()) == []
    assert refusal(workflow, OTHER, NUMBER) == "do_not_contact"


def test_a_number_in_neither_form_stands_in_the_database():
    list_number()
    entry = DoNotContact.objects.get()
    assert NUMBER not in str(entry.__dict__) and entry.hint.endswith("3202")
    assert all(NUMBER not in row.facts for row in TrailRow.objects.all())


def test_what_is_sent_again_passes_the_gate_too():
    workflow = live_workflow()
    original = send(workflow)
    Invocation.objects.update(status=Status.REJECTED, reason="rejected", due_at=None)
    list_number()
    assert refusal(workflow, sent_again_from=original) == "do_not_contact"


def test_a_scheduled_message_gets_no_other_time_once_its_number_is_listed(ada):
    workflow = live_workflow()
    at = timezone.now() + timedelta(hours=5)
    scheduled = send(workflow, not_before=at)
    limit(countries="SG")
    with pytest.raises(NotSendable) as refused:
        change_time(scheduled, at + timedelta(hours=1), ada.person, acknowledged=[])
    assert refused.value.code == "country_not_allowed"


@pytest.mark.parametrize("status", Invocation.UNSENT)
def test_what_waits_for_a_number_is_cancelled_when_it_comes_on_the_list(status):
    waiting, other = send(workflow := live_workflow()), send(workflow, OTHER)
    Invocation.objects.update(status=status)
    list_number()
    waiting.refresh_from_db()
    other.refresh_from_db()
    assert (waiting.status, waiting.reason) == (Status.CANCELLED, "do_not_contact")
    assert waiting.final_at and waiting.due_at is None
    assert other.status == status


def test_about_a_listed_number_nobody_asks_kaleyra_again():
    asked = send(live_workflow())
    due = timezone.now() + timedelta(seconds=5)
    Invocation.objects.update(
        status=Status.UNKNOWN, due_at=due, doubtful_since=timezone.now(), doubt_count=1
    )
    list_number()
    asked.refresh_from_db()
    assert (asked.status, asked.due_at) == (Status.UNKNOWN, None)


def test_the_list_is_read_once_more_just_before_a_message_leaves():
    waiting = send(live_workflow())
    list_number()
    Invocation.objects.update(status=Status.QUEUED, due_at=timezone.now(), reason="")
    assert deliver(waiting.pk) is False
    waiting.refresh_from_db()
    assert (waiting.status, waiting.attempt_count) == (Status.CANCELLED, 0)


def test_a_held_message_is_not_tried_again_once_its_number_is_listed():
    held = send(live_workflow())
    list_number()
    Invocation.objects.update(status=Status.HELD, reason="credentials")
    assert deliver(held.pk, starting_from=Status.HELD) is False
    assert Invocation.objects.get().status == Status.CANCELLED


def test_only_rows_to_listed_numbers_are_taken_out_of_a_claim():
    rows = [send(workflow := live_workflow()), send(workflow, OTHER)]
    assert without_unwanted(rows, timezone.now()) == rows
    DoNotContact.objects.create(digest=rows[0].recipient_digest, hint="x", last_four="3202")
    assert without_unwanted(rows, timezone.now()) == rows[1:]


def test_practice_goes_to_listed_numbers(recorded):
    message = recorded()
    list_number("919876543202")
    assert recorded().pk and deliver(message.pk)


def test_each_unreadable_line_is_named_and_the_others_are_read():
    text = f"Phone, Name\n+91 98765 43202, Asha\n\n12\nhello\n{OTHER};x\n+919876543202\n"
    read = number_lists.read_lines(text)
    assert [number.digits for number in read.numbers] == [NUMBER, OTHER]
    assert [line for line, _why in read.bad] == [4, 5]


def test_to_add_and_to_remove_is_written_to_the_trail(ada):
    numbers = [clean(NUMBER), clean(OTHER)]
    first = number_lists.stop_contact(numbers, "complaint", ada.person)
    again = number_lists.stop_contact(numbers, "complaint", ada.person)
    assert (first.added, again.added, again.known) == (2, 0, 2)
    entry = DoNotContact.objects.get(last_four="3202")
    assert number_lists.allow_contact(entry, "wants it again", ada.person)
    assert not number_lists.allow_contact(entry, "wants it again", ada.person)
    rows = [
        (row.verb, json.loads(row.facts)["reason"])
        for row in TrailRow.objects.filter(verb__startswith="do_not_contact").order_by("pk")
    ]
    assert rows == [
        ("do_not_contact_added", "complaint"),
        ("do_not_contact_removed", "wants it again"),
    ]
    assert refusal(live_workflow()) == ""


def test_an_account_that_is_not_live_sends_to_its_list_alone(ada):
    workflow = live_workflow()
    number_lists.keep_to_list(workflow.account, ada.person)
    number_lists.list_numbers(workflow.account, [clean(NUMBER)], ada.person)
    number_lists.list_numbers(real_account("Another"), [clean(OTHER)], ada.person)
    assert refusal(workflow) == ""
    assert refusal(workflow, OTHER) == "not_listed"
    assert number_lists.let_account_go_live(workflow.account, ada.person)
    assert not number_lists.let_account_go_live(workflow.account, ada.person)
    assert refusal(workflow, OTHER) == ""


def test_countries_hold_for_the_console_or_for_an_account_instead():
    workflow = live_workflow()
    limit(countries="IN")
    assert refusal(workflow) == ""
    assert refusal(workflow, "6591234567") == "country_not_allowed"
    limit(workflow.account, countries="SG")
    assert refusal(workflow) == "country_not_allowed"


def test_a_number_that_somebody_types_as_a_reason_is_masked_in_the_trail(ada):
    number_lists.stop_contact([clean(NUMBER)], f"{OTHER} asked for it", ada.person)
    row = TrailRow.objects.get(verb="do_not_contact_added")
    assert "asked for it" in row.facts and OTHER not in row.facts
