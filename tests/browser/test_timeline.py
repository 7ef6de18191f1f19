"""The page of an invocation polls until it has a result, and does not disturb the reader."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from invocations.kaleyra.payload import Send
from invocations.models import Invocation, WorkflowInstance
from invocations.results import upkeep
from invocations.sending.deliver import deliver
from invocations.sending.record import record
from tests.reports import report

from .steps import SENT


@pytest.fixture
def accepted(demo, meera):
    """accepted(): a message that Kaleyra accepted and whose result is awaited."""
    WorkflowInstance.objects.update(expects_callback=True)

    def accepted(code="202", **changes):
        sends = [Send(f"918061234{code}", values) for values in SENT.values()]
        row = record(
            demo["Order delayed"],
            sends,
            request_id=uuid.uuid4(),
            created_by=meera,
            reference="CARE-7728",
        )[0]
        deliver(row.pk)
        Invocation.objects.filter(pk=row.pk).update(**changes)
        row.refresh_from_db()
        return row

    return accepted


def test_the_page_looks_again_until_the_result_is_there_and_leaves_people_undisturbed(
    page, live_server, sign_in, meera, accepted
):
    row = accepted()
    sign_in(page, meera)
    looks = []
    page.on(
        "request",
        lambda request: looks.append(request) if request.headers.get("hx-request") else None,
    )
    page.goto(f"{live_server.url}/history/{row.request_id}/")
    expect(page.locator(".timeline")).to_contain_text("Result due by")
    unfold = page.locator("#attempt-1 summary")
    unfold.press("Enter")
    expect(page.locator("#request-1")).to_contain_text("$KALEYRA_API_KEY")
    page.evaluate("scrollTo(0, 200)")
    at = page.evaluate("scrollY")
    report(row, "TIMEOUT", "DELIVERED")
    expect(page.locator("#said")).to_contain_text("Delivered by SMS")
    expect(page.locator(".timeline")).to_contain_text("WhatsApp: no delivery report within 30 s")
    expect(page.locator("#request-1")).to_be_visible()
    expect(unfold).to_be_focused()
    assert page.evaluate("scrollY") == at
    assert looks and page.locator("#state").get_attribute("hx-get") is None
    before = len(looks)
    page.clock.install()
    page.clock.run_for(20_000)
    assert len(looks) == before


def test_stories_of_every_kind(page, sign_in, meera, admin_user, accepted, faults):
    awaiting, fell_back, first, twice, missed, failed, contradicted = [accepted() for _ in range(7)]
    report(fell_back, "TIMEOUT", "DELIVERED")
    report(first, "READ")
    report(twice, "TIMEOUT", "TIMEOUT")
    report(failed, "FAILED", "UNDELIVERED")
    Invocation.objects.filter(pk=missed.pk).update(
        result_due_at=timezone.now() - timedelta(minutes=1)
    )
    upkeep.mark_missing(timezone.now())
    Invocation.objects.filter(pk=contradicted.pk).update(
        status="rejected", reason="rejected", delivery=""
    )
    report(contradicted, "DELIVERED")
    WorkflowInstance.objects.update(expects_callback=False)
    unreported = accepted()
    sign_in(page, admin_user)
    stories = {
        "awaiting": awaiting,
        "fell-back": fell_back,
        "first": first,
        "twice": twice,
        "missed": missed,
        "failed": failed,
    }
    stories |= {"contradicted": contradicted, "unreported": unreported, "unknown": accepted("500")}
    assert {
        name: found
        for name, row in stories.items()
        if (found := faults([f"/history/{row.request_id}/"], name))
    } == {}
    assert faults(["/help/statuses/"]) == {}
