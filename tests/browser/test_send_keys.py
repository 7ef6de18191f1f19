"""From an empty form to Sent by keyboard: few keys, and nothing to scroll."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from invocations.models import Heartbeat

from .steps import SENT, VALUES, sent_by

MOST_KEYS = 40
"""Keys beside the values themselves."""


class Keyboard:
    """Presses keys and counts them; what is typed into fields is not counted."""

    def __init__(self, page):
        self.page, self.pressed = page, 0

    def press(self, key):
        self.page.keyboard.press(key)
        self.pressed += 1

    def tab_to(self, element):
        for _ in range(MOST_KEYS):
            if element.evaluate("element => element === document.activeElement"):
                return
            self.press("Tab")
        raise AssertionError(f"Tab does not reach {element} with {MOST_KEYS} keys")


def test_from_the_empty_form_to_sent_with_few_keys(compose, demo, receiver):
    page = compose(demo["Order delayed"])
    keys = Keyboard(page)
    expect(page.get_by_label("Phone number").first).to_be_focused()
    page.keyboard.type("+91 98765 43202")
    for label, value in VALUES.items():
        keys.tab_to(page.get_by_label(label, exact=True).first)
        page.keyboard.type(value)
    keys.press("Enter")
    page.wait_for_url("**?review")
    # The link that skips the menu comes first.
    keys.press("Tab")
    keys.press("Enter")
    keys.tab_to(page.locator("#confirm [value=send]"))
    keys.press("Enter")
    page.wait_for_url("**/history/*/")
    body = sent_by(receiver)["input"]
    assert {name: send["templateParams"] for name, send in body.items()} == SENT
    assert keys.pressed <= MOST_KEYS


def test_all_fields_and_the_button_are_few_stops_apart(compose, demo):
    page = compose(demo["Order delayed"])
    keys = Keyboard(page)
    keys.tab_to(page.get_by_role("button", name="Review"))
    assert keys.pressed <= 10


@pytest.mark.parametrize("pressed", ["Enter", "Control+Enter"])
def test_enter_in_a_field_leads_to_the_review(compose, demo, pressed):
    page = compose(demo["Order delayed"])
    page.keyboard.type("+91 98765 43202")
    for label, value in VALUES.items():
        page.get_by_label(label, exact=True).first.fill(value)
    page.get_by_label("Note").press(pressed)
    page.wait_for_url("**?review")


@pytest.fixture
def sender(demo):
    """The background sender runs, so that no notice says otherwise."""
    Heartbeat.objects.create(pk=1, at=timezone.now())


@pytest.mark.parametrize("title", ["Order delayed", "One-time passcode"])
def test_form_message_and_bar_fit_the_window(compose, demo, sender, title):
    page = compose(demo[title])
    assert page.evaluate("document.documentElement.scrollHeight - innerHeight") == 0
    page.get_by_label("Phone number").first.fill("+91 98765 43202")
    expect(page.locator("#says")).to_contain_text("1 message to +91 98765 43202")
    assert page.evaluate("document.documentElement.scrollHeight - innerHeight") == 0
    for selector in ["#who", "#what", "#when", "#developers", "#preview", ".sticky-bar"]:
        box = page.locator(selector).bounding_box()
        assert box["y"] + box["height"] <= 900, selector
