"""The timeline of one invocation: its steps in order, with their times."""

import json
from datetime import timedelta

from django.utils import timezone

from invocations.kaleyra.connection import NoAnswer
from invocations.models import Invocation
from invocations.sending.deliver import deliver
from tests.reports import report
from tests.stored_results import store_result
from tests.views.history.invocation_page import page_of, timeline_of, try_again_button


def test_an_awaited_result_has_its_due_time_and_the_page_refreshes(priya, accepted):
    row = accepted()
    page = page_of(priya, row)
    due = timezone.localtime(row.result_due_at).strftime("%H:%M:%S")
    assert f"Result due by {due}." in timeline_of(priya, row)
    assert "WhatsApp first: up to 30 s" in timeline_of(priya, row)
    assert 'hx-trigger="every 2s"' in page.html and 'http-equiv="refresh"' in page.html
    assert "Awaiting result" in page.html and "?again=" not in page.html


def test_the_page_refreshes_less_often_once_nothing_changes(priya, accepted):
    row = accepted()
    long_ago = timezone.now() - timedelta(minutes=5)
    row.attempts.update(started_at=long_ago)
    Invocation.objects.update(created_at=long_ago, final_at=long_ago)
    assert 'hx-trigger="every 5s"' in page_of(priya, row).html


def test_a_fallback_is_shown_with_its_wait_and_kaleyras_codes(priya, accepted):
    row = accepted()
    report(row, "TIMEOUT", "DELIVERED", wait=5)
    timeline = timeline_of(priya, row)
    steps = [
        "Saved",
        "Accepted by Kaleyra",
        "HTTP 202 after",
        "WhatsApp started",
        "waited 5 s",
        "no delivery report within 5 s",
    ]
    steps += [
        "code: TIMEOUT",
        "It may still arrive",
        "SMS started",
        "Rescued",
        "SMS delivered",
        "code: DELIVERED",
        "Flow ended",
    ]
    places = [timeline.index(step) for step in steps]
    assert places == sorted(places) and "+5.0 s after the step before" in timeline
    page = page_of(priya, row)
    assert "Delivered by SMS" in page.html
    assert "May have arrived twice" in page.html
    assert 'hx-trigger="every' not in page.html and 'http-equiv="refresh"' not in page.html


def test_a_channel_without_a_start_time_is_not_shown_as_started(priya, accepted):
    row = accepted()
    body = {
        "workflowInvocationId": row.workflow_invocation_id,
        "result": {"channel1": {"statusCode": "NOT-SENT"}, "channel2": {"x": 1}},
    }
    store_result(row.account, json.dumps(body).encode())
    timeline = timeline_of(priya, row)
    assert "started" not in timeline
    assert "Rescued" not in timeline
    assert "WhatsApp failed" in timeline


def test_a_missing_result_has_likely_reasons(priya, ada, accepted):
    row = accepted()
    Invocation.objects.update(delivery="no_result")
    for browser in (priya, ada):
        timeline = timeline_of(browser, row)
        assert "No result received" in timeline
        assert "no callback profile" in timeline
        assert "Auto-Disabled" in timeline
    assert 'hx-trigger="every' not in page_of(priya, row).html


def test_a_workflow_without_results_is_not_shown_as_awaiting_one(priya, ada, recorded):
    row = recorded()
    deliver(row.pk)
    assert "This workflow reports no results to this console" in timeline_of(priya, row)
    assert "Open the workflow" not in timeline_of(priya, row)
    address = f"/invocations/workflowinstance/{row.workflow_instance_id}/change/"
    assert address in page_of(ada, row).html


def test_an_attempt_put_back_before_it_began_is_no_step(priya, recorded):
    row = recorded()
    row.attempts.create(
        number=1, started_at=row.created_at, outcome="not_sent", reason="handed_back", duration_ms=0
    )
    assert "Attempt" not in timeline_of(priya, row)
    assert "put back before it began" in page_of(priya, row).html


def test_the_timeline_shows_every_attempt(priya, recorded, kaleyra_says):
    row = recorded()
    kaleyra_says(NoAnswer("timeout"))
    deliver(row.pk)
    kaleyra_says.stop()
    try_again_button(priya, row)()
    timeline = timeline_of(priya, row)
    steps = ("Attempt 1", "Attempt 2", "Accepted by Kaleyra")
    places = [timeline.index(step) for step in steps]
    assert places == sorted(places)
