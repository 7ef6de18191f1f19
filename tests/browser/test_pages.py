"""Every page for staff, with rows and when empty: axe, both themes, a phone, 400 %."""

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.utils import timezone
from playwright.sync_api import expect

from invocations.kaleyra.payload import Send
from invocations.models import Account, Invocation, Preset, WorkflowInstance
from invocations.sending import pause
from invocations.sending.deliver import deliver
from invocations.sending.record import record

from .steps import SENT, fill_in, review


@pytest.fixture
def messages(demo, meera):
    """One message of each status, by status, and enough for a second page of the history."""
    workflow, account = demo["Order delayed"], demo["Order delayed"].account

    def recorded(code, **changes):
        sends = [Send(f"919876543{code}", values) for values in SENT.values()]
        options = {"request_id": uuid.uuid4(), "created_by": meera, "reference": f"CARE-{code}"}
        invocation = record(workflow, sends, **options)[0]
        Invocation.objects.filter(pk=invocation.pk).update(**changes)
        return invocation

    def delivered(code, *starting_from):
        invocation = recorded(code)
        for status in ("queued", *starting_from):
            assert deliver(invocation.pk, starting_from=status)
        pause.resume(account)  # some answers pause the account or make it wait
        pause.reset_rate_limit(account)
        return invocation

    over = {"due_at": None, "final_at": timezone.now()}
    for _ in range(46):
        recorded("202", status="accepted", **over)
    codes = {"accepted": "202", "rejected": "400", "queued": "429", "held": "301"}
    found = {status: delivered(code) for status, code in codes.items()}
    found["unknown"] = delivered("500", "unknown")
    found["sending"] = recorded(
        "202", status="sending", due_at=None, lease_until=timezone.now() + timedelta(hours=1)
    )
    found["expired"] = recorded("202", status="expired", reason="too_late", **over)
    for status, row in found.items():
        assert Invocation.objects.get(pk=row.pk).status == status
    return found


def test_the_pages_of_messages(page, meera, sign_in, messages, faults, live_server):
    sign_in(page, meera)
    # The pages of the other statuses differ from these only in colours that the list has too.
    assert (
        faults([f"/history/{messages[status].request_id}/" for status in ("rejected", "unknown")])
        == {}
    )
    # May see the history, but no values.
    reviewer = User.objects.create_user("reviewer", is_staff=True)
    reviewer.user_permissions.add(Permission.objects.get(codename="view_invocation"))
    page.context.clear_cookies()
    sign_in(page, reviewer)
    page.goto(f"{live_server.url}/history/{messages['accepted'].request_id}/")
    expect(page.get_by_role("link", name="Send again")).to_have_count(0)
    assert "KF-20418" not in page.content()
    assert faults([""], "without-values") == {}


def test_the_lists(page, admin_user, meera, sign_in, messages, faults, live_server):
    Account.objects.update(is_paused=True, paused_reason="Kaleyra refused its API key.")
    sign_in(page, meera)
    assert faults(["/", "/send/", "/history/?status=rejected&since=2020-01-01"]) == {}
    page.goto(f"{live_server.url}/history/")
    expect(page.locator(".rows tr[data-badge]")).to_have_count(50)
    page.get_by_role("link", name="Older").click()
    expect(page.locator(".rows tr[data-badge]")).to_have_count(3)
    page.locator(".filter-box summary").first.click()
    expect(page.get_by_role("button", name="Show", exact=True)).to_be_in_viewport()
    assert faults([""], "filters") == {}
    page.get_by_role("searchbox").fill("+91 98765 43400")
    page.keyboard.press("Enter")
    expect(page.locator(".rows tr[data-badge]")).to_have_count(1)
    assert "43400" not in page.url
    page.get_by_role("searchbox").fill("nothing of the kind")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing found.")).to_be_visible()
    assert faults([""], "nothing-found") == {}


def test_the_pages_before_anything_is_there(page, admin_user, meera, sign_in, faults):
    sign_in(page, admin_user)
    assert faults(["/", "/history/", "/send/"], "empty") == {}


def test_the_send_page_in_all_its_states(compose, demo, plain, meera, faults, page):
    preset = Preset.objects.create(
        workflow_instance=plain,
        title="Festival week",
        values='[{"1": "Asha", "10": "b", "2": "c"}, {}]',
    )
    compose(plain, f"?preset={preset.pk}")
    assert faults([""], "free-editor") == {}
    page.get_by_role("button", name="JSON").first.click()
    page.get_by_label("Values as JSON").wait_for()
    assert faults([""], "json") == {}
    compose(demo["Order delayed"])
    fill_in(page)
    page.get_by_label("New delivery day").first.fill("Thursday 26 November, before noon")
    page.get_by_text("Another number for the SMS").click()
    page.get_by_label("Same number").uncheck()
    page.get_by_label("Phone number").nth(1).fill("+91 98765 43203")
    page.get_by_text("Indian SMS rules allow 30").first.wait_for()
    assert faults([""], "send") == {}
    page.get_by_role("button", name="Review").click()
    page.locator("#errors").wait_for()
    assert faults([""], "send-errors") == {}
    compose(demo["Order delayed"])
    fill_in(page)
    review(page)
    page.locator("summary", has_text="Save these values").click()
    assert faults([""], "review") == {}


def test_the_page_of_texts_and_values(page, admin_user, demo, plain, sign_in, faults):
    sign_in(page, admin_user)
    assert (
        faults(
            [f"/workflows/{workflow.pk}/contract/" for workflow in (demo["Order delayed"], plain)]
        )
        == {}
    )
    there = f"/workflows/{plain.pk}"
    assert faults([f"{there}/test/", f"{there}/copy/", "/workflows/import/"]) == {}
    WorkflowInstance.objects.update(stage="draft")
    assert faults([f"{there}/contract/", f"{there}/live/"]) == {}
    # Of the pages of rights, those with the most of their own; what they share is looked at above.
    assert faults(["/approvals/", "/do-not-contact/", "/confirmations/"]) == {}


def test_the_pages_of_results_and_of_a_checked_key(
    page, admin_user, demo, sign_in, faults, live_server
):
    account = demo["Order delayed"].account
    sign_in(page, admin_user)
    there = f"/accounts/{account.pk}/results/"
    page.goto(live_server.url + there)
    page.get_by_role("button", name="Test it here").click()
    expect(page.get_by_text("The console takes a result at this address")).to_be_visible()
    page.get_by_role("button", name="Make a new address").click()
    page.get_by_role("button", name="End the old address").wait_for()
    page.get_by_text("Show the secret").click()
    assert faults([""], "rotated") == {}
    account.callback_addresses.all().delete()
    assert faults([there], "no-address") == {}
    page.goto(f"{live_server.url}/invocations/apikey/{account.primary_key.pk}/change/")
    page.get_by_role("button", name="Check this key").click()
    page.get_by_text("The key works.").wait_for()
    assert faults([""], "checked") == {}
