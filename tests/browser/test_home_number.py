"""A number that is one of two countries: form and review offer the one at home."""

import pytest
from playwright.sync_api import expect

from .steps import at_both_widths, fill_in, review

BOTH = "6443094727"


@pytest.fixture
def indian(demo):
    account = demo["Order delayed"].account
    account.home_country = "IN"
    account.save()


@at_both_widths
def test_one_press_takes_the_number_at_home(compose, demo, indian, axe, look, width):
    page = compose(demo["Order delayed"])
    fill_in(page, BOTH)
    at_home = page.get_by_role("button", name="Take it as India: +91 64430 94727")
    expect(at_home).to_be_visible()
    assert not axe(page, None)
    look(page, f"home-number-form-{width}")
    review(page)
    expect(at_home).to_be_visible()
    assert not axe(page, None)
    look(page, f"home-number-review-{width}")
    at_home.click()
    expect(page.get_by_text("+91 64430 94727").first).to_be_visible()
    expect(at_home).to_have_count(0)
    assert BOTH not in page.url and "64430" not in page.url


def test_the_form_takes_it_and_says_what_reading_changed(compose, demo, indian, look):
    page = compose(demo["Order delayed"])
    fill_in(page, BOTH)
    page.get_by_role("button", name="Take it as India").click()
    number = page.get_by_label("Phone number").first
    expect(number).to_have_value("+91 64430 94727")
    expect(page.get_by_label("First name", exact=True).first).to_have_value("Asha")
    number.fill("098765 43210")
    expect(page.get_by_text("its country code 91 was put in front")).to_be_visible()
    look(page, "home-number-note-1440")
