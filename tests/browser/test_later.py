"""A message for later: chosen, reviewed, shown, changed and cancelled in a browser."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from invocations.models import Invocation

from .steps import fill_in, review


def opened(compose, workflow):
    """The send page, opened twice: the first page tells the console the browser's time zone."""
    compose(workflow)
    return compose(workflow)


def choose(page, clock, zone="customer"):
    """The day after tomorrow, so that no clock of this test is near it."""
    day = (timezone.now() + timedelta(days=2)).date().isoformat()
    page.get_by_label("Later").check()
    page.get_by_label("Day", exact=True).fill(day)
    page.get_by_label("Time", exact=True).fill(clock)
    page.get_by_label("Whose time").select_option(zone)


def test_day_and_time_stand_there_only_for_later(compose, demo):
    page = opened(compose, demo["Order delayed"])
    expect(page.get_by_label("Day", exact=True)).to_be_hidden()
    page.get_by_label("Later").check()
    expect(page.get_by_label("Day", exact=True)).to_be_visible()
    expect(page.get_by_label("Whose time")).to_have_value("Asia/Singapore")


def test_the_preview_says_what_time_it_is_where_the_customer_is(compose, demo):
    page = opened(compose, demo["Order delayed"])
    fill_in(page)
    choose(page, "09:00", "Asia/Singapore")
    expect(page.locator("#when-says")).to_contain_text("In India it is 06:30 then.")
    expect(page.locator("#preview")).to_contain_text("outside 08:00 to 21:00")


def test_the_button_leads_to_the_box_that_is_not_ticked(compose, demo, receiver):
    page = opened(compose, demo["Order delayed"])
    fill_in(page)
    choose(page, "23:00")
    review(page)
    press = page.get_by_role("button", name="Schedule 1 practice message for")
    press.click()
    box = page.get_by_label("I have checked: it should leave at this hour")
    expect(box).to_be_focused()
    assert not Invocation.objects.exists()
    box.check()
    press.click()
    page.wait_for_url("**/history/*/")
    expect(page.locator(".page-head .badge").first).to_contain_text("Scheduled")
    assert not receiver.received


@pytest.mark.parametrize("scripts", [True, False])
def test_it_is_scheduled_changed_and_cancelled(
    browser, live_server, demo, meera, sign_in_by_form, scripts
):
    page = browser.new_page(java_script_enabled=scripts, timezone_id="Asia/Singapore")
    sign_in_by_form(page, meera)
    page.goto(f"{live_server.url}/send/{demo['Order delayed'].pk}/")
    fill_in(page)
    choose(page, "12:00")
    review(page)
    page.get_by_role("button", name="Schedule 1 practice message for").click()
    page.wait_for_url("**/history/*/")
    expect(page.get_by_text("You can cancel it until")).to_be_visible()
    page.get_by_role("link", name="Change the time").click()
    page.get_by_label("Whose time").select_option("customer")
    page.get_by_label("Time", exact=True).fill("15:00")
    page.get_by_role("button", name="Change the time").click()
    expect(page.get_by_text("Time changed")).to_be_visible()
    page.get_by_role("button", name="Cancel it").click()
    expect(page.locator(".page-head .badge").first).to_contain_text("Cancelled")
    page.close()


def test_no_barrier_on_the_way(compose, demo, faults):
    page = opened(compose, demo["Order delayed"])
    fill_in(page)
    choose(page, "23:00")
    assert not faults([""], name="later-form")
    review(page)
    assert not faults([""], name="later-review")
    page.get_by_label("I have checked").check()
    page.get_by_role("button", name="Schedule 1 practice message for").click()
    page.wait_for_url("**/history/*/")
    assert not faults([""], name="later-message")
    page.get_by_role("link", name="Change the time").click()
    page.get_by_role("heading", name="Change the time", exact=True).wait_for()
    assert not faults([""], name="later-change")
