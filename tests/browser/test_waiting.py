"""Pages while nothing leaves, the page that sends again, and a session that has ended."""

import uuid

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from invocations.kaleyra.payload import Send
from invocations.models import BrowserSession, Invocation
from invocations.sending import pause
from invocations.sending.record import record

from .conftest import PASSWORD
from .steps import SENT, fill_in, review

OVER = {"due_at": None, "final_at": timezone.now()}
STATES = [
    {"status": "rejected", "reason": "rejected"},
    {"status": "expired", "reason": "too_late"},
    {"status": "accepted", "delivery": "completed", "deciding_channel": 1},
    {"status": "accepted", "delivery": "no_result", "result_due_at": timezone.now()},
    {"status": "accepted", "delivery": "awaiting", "result_due_at": timezone.now()},
]


@pytest.fixture
def ticked(demo, meera):
    """A message in each state that counts when it is sent again."""
    for number, columns in enumerate(STATES):
        sends = [Send(f"91987654320{number}", values) for values in SENT.values()]
        options = {"request_id": uuid.uuid4(), "created_by": meera, "reference": f"CARE-{number}"}
        row = record(demo["Order delayed"], sends, **options)[0]
        Invocation.objects.filter(pk=row.pk).update(**OVER | columns)


def test_the_stop_page_before_and_after(page, admin_user, sign_in, demo, faults, live_server):
    sign_in(page, admin_user)
    page.goto(f"{live_server.url}/stop/")
    expect(page.get_by_text("What happens then")).to_be_visible()
    assert faults([""], "stop-before") == {}
    page.get_by_label("Why?").fill("Wrong price in the template")
    page.get_by_role("button", name="Stop all sending").click()
    expect(page.get_by_role("button", name="Resume all sending")).to_be_visible()
    assert faults([""], "stop-after") == {}


def test_while_stopped_the_review_queues(page, compose, demo, faults):
    pause.stop_everything("Wrong price in the template", None)
    compose(demo["Order delayed"])
    expect(page.get_by_text("Sending is stopped, so nothing leaves now.").first).to_be_visible()
    assert faults([""], "send-stopped") == {}
    fill_in(page)
    review(page)
    expect(page.get_by_role("button", name="Queue 1 practice message, expires")).to_be_visible()
    assert faults([""], "review-stopped") == {}
    page.get_by_role("button", name="Queue 1 practice message, expires").click()
    page.wait_for_url("**/history/*/")
    assert Invocation.objects.get().status == "queued"
    assert faults([""], "queued-stopped") == {}


def test_rows_are_sent_again_after_a_look(page, meera, sign_in, ticked, faults, live_server):
    sign_in(page, meera)
    page.goto(f"{live_server.url}/history/")
    boxes = page.locator("tbody [name=ids]")
    for n in range(len(STATES)):
        boxes.nth(n).check()
    page.locator("button[name=action][value=again]").click()
    expect(page.get_by_role("heading", name="Send again", exact=True)).to_be_visible()
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(2)
    assert faults([""], "send-again") == {}
    page.get_by_label("CARE-2").check()
    page.get_by_label("Why send it again").fill("The customer asks for it.")
    page.get_by_role("button", name="2 messages again").click()
    expect(page.get_by_role("button", name="3 messages again")).to_be_visible()
    page.get_by_role("button", name="3 messages again").click()
    expect(page.get_by_text("1 left out: may have arrived.")).to_be_visible()
    assert Invocation.objects.filter(sent_again_from__isnull=False).count() == 3


def test_a_session_that_ended_while_typing_loses_nothing(page, meera, compose, sign_in, demo):
    meera.set_password(PASSWORD)
    meera.save()
    sign_in(page, meera)
    compose(demo["Order delayed"])
    BrowserSession.objects.all().delete()
    fill_in(page)
    expect(
        page.get_by_text("You have been signed out. What you typed is still here.")
    ).to_be_visible()
    expect(page.locator("#preview")).not_to_contain_text("Password")
    page.get_by_role("button", name="Review").click()
    page.get_by_label("Username").fill("meera")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("What you typed is back. Nothing was sent.")).to_be_visible()
    expect(page.get_by_label("First name").first).to_have_value("Asha")
    review(page)
    expect(page.get_by_role("button", name="Send 1 practice message")).to_be_visible()
    assert "Asha" not in page.url


def test_a_wrong_method_is_explained_in_the_consoles_look(page, meera, sign_in, live_server, look):
    sign_in(page, meera)
    answer = page.goto(f"{live_server.url}/history/filters/")
    assert answer.status == 405
    expect(page.get_by_role("heading", name="This address is not a page")).to_be_visible()
    look(page, "wrong-method")
