"""Where the focus is while a file is put right and watched, and what a screen reader is told."""

import re

from playwright.sync_api import expect

from invocations.batches.feed import feed_due
from invocations.models import Invocation
from invocations.sending.deliver import deliver
from tests.browser.test_batches import FAULTY, bar, file_of, opened, upload

__all__ = ["opened"]
ROWS = [f"9198765123{n},Asha,KF-{n},Tue 1 December" for n in range(40, 44)]


def started(page):
    upload(page, file_of(*ROWS))
    page.get_by_role("button", name="Send 4 practice messages").click()
    page.wait_for_url(re.compile("/batches/[0-9a-f-]{36}/$"))


def deliver_some(most):
    feed_due()
    for pk in Invocation.objects.filter(status="queued").values_list("pk", flat=True)[:most]:
        deliver(pk)


def test_what_is_to_be_put_right_has_the_focus(opened):
    upload(opened, FAULTY)
    summary = opened.locator("#errors")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("2 rows are ready, 2 not")


def test_rows_that_were_asked_for_are_not_left_for_the_summary(opened):
    upload(opened, FAULTY)
    opened.get_by_role("button", name=re.compile("^1 · First name")).click()
    opened.wait_for_url("**#to-correct")
    expect(opened.locator("#errors")).not_to_be_focused()


def test_a_link_whose_count_changes_keeps_the_focus(opened, receiver):
    started(opened)
    opened.get_by_role("link", name="Cancel the 4 left").focus()
    deliver_some(1)
    expect(opened.get_by_role("link", name="Cancel the 3 left")).to_be_focused()


def test_progress_is_announced_in_few_steps(opened, receiver):
    started(opened)
    said = opened.locator("#said")
    deliver_some(1)
    expect(said).to_contain_text("25 % done")
    deliver_some(4)
    expect(said).to_contain_text("100 % done")


def test_whoever_is_signed_out_is_told_before_the_upload_and_goes_on_after_it(
    opened, live_server, sign_in, meera
):
    page = opened
    page.set_input_files("#file", FAULTY)
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Check the file").click()
    error = page.get_by_role("alert")
    expect(error).to_contain_text("You have been signed out. The file you chose is still here")
    expect(error.get_by_role("link", name="Sign in")).to_have_attribute("target", "_blank")
    sign_in(page, meera)
    page.get_by_role("button", name="Check the file").click()
    page.wait_for_url("**/check/")


def test_on_a_phone_nothing_to_fill_in_lies_aside(opened):
    page = opened
    page.set_viewport_size({"width": 360, "height": 740})
    upload(page, FAULTY)
    for field in page.locator(".map-table select, .to-mend input").all():
        box = field.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 360
    expect(bar(page).get_by_role("button", name="Leave out 2 rows")).to_be_visible()
