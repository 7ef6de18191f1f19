"""The send form: errors that go once they are mended, and values that follow the first channel."""

import pytest
from playwright.sync_api import expect

from .steps import at_both_widths, fill_in, review


def number(page):
    return page.get_by_label("Phone number").first


def test_an_error_goes_once_the_value_is_right(compose, demo):
    page = compose(demo["Order delayed"])
    number(page).fill("080612")
    page.get_by_role("button", name="Review").click()
    expect(number(page)).to_be_focused()
    summary = page.locator("#errors")
    expect(summary.get_by_role("listitem")).to_have_count(4)
    number(page).fill("+91 98765 43202")
    expect(page.locator("#id_recipient_error")).to_have_count(0)
    expect(number(page)).not_to_have_attribute("aria-invalid", "true")
    expect(summary.get_by_text("Phone number")).to_be_hidden()
    fill_in(page)
    expect(summary).to_be_hidden()
    review(page)


def test_an_error_is_told_once_a_field_was_left_and_never_before(compose, demo):
    page = compose(demo["Order delayed"])
    number(page).press_sequentially("0806", delay=40)
    expect(page.get_by_label("WhatsApp message")).to_contain_text("Order")
    expect(page.locator(".error")).to_have_count(0)
    number(page).press("Tab")
    error = page.locator("#id_recipient_error")
    expect(error).to_contain_text("Write the country code")
    expect(number(page)).to_have_attribute("aria-invalid", "true")
    assert "id_recipient_error" in number(page).get_attribute("aria-describedby")
    expect(page.locator(".error")).to_have_count(1)  # the values were not filled in yet


def test_unticked_the_sms_starts_from_the_first_values_and_follows_them(compose, demo):
    page = compose(demo["Order delayed"])
    fill_in(page)
    page.get_by_text("Different for the SMS").click()
    page.get_by_label("Same values for both channels").click()
    name, order = page.get_by_label("First name in the SMS"), page.locator("#id_value2-02")
    expect(name).to_have_value("Asha")
    expect(order).to_have_value("KF-20418")
    name.fill("Ravi")
    page.get_by_label("Order number", exact=True).fill("KF-7")
    expect(order).to_have_value("KF-7")
    expect(page.get_by_label("SMS message")).to_contain_text("Hello Ravi, your order KF-7")
    expect(page.get_by_label("WhatsApp message")).to_contain_text("Hello Asha, your order KF-7")
    expect(page.locator("#different-says")).to_have_text("First name in the SMS")


def test_free_values_of_the_sms_start_from_the_first_ones(compose, plain):
    page = compose(plain)
    page.get_by_role("button", name="Add a value").first.click()
    expect(page.locator(".param-value")).to_be_focused()
    page.keyboard.type("Asha")
    page.get_by_text("Different for the SMS").click()
    page.get_by_label("Same values for both channels").click()
    expect(page.locator("#editor-params2 .param-value")).to_have_value("Asha")


@at_both_widths
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_open_parts_and_errors_have_no_barriers(compose, demo, axe, look, width, theme):
    page = compose(demo["Order delayed"])
    number(page).fill("080612")
    page.get_by_role("button", name="Review").click()
    for part in ("Another number for the SMS", "Different for the SMS", "For developers"):
        page.get_by_text(part).click()
    page.get_by_label("Same values for both channels").click()
    # axe measures what is in view: a field half under the bar at the bottom counts as too small.
    page.evaluate("scrollTo({top: document.documentElement.scrollHeight, behavior: 'instant'})")
    assert not axe(page, None)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    look(page, f"send-open-{theme}-{width}")


@pytest.mark.parametrize("width", [360])
def test_on_a_phone_the_message_opens_above_the_bar(compose, demo, width):
    page = compose(demo["Order delayed"])
    fill_in(page)
    expect(page.locator("#peek-line")).to_contain_text("Order KF-20418. Hello Asha")
    page.locator(".peek summary").click()
    expect(page.locator("#peek-phones")).to_contain_text("Hello Asha, your order KF-20418")
    box = page.get_by_role("button", name="Review").bounding_box()
    assert box["y"] + box["height"] <= 900
