"""The dashboard on a busy day, with problems, with practice accounts only, and when empty."""

import random
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from invocations.models import Account, ApiKey, Heartbeat, Incident
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


def test_a_busy_day(page, meera, busy, sign_in, faults, live_server):
    Heartbeat.objects.create(pk=1, at=timezone.now())
    sign_in(page, meera)
    assert faults(["/"], "dashboard-busy") == {}
    assert faults(["/?days=7"], "dashboard-week") == {}
    page.goto(live_server.url)
    page.get_by_text("Show as a table").click()
    expect(page.get_by_role("table", name="Messages by how they ended")).to_be_visible()
    page.get_by_role("link", name="7 days").click()
    expect(page.get_by_role("heading", name="7 days")).to_be_visible()
    page.locator(".care").get_by_role("link", name="Rejected").click()
    here = timezone.now().astimezone(ZoneInfo("Asia/Singapore"))  # the zone of the browser
    week = here - timedelta(days=6)
    expect(page).to_have_url(f"{live_server.url}/history/?status=rejected&since={week:%Y-%m-%d}")


def test_with_trouble(page, meera, busy, sign_in, faults):
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
    sign_in(page, meera)
    assert faults(["/"], "dashboard-trouble") == {}
    expect(
        page.get_by_role("heading", name="7 refusals of one kind: Order delayed")
    ).to_be_visible()
    said = "Queued messages are not leaving: the background sender has not run since"
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
    assert faults(["/"], "dashboard-pauses") == {}
    page.goto(live_server.url)
    expect(
        page.get_by_role("heading", name="3 accounts and 1 workflow are paused – 7 messages wait")
    ).to_be_visible()
    page.get_by_text("Which, why, and how to resume them").press("Enter")
    page.get_by_text("What they are, and what to do").press("Enter")
    assert faults([""], "dashboard-pauses-open") == {}
    page.get_by_role("button", name="Resume the workflow").click()
    expect(page.get_by_text("Order delayed is resumed.")).to_be_visible()
    expect(
        page.get_by_role("heading", name="3 accounts are paused – 6 messages wait")
    ).to_be_visible()


def test_a_newcomer_sees_the_first_practice_message(page, meera, demo, sign_in, faults):
    messages(demo["Order delayed"], [{"status": "accepted", "final_at": timezone.now()}])
    sign_in(page, meera)
    assert faults(["/"], "dashboard-practice") == {}
    expect(page.get_by_text("These are practice messages")).to_be_visible()
