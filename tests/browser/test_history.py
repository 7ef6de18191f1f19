"""The history: its side panel, selected rows, and polling."""

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from playwright.sync_api import expect

from invocations.kaleyra.payload import Send
from invocations.models import Invocation, SavedFilter, Settlement
from invocations.sending import decisions
from invocations.sending.record import record

from .steps import SENT

ENDS = [
    # All final: a screenshot during a refresh of the list would hold style attributes.
    {"status": "accepted", "delivery": "completed", "deciding_channel": 1},
    {"status": "accepted", "delivery": "completed", "deciding_channel": 2, "may_be_double": True},
    {"status": "accepted", "delivery": "no_result"},
    {
        "status": "rejected",
        "reason": "rejected",
        "error_kind": "workflow … is not published",
        "http_status": 400,
    },
    {"status": "unknown", "reason": "timeout"},
    {"status": "expired", "reason": "too_late"},
]


@pytest.fixture
def sixty(demo, meera):
    """Sixty messages, all of them final; the newest was delivered."""

    def recorded(number):
        sends = [Send(f"919876543{number:03}", values) for values in SENT.values()]
        return record(
            demo["Order delayed"],
            sends,
            request_id=uuid.uuid4(),
            created_by=meera,
            reference=f"CARE-{number}",
        )[0]

    rows = [recorded(number) for number in range(60)]
    for number, row in enumerate(reversed(rows)):
        ended = ENDS[number % len(ENDS)]
        Invocation.objects.filter(pk=row.pk).update(due_at=None, final_at=timezone.now(), **ended)
    return rows[::-1]


@pytest.fixture
def history(page, live_server, sign_in, meera):
    """history(query): the list, opened by Meera, who may settle as well."""
    meera.groups.add(Group.objects.get(name="Admin"))
    sign_in(page, meera)

    def history(query=""):
        page.goto(f"{live_server.url}/history/{query}")
        return page

    return history


def test_a_row_opens_beside_the_list_by_keyboard_and_closes_back_to_it(history, sixty, look, axe):
    page = history()
    link = page.locator(f"#row-{sixty[1].request_id}")
    link.focus()
    page.keyboard.press("Enter")
    drawer = page.get_by_role("complementary").filter(has=page.locator("#h-beside"))
    expect(drawer.get_by_role("heading", name="Order delayed to")).to_be_focused()
    expect(drawer.get_by_text(str(sixty[1].request_id))).to_be_visible()
    expect(page.locator("tr[aria-current]")).to_contain_text(sixty[1].recipient_hint)
    assert page.url.endswith("/history/") and axe(page) == []
    look(page, "history-beside")
    page.evaluate("document.documentElement.classList.add('dark')")
    look(page, "history-beside-dark")
    assert axe(page, ["color-contrast"]) == []
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)
    expect(link).to_be_focused()
    link.click()
    drawer.get_by_role("link", name="Open the page").click()
    page.wait_for_url(f"**/history/{sixty[1].request_id}/")


def test_on_a_phone_a_row_is_a_link_to_its_page(history, sixty):
    page = history()
    page.set_viewport_size({"width": 360, "height": 800})
    page.locator(f"#row-{sixty[0].request_id}").click()
    page.wait_for_url(f"**/history/{sixty[0].request_id}/")


def test_ticked_rows_are_settled_together_and_what_had_moved_on_is_said(history, sixty, axe, look):
    page = history()
    unknown = [row for row in sixty[:50] if Invocation.objects.get(pk=row.pk).status == "unknown"][
        :3
    ]
    expect(page.get_by_role("button", name="Record outcome")).to_be_hidden()
    for row in [*unknown, sixty[0]]:
        page.locator(f"#tick-{row.request_id}").check()
    expect(page.get_by_text("4 chosen")).to_be_visible()
    expect(page.get_by_role("button", name="Record outcome 3 of 4")).to_be_visible()
    expect(page.get_by_role("button", name="Send again 1 of 4")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_be_disabled()
    expect(page.get_by_text("Only what is queued or on hold can be cancelled.")).to_be_visible()
    look(page, "history-ticked")
    assert axe(page) == []
    page.get_by_role("button", name="Record outcome").click()
    expect(page.get_by_role("heading", name="3 to record")).to_be_visible()
    expect(page.get_by_text("1 is left out")).to_be_visible()
    expect(page.get_by_text("Its outcome is known.")).to_be_visible()
    assert axe(page) == []
    look(page, "ticked")
    decisions.settle(
        unknown[0], Settlement.Verdict.DELIVERED, "The customer called.", unknown[0].created_by
    )
    page.get_by_label("It was not delivered").check()
    page.get_by_label("How do you know?").fill("The customers were asked.")
    page.get_by_role("button", name="Record 3").click()
    expect(page.get_by_text("2 recorded, 1 had changed meanwhile.")).to_be_visible()
    expect(page.locator("[name=ids]:checked")).to_have_count(0)


def test_ticks_stay_while_one_pages_through_the_list_and_go_along(history, sixty):
    page = history()
    page.locator(f"#tick-{sixty[0].request_id}").check()
    page.locator(f"#tick-{sixty[4].request_id}").check()
    page.get_by_role("link", name="Older").click()
    page.locator(f"#tick-{sixty[58].request_id}").check()
    expect(page.get_by_text("3 chosen, 2 of them not on this page")).to_be_visible()
    page.get_by_role("link", name="Newer").click()
    expect(page.locator("[name=ids]:checked")).to_have_count(2)
    page.get_by_role("button", name="Record outcome 2 of 3").click()
    expect(page.get_by_role("heading", name="2 to record")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("3 chosen, 1 of them not on this page")).to_be_visible()
    history("?status=unknown")
    expect(page.locator("[name=ids]:checked")).to_have_count(0)
    page.go_back()
    page.get_by_role("button", name="Choose none").click()
    expect(page.locator(".ticked-bar")).to_be_hidden()


def test_the_list_refreshes_itself_with_its_ticks_and_stops_when_all_is_final(history, sixty):
    row = sixty[0]
    due = timezone.now() + timedelta(minutes=1)
    Invocation.objects.filter(pk=row.pk).update(
        delivery="awaiting", deciding_channel=None, result_due_at=due
    )
    page = history()
    page.locator(f"#tick-{sixty[3].request_id}").check()
    page.locator(f"#row-{sixty[4].request_id}").focus()
    Invocation.objects.filter(pk=row.pk).update(delivery="completed", deciding_channel=2)
    expect(page.locator(".rows tr[data-badge]").first).to_contain_text(
        "Delivered by SMS", timeout=15_000
    )
    expect(page.locator(f"#tick-{sixty[3].request_id}")).to_be_checked()
    expect(page.locator(f"#row-{sixty[4].request_id}")).to_be_focused()
    expect(page.locator("#rows[hx-trigger]")).to_have_count(0)


def test_history_in_its_states(history, sixty, meera, faults):
    SavedFilter.objects.create(
        person=meera, name="Unknown this week", query="status=unknown", is_shared=True
    )
    history()
    assert faults([""], "history") == {}
    page = history("?status=unknown&since=2020-01-01")
    page.get_by_text("Save these filters").click()
    assert faults([""], "history-saving") == {}
    assert faults(["/history/errors/", "/history/?status=expired&http=503"]) == {}
