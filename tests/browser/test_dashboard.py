"""The homes on a busy day, with problems, with practice alone, and when empty."""

import random
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone
from playwright.sync_api import expect

from invocations.models import Account, ApiKey, Heartbeat, Incident, Invocation
from invocations.sending import pause, rate_limit
from tests.many import messages, real_account, workflow_of


def random_message(made, hours, reports):
    """The columns of one message of the last `hours`; `made` is a random generator."""
    at = timezone.now() - timedelta(hours=hours * made.random())
    roll = made.random()
    done = {"created_at": at, "final_at": at}
    if roll < 0.03:
        kinds = ["Recipient … is not a valid number", "Workflow Instance … is not published."]
        return {**done, "status": "rejected", "error_kind": made.choice(kinds)}
    accepted = {**done, "status": "accepted"}
    if not reports:
        return accepted
    due = {**accepted, "result_due_at": at + timedelta(minutes=2)}
    result_at = at + timedelta(seconds=made.randint(4, 70))
    completed = {**due, "delivery": "completed", "result_at": result_at}
    if roll < 0.65:
        return {**completed, "deciding_channel": 1}
    if roll < 0.88:
        return {**completed, "deciding_channel": 2, "may_be_double": roll > 0.85}
    return [
        completed,
        {**completed, "deciding_channel": 0},
        {**due, "delivery": "awaiting"},
        {**due, "delivery": "no_result"},
    ][int(roll * 1000) % 4]


@pytest.fixture
def busy(meera):
    """Eleven hours with two workflows that report results, and one that does not."""
    account, made, now = real_account(), random.Random(7), timezone.now()
    rows = []
    for title, count, hours, reports in [
        ("Order delayed", 180, 11, True),
        ("Appointment reminder for the day after tomorrow", 60, 9, True),
        ("Refund confirmed", 40, 200, False),
    ]:
        workflow = workflow_of(account, title, expects_callback=reports)
        of_it = [random_message(made, hours, reports) for _ in range(count)]
        for status, minutes in [("unknown", 9), ("held", 80)]:
            of_it.append({"status": status, "created_at": now - timedelta(minutes=minutes)})
        rows += [{"workflow_instance": workflow, **row} for row in of_it]
    messages(workflow, rows)
    return account


@pytest.fixture
def reviewer(live_server, db):
    person = User.objects.create_user("rosa", first_name="Rosa", is_staff=True)
    person.groups.set(Group.objects.filter(name="Reviewer"))
    return person


def test_a_busy_day(page, reviewer, busy, sign_in, faults, live_server):
    Heartbeat.objects.create(pk=1, at=timezone.now())
    sign_in(page, reviewer)
    assert faults(["/"], "home-reviewer") == {}
    page.goto(f"{live_server.url}/?days=1")
    for summary in page.locator("#state summary").all():
        if summary.is_visible():
            summary.click()
    expect(page.get_by_role("table", name="Rates by time")).to_be_visible()
    assert faults([""], "home-reviewer-open") == {}
    page.get_by_role("link", name="7 days").click()
    expect(page.get_by_role("heading", name="Last 7 days")).to_be_visible()
    page.get_by_text("All counts of this time").click()
    page.locator(".care").get_by_role("link", name="Rejected").click()
    here = timezone.now().astimezone(ZoneInfo("Asia/Singapore"))  # the zone of the browser
    week = here - timedelta(days=6)
    expect(page).to_have_url(f"{live_server.url}/history/?status=rejected&since={week:%Y-%m-%d}")


def test_with_trouble(page, admin_user, busy, sign_in, faults):
    now = timezone.now()
    workflow = busy.workflow_instances.get(title="Order delayed")
    common = {"account": busy, "opened_at": now - timedelta(minutes=12), "last_at": now}
    Incident.objects.create(
        kind="refusals",
        workflow_instance=workflow,
        reason="Workflow Instance … is not published.",
        count=7,
        **common,
    )
    Incident.objects.create(kind="no_results", workflow_instance=workflow, count=4, **common)
    Incident.objects.create(kind="unreachable", closed_at=now, **common)
    Heartbeat.objects.create(pk=1, at=now - timedelta(hours=1))
    messages(workflow, [{"status": "queued", "due_at": now - timedelta(minutes=30)}])
    Account.objects.create(
        title="Kaveri Europe",
        pod=busy.pod,
        sid="HX99EU",
        is_paused=True,
        paused_because="credentials",
    )
    sign_in(page, admin_user)
    assert faults(["/"], "home-admin") == {}
    said = "7 messages rejected for one reason: Order delayed"
    expect(page.get_by_role("heading", name=said)).to_be_visible()
    said = "Queued messages are not leaving: the background sender is not running"
    expect(page.get_by_role("heading", name=said)).to_be_visible()


