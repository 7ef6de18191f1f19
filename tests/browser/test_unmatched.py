"""The page of unmatched results, with a suggestion, hostile texts and long ones."""

import json
import uuid

from django.utils import timezone
from playwright.sync_api import expect

from invocations.kaleyra.payload import Send
from invocations.models import Invocation
from invocations.results import matching
from invocations.sending.record import record
from tests.stored_results import store_result

from .steps import SENT


def store_unmatched_results(account):
    """Three results with odd words and long IDs, and one that is no JSON."""
    words = [
        ("TIMEOUT", "DELIVERED"),
        ("<img src=x onerror=alert(1)>", "\u202e" + "NEW-" * 25),
        ("SENT", "FAILED"),
    ]
    for n, codes in enumerate(words):
        channels = {
            f"channel{p}": {
                "channel": kind,
                "statusCode": code,
                "to": "919876543202" if n == 0 else "4915112345678",
                "timeout": "PT5S",
            }
            for p, (kind, code) in enumerate(zip(["whatsapp", "sms"], codes, strict=True), start=1)
        }
        body = {
            "workflowInvocationId": "4AhJXi67" + "x" * (80 * n),
            "executionStatus": "COMPLETED",
            "result": channels,
        }
        store_result(account, json.dumps(body, indent=1).encode())
    store_result(account, b"<html>not json</html>")


def test_the_page_of_unmatched_results(page, admin_user, sign_in, demo, faults, live_server):
    sign_in(page, admin_user)
    assert faults(["/results/unmatched/"], "none") == {}
    workflow = demo["Order delayed"]
    sends = [Send("919876543202", values) for values in SENT.values()]
    row = record(workflow, sends, request_id=uuid.uuid4(), created_by=admin_user)[0]
    now = timezone.now()
    Invocation.objects.filter(pk=row.pk).update(
        status="unknown", reason="timeout", due_at=None, doubtful_since=now, doubt_count=1
    )
    store_unmatched_results(workflow.account)
    assert faults(["/results/unmatched/"], "some") == {}
    callback = matching.unmatched_results().latest("pk")
    assert faults([f"/results/unmatched/set-aside/?id={callback.pk}"], "set-aside") == {}
    page.goto(f"{live_server.url}/results/unmatched/")
    page.get_by_role("link", name="Put aside the result of").first.click()
    page.get_by_role("button", name="Put it aside").click()
    expect(page.get_by_text("Fill this in.")).to_be_visible()
    page.get_by_label("Why does nobody need").fill("The shop’s own system sent it")
    page.get_by_role("button", name="Put it aside").click()
    expect(page.get_by_text("Put aside. It still finds its message")).to_be_visible()
    assert faults(["/results/unmatched/?set-aside"], "aside") == {}
    page.goto(f"{live_server.url}/results/unmatched/")
    page.get_by_text("What was posted").nth(1).click()
    page.get_by_role("button", name="It belongs to this one").click()
    page.wait_for_url(f"**/history/{row.request_id}/")
    assert Invocation.objects.get(pk=row.pk).delivery == "completed"
