"""From a call to the answer: search by an order number, the person's page, and a note."""

import uuid

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from invocations.kaleyra.payload import Send
from invocations.models import Invocation
from invocations.sending.record import record

from .steps import SENT, at_both_widths

ORDER = "KF-20418"
OVER = {"due_at": None, "final_at": timezone.now(), "status": "accepted"}


@pytest.fixture
def rows(demo, meera):
    """Two messages about one order to one phone: delivered by SMS, and not delivered."""

    def sent(channel):
        sends = [Send("918061234581", values) for values in SENT.values()]
        options = {"request_id": uuid.uuid4(), "created_by": meera, "reference": "CARE-7731"}
        row = record(demo["Order delayed"], sends, **options)[0]
        columns = OVER | {"delivery": "completed", "deciding_channel": channel}
        Invocation.objects.filter(pk=row.pk).update(**columns)
        return row

    return [sent(0), sent(2)]


@pytest.fixture
def home(page, meera, sign_in, live_server):
    sign_in(page, meera)
    page.goto(f"{live_server.url}/")
    return page


@at_both_widths
def test_two_actions_lead_from_any_page_to_what_happened_to_an_order(home, rows):
    asked = []
    home.on("request", lambda request: asked.append(request.url))
    home.keyboard.press("/")
    home.keyboard.type("kf-20418")
    home.keyboard.press("Enter")
    expect(home.get_by_text("2 messages with Order number “kf-20418”")).to_be_visible()
    home.get_by_role("link", name="4581").click()
    expect(home.get_by_role("heading", name="What was sent")).to_be_visible()
    expect(home.locator(".lines").get_by_text("delivered by SMS")).to_be_visible()
    assert not any("20418" in url or "80612" in url for url in asked)


def test_an_order_with_one_message_opens_it_at_once(home, rows):
    Invocation.objects.filter(pk=rows[0].pk).update(status="queued")
    rows[0].searchable_values.all().delete()
    home.get_by_label("Find a number, an order or a ticket").fill(ORDER)
    home.keyboard.press("Enter")
    home.wait_for_url(f"**/history/{rows[1].request_id}/")


def test_the_pages_of_the_story(home, rows, faults, live_server):
    person = f"/history/person/{rows[0].recipient_digest}/"
    note = f"/history/{rows[0].request_id}/note/"
    assert faults([person, note, f"/send/?person={rows[0].recipient_digest}"]) == {}
    home.goto(live_server.url + person)
    home.get_by_text("The messages", exact=True).first.click()
    expect(home.get_by_role("region", name="SMS message").first).to_be_visible()
    assert faults([""], "person-open") == {}
    home.get_by_role("button", name="CARE-7731").click()
    expect(home.get_by_text("2 messages with the ticket “CARE-7731”")).to_be_visible()
    assert faults([""], "history-found") == {}
    home.goto(f"{live_server.url}/find/")
    home.get_by_label("Number, order or ticket").fill(ORDER)
    home.keyboard.press("Enter")
    expect(home.locator(".found")).to_be_visible()
    assert faults([""], "found") == {}


def test_a_note_that_is_being_typed_survives_the_refresh_of_the_page(home, rows, live_server):
    columns = {"delivery": "awaiting", "deciding_channel": None, "result_due_at": timezone.now()}
    Invocation.objects.filter(pk=rows[1].pk).update(**columns)
    home.goto(f"{live_server.url}/history/{rows[1].request_id}/")
    note = home.get_by_label("Add a note")
    note.fill("Prefers a call")
    Invocation.objects.filter(pk=rows[1].pk).update(delivery="completed", deciding_channel=1)
    expect(home.get_by_text("Delivered on WhatsApp").first).to_be_visible()
    expect(note).to_have_value("Prefers a call")
    expect(note).to_be_focused()
    note.press_sequentially(" after 18:00.")
    home.get_by_role("button", name="Save note").click()
    expect(home.get_by_text("Your note is saved.")).to_be_visible()
    expect(home.get_by_text("Prefers a call after 18:00.")).to_be_visible()