def test_with_many_pauses_and_incidents(page, admin_user, busy, sign_in, faults, live_server):
    now = timezone.now()
    workflow = busy.workflow_instances.get(title="Order delayed")
    for n, because in enumerate(("credentials", "certificate", "no_key")):
        account = real_account(f"Kaveri {n}")
        if because != "no_key":
            ApiKey.objects.create(account=account, title="console", key="k" * 20, is_primary=True)
        messages(
            workflow_of(account, "Order delayed"),
            [{"status": "held", "reason": because}, {"status": "queued"}],
        )
        rate_limit.update_from_attempts(account, [(because, None)])
    pause.pause_workflow(workflow.pk, "no_such_workflow")
    for kind in ("refusals", "unknown", "no_results"):
        Incident.objects.create(
            kind=kind, account=busy, workflow_instance=workflow, opened_at=now, last_at=now, count=3
        )
    sign_in(page, admin_user)
    assert faults(["/needs-you/"], "needs-you") == {}
    page.goto(f"{live_server.url}/needs-you/")
    rows = page.locator(".needs > li")
    paused = page.locator(".needs h4").filter(has_text="is paused")
    expect(paused).to_have_count(4)
    row = rows.filter(has_text="The workflow Order delayed is paused")
    row.get_by_role("button", name="Resume the workflow").click()
    expect(page.get_by_text("Order delayed is resumed.")).to_be_visible()
    expect(paused).to_have_count(3)


def test_before_the_first_message_one_press_leads_to_its_review(
    page, admin_user, demo, sign_in, faults, live_server
):
    sign_in(page, admin_user)
    assert faults(["/"], "home-first-run") == {}
    page.goto(live_server.url)
    page.get_by_role("button", name="Try it").click()
    page.get_by_role("button", name="Send 1").click()
    page.wait_for_url("**/history/*/")
    assert Invocation.objects.count() == 1


def test_the_home_of_support(page, meera, demo, busy, sign_in, faults, live_server):
    flow = busy.workflow_instances.get(title="Order delayed")
    mine = {"created_by": meera, "status": "accepted"}
    messages(
        flow,
        [
            {**mine, "delivery": "completed", "deciding_channel": 2, "recipient_digest": "a"},
            {**mine, "delivery": "completed", "deciding_channel": 0, "recipient_digest": "b"},
        ],
    )
    Account.objects.filter(pk=busy.pk).update(is_paused=True, paused_reason="Stock-taking")
    sign_in(page, meera)
    assert faults(["/"], "home-support") == {}
    page.goto(live_server.url)
    star = page.get_by_role("button", name="Favourite: Refund confirmed")
    star.click()
    expect(star).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".flows .cover").first).to_have_text("Refund confirmed")
    page.get_by_role("button", name="Ask an admin").first.click()
    expect(page.get_by_text("You asked an admin on")).to_be_visible()
    page.locator(".needs").get_by_role("button", name="Done").click()
    expect(page.locator(".needs")).to_have_count(0)


def test_the_home_refreshes_itself_but_not_while_somebody_types(
    page, meera, demo, busy, sign_in, live_server
):
    messages(demo["Order delayed"], [{"created_by": meera}])
    sign_in(page, meera)
    page.goto(live_server.url)
    expect(page.locator(".lines > li")).to_have_count(1)
    fold = page.locator("#missing-workflow")
    fold.locator("summary").click()
    messages(demo["Order delayed"], [{"created_by": meera}])
    page.get_by_label("What should it tell customers?").fill("A recall")
    page.evaluate("document.getElementById('state').dispatchEvent(new Event('seen'))")
    page.wait_for_load_state("networkidle")
    expect(page.locator(".lines > li")).to_have_count(1)
    page.get_by_label("Find a customer or a message").fill("KF-20418")
    page.evaluate("document.getElementById('state').dispatchEvent(new Event('seen'))")
    expect(page.locator(".lines > li")).to_have_count(2)
    expect(fold).to_have_attribute("open", "")
    expect(page.get_by_label("Find a customer or a message")).to_have_value("KF-20418")
