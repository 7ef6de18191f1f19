"""A file of recipients: uploaded, put right, confirmed and watched in a browser."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from invocations.batches.feed import feed_due
from invocations.models import Batch, Heartbeat, Invocation
from invocations.sending.deliver import deliver

HEADINGS = "Phone number,First name,Order number,New delivery day"


def file_of(*rows):
    return {
        "name": "delays.csv",
        "mimeType": "text/csv",
        "buffer": "\r\n".join([HEADINGS, *rows]).encode(),
    }


FAULTY = file_of(
    "919876512340,Asha,KF-1,Tue 1 December",
    "12,Bo,KF-2,Tue 1 December",
    "919876512342,,KF-3,Tue 1 December",
    "919876512343,Dev,KF-4,Tue 1 December",
)


@pytest.fixture
def opened(page, live_server, sign_in, meera, demo):
    """The upload page of the workflow "Order delayed", opened by Meera."""
    Heartbeat.objects.update_or_create(pk=1, defaults={"at": timezone.now()})
    sign_in(page, meera)
    page.goto(f"{live_server.url}/batches/new/?workflow={demo['Order delayed'].pk}")
    return page


def bar(page):
    return page.locator(".sticky-bar")


def upload(page, file):
    page.set_input_files("#file", file)
    page.get_by_role("button", name="Check the file").click()
    page.wait_for_url(re.compile("/batches/[0-9a-f-]{36}/(check|confirm)/"))


def test_a_file_is_uploaded_corrected_confirmed_and_watched(opened, receiver):
    page = opened
    upload(page, FAULTY)
    expect(page.get_by_role("heading", name="2 rows are ready, 2 not")).to_be_visible()
    page.get_by_label("Row 3, Phone number").fill("919876512341")
    page.get_by_label("Row 3, Phone number").press("Enter")
    expect(page.get_by_role("heading", name="3 rows are ready, 1 not")).to_be_visible()
    bar(page).get_by_role("button", name="Leave out 1 row").click()
    page.wait_for_url("**/confirm/")
    expect(page.get_by_label("WhatsApp message")).to_contain_text("Hello Asha")
    page.get_by_role("link", name="5", exact=True).click()
    expect(page.get_by_label("WhatsApp message")).to_contain_text("Hello Dev")
    page.get_by_role("button", name="Send 3 practice messages").click()
    page.wait_for_url(re.compile("/batches/[0-9a-f-]{36}/$"))
    expect(page.locator("#h-progress")).to_have_text("0 of 3 done")
    feed_due()
    for pk in Invocation.objects.values_list("pk", flat=True):
        deliver(pk)
    expect(page.locator("#h-progress")).to_have_text("3 of 3 done")
    assert len(receiver.accepted) == 3


def test_the_same_without_scripts(browser, live_server, demo, meera, sign_in_by_form, receiver):
    page = browser.new_page(java_script_enabled=False)
    sign_in_by_form(page, meera)
    page.goto(f"{live_server.url}/batches/new/")
    page.get_by_label("Workflow", exact=True).select_option(label="Order delayed (Practice)")
    page.get_by_role("button", name="Show its columns").click()
    page.set_input_files("#file", FAULTY)
    page.get_by_role("button", name="Check the file").click()
    page.get_by_label("Row 3, Phone number").fill("919876512341")
    page.get_by_label("Row 4, First name").fill("Chi")
    bar(page).get_by_role("button", name="Check again").click()
    page.get_by_role("button", name="Send 4 practice messages").click()
    expect(page.locator("#h-progress")).to_have_text("0 of 4 done")
    page.get_by_role("link", name="Cancel the 4 left").click()
    page.get_by_role("button", name="Cancel the 4 left").click()
    expect(page.locator(".page-head .badge").first).to_contain_text("Cancelled")
    assert Batch.objects.get().state == Batch.State.CANCELLED
    page.close()


def test_pasted_rows_and_a_file_that_is_missing(opened):
    page = opened
    page.get_by_role("button", name="Check the file").click()
    error = page.get_by_role("alert")
    expect(error).to_contain_text("Choose a file first, or paste the rows.")
    expect(error).to_be_focused()
    page.get_by_text("Paste the rows instead").click()
    page.get_by_label("Rows, with the headings first").fill(FAULTY["buffer"].decode())
    page.get_by_role("button", name="Check the file").click()
    page.wait_for_url("**/check/")


def test_changing_the_workflow_keeps_the_file(opened, demo):
    page = opened
    page.set_input_files("#file", FAULTY)
    page.get_by_label("Workflow", exact=True).select_option(label="One-time passcode (Practice)")
    expect(page.locator("#wanted")).to_contain_text("Passcode")
    page.get_by_role("button", name="Check the file").click()
    page.wait_for_url("**/check/")
    assert Batch.objects.get().workflow == demo["One-time passcode"]


def test_the_button_says_when(opened):
    page = opened
    upload(page, file_of("919876512340,Asha,KF-1,Tue 1 December"))
    page.get_by_label("Later").check()
    expect(page.get_by_role("button", name="Schedule 1 practice message")).to_be_visible()
    page.get_by_role("button", name="Schedule 1 practice message").click()
    page.wait_for_url(re.compile("/batches/[0-9a-f-]{36}/$"))
    expect(page.locator(".page-head .badge").first).to_contain_text("Scheduled")


def test_no_barriers_on_any_page_of_a_batch(opened, faults, live_server):
    page = opened
    upload(page, FAULTY)
    match = page.url.partition("/batches/")[2]
    uid = match.partition("/")[0]
    assert not faults(
        ["/batches/new/", f"/batches/{uid}/check/", f"/batches/{uid}/delete/", "/"], "batch-match"
    )
    page.goto(f"{live_server}/batches/{uid}/check/")
    page.get_by_role("button", name="Leave out 2 rows").click()
    page.wait_for_url("**/confirm/")
    assert not faults([f"/batches/{uid}/confirm/"], "batch-confirm")
    page.get_by_role("button", name="Send 2 practice messages").click()
    page.wait_for_url(re.compile("/batches/[0-9a-f-]{36}/$"))
    addresses = [f"/batches/{uid}/", f"/batches/{uid}/cancel/", "/batches/"]
    assert not faults(addresses, "batch-progress")
