"""The confirmation: what it shows, what it asks, and that it starts once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from invocations.models import Batch, Pod, WorkflowInstance
from tests.views.batches.conftest import FAULTY, GOOD, csv_of, row_of


def page_of(browser, batch, query=""):
    return browser.get(f"/batches/{batch.uid}/confirm/{query}").content.decode()


def test_the_button_has_the_number_and_the_first_row_is_shown(priya, upload):
    page = page_of(priya, upload())
    assert "Send 3 practice messages" in page
    assert "Row 2 as the customer sees it" in page
    assert "Hello <mark>Asha</mark>" in page


def test_any_row_can_be_chosen(priya, upload):
    page = page_of(priya, upload(), "?row=4")
    assert "Row 4 as the customer sees it" in page
    assert "Hello <mark>Chi</mark>" in page


def test_pressing_starts_the_batch_once(priya, upload, confirm):
    batch = upload()
    confirm(batch)
    assert (batch.state, batch.started_by) == ("running", priya.person)
    started = batch.started_at
    response = priya.post(f"/batches/{batch.uid}/confirm/", {"shown": "x"}, follow=True)
    batch.refresh_from_db()
    assert batch.started_at == started
    assert "It was started already." in response.content.decode()


def test_a_number_that_has_changed_since_starts_nothing(priya, upload):
    batch = upload()
    response = priya.post(f"/batches/{batch.uid}/confirm/", {"shown": "3-0-", "says": "now"})
    batch.refresh_from_db()
    assert batch.state == Batch.State.CHECKED
    assert "the rows have just changed" in response.content.decode()


def test_rows_at_fault_keep_the_confirmation_closed(priya, upload):
    batch = upload(FAULTY)
    assert priya.get(f"/batches/{batch.uid}/confirm/").status_code == 302
    priya.post(f"/batches/{batch.uid}/confirm/", {"shown": "x"})
    batch.refresh_from_db()
    assert batch.state == Batch.State.CHECKED


def test_a_repeated_number_needs_a_tick_or_is_left_out(priya, upload, confirm):
    batch = upload(csv_of(row_of(40), row_of(40, "Bo")))
    assert "1 row repeats a number of an earlier row." in page_of(priya, batch)
    response = confirm(batch)
    assert batch.state == Batch.State.CHECKED
    assert "tick the box below first" in response.content.decode()
    confirm(batch, acknowledged="repeats:1")
    assert batch.state == Batch.State.RUNNING


def test_two_rows_to_one_number_are_not_called_two_people(priya, upload):
    batch = upload(csv_of(row_of(40), row_of(40, "Bo")))
    page = page_of(priya, batch)
    assert "2 messages</span>" in page and "2 people" not in page
    priya.post(f"/batches/{batch.uid}/check/?from=confirm", {"action": "leave-out:repeats"})
    assert "1 person</span>" in page_of(priya, batch)


def test_a_repeated_number_that_is_left_out_is_asked_about_no_more(priya, upload, confirm):
    batch = upload(csv_of(row_of(40), row_of(40, "Bo")))
    address = f"/batches/{batch.uid}/check/?from=confirm"
    priya.post(address, {"action": "leave-out:repeats"})
    assert "Send 1 practice message" in page_of(priya, batch)
    confirm(batch)
    assert (batch.state, batch.left_out) == ("running", 1)


def test_a_later_time_is_scheduled_with_zone_pace_and_last_time(priya, upload, confirm):
    batch = upload()
    day = (timezone.now() + timedelta(days=2)).date()
    fields = {"when": "later", "says": "later", "day": day, "time": "09:00", "zone": "UTC"}
    more = {"per_second": "2", "reference": "CARE-1", "until": "on", "last_day": day}
    confirm(batch, **fields, **more, last_time="20:00")
    assert batch.not_before.isoformat() == f"{day}T09:00:00+00:00"
    assert batch.not_after.isoformat() == f"{day}T20:00:00+00:00"
    assert (batch.per_second, batch.reference) == (2, "CARE-1")


def test_without_scripts_a_later_time_is_shown_on_the_button_first(priya, upload, confirm):
    batch = upload()
    day = (timezone.now() + timedelta(days=2)).date()
    fields = {"when": "later", "day": day, "time": "09:00", "zone": "UTC"}
    response = confirm(batch, **fields)
    assert batch.state == Batch.State.CHECKED
    assert "Schedule 3 practice messages for" in response.content.decode()
    confirm(batch, **fields, says="later")
    assert batch.state == Batch.State.RUNNING


def test_wrong_times_and_paces_are_told_at_their_fields(priya, upload, confirm):
    batch = upload()
    page = confirm(batch, per_second="99999").content.decode()
    assert "The account sends at most 10 per second." in page
    page = confirm(batch, until="on", last_day="2020-01-01", last_time="09:00").content.decode()
    assert "Choose a time after the one at which the first message leaves." in page
    assert batch.state == Batch.State.CHECKED


def test_a_workflow_that_was_changed_since_the_check_starts_nothing(priya, upload, confirm, typed):
    batch = upload(GOOD)
    typed.channels.filter(position=1).update(template_text="Hi {{1}}, {{2}} at {{3}}")
    response = confirm(batch)
    assert batch.state == Batch.State.CHECKED
    assert "Check the file again" in response.content.decode()


def test_a_live_batch_says_how_many_people_and_what_may_be_billed(priya, upload, typed):
    typed.account.pod = Pod.objects.get(code="IN")
    typed.account.save()
    WorkflowInstance.objects.filter(pk=typed.pk).update(stage="live")
    page = page_of(priya, upload())
    assert "3 real people." in page
    assert "Up to 6 messages are billed, if every WhatsApp needs its SMS." in page
    assert "Live: to a real customer" in page
    assert "Send 3 messages" in page


def test_a_file_that_was_sent_before_needs_a_tick(priya, upload, confirm):
    first, again = upload(name="monday.csv"), upload(name="tuesday.csv")
    confirm(first)
    priya.post(f"/batches/{again.uid}/check/?from=confirm", {"action": "recheck"})
    page = page_of(priya, again)
    assert "This very file was sent before:" in page
    assert f"/batches/{first.uid}/" in page
    confirm(again, acknowledged="lately:3")
    assert again.state == Batch.State.CHECKED
    confirm(again, acknowledged=["lately:3", f"same:{first.pk}"])
    assert again.state == Batch.State.RUNNING


def test_two_files_to_the_same_people_do_not_both_start_unasked(priya, upload, confirm):
    first, other = upload(), upload(csv_of(row_of(42), row_of(43)))
    confirm(first)
    page = confirm(other).content.decode()
    assert other.state == Batch.State.CHECKED
    assert "Since the check, this message was sent to people of this file" in page
    priya.post(f"/batches/{other.uid}/check/?from=confirm", {"action": "recheck"})
    assert "1 person was sent this message in the last 24 hours" in page_of(priya, other)
    confirm(other, acknowledged="lately:1")
    assert other.state == Batch.State.RUNNING


@pytest.mark.parametrize("place", ["check/", "confirm/", "check/rows/"])
def test_a_workflow_taken_from_the_page_meanwhile_is_told_of_and_not_a_missing_page(
    priya, upload, typed, place
):
    batch = upload()
    typed.is_active = False
    typed.save()
    response = priya.get(f"/batches/{batch.uid}/{place}", follow=True)
    assert response.status_code == 200
    assert "You may not send this workflow any more" in response.content.decode()


def test_why_nothing_was_sent_is_said_once(priya, upload, confirm, typed):
    batch = upload()
    page = priya.get(f"/batches/{batch.uid}/confirm/")
    channel = typed.channels.first()
    channel.template_text += " Bye"
    channel.save()
    form = {"shown": page.context["shown"], "says": "now"}
    said = priya.post(f"/batches/{batch.uid}/confirm/", form).content.decode()
    assert said.count("Nothing was sent.") == 1
    assert said.count('value="recheck"') == 1
    assert 'id="blockers"' in said
