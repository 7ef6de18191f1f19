"""The history's filters, and the addresses that carry them."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from invocations.models import Account, Invocation, Pod, WorkflowInstance
from tests.views.history.history_page import ids_on, listed_ids
from tests.views.pages import Page, opened


def test_each_filter_and_all_of_them_together(priya, rosa, workflow, five):
    other = Account.objects.get(title="Other")
    elsewhere = WorkflowInstance.objects.get(title="Elsewhere")
    by_rosa = f"person={rosa.person.pk}"
    for query, rows in [
        ("", [4, 3, 2, 1, 0]),
        ("status=unknown", [2]),
        (f"workflow={workflow.pk}", [3, 2, 1, 0]),
        (f"account={other.pk}", [4]),
        ("practice=without", [4]),
        ("practice=only", [3, 2, 1, 0]),
        (by_rosa, [4, 2, 0]),
        ("since=2026-03-04", [4, 3]),
        ("until=2026-03-02", [1, 0]),
        ("since=2026-03-03&until=2026-03-03", [2]),
        (
            f"{by_rosa}&since=2026-03-02&until=2026-03-03&status=unknown"
            f"&workflow={workflow.pk}&account={workflow.account.pk}",
            [2],
        ),
        (f"{by_rosa}&status=held", []),
        (f"workflow={elsewhere.pk}&account={workflow.account.pk}", []),
    ]:
        assert listed_ids(priya, f"?{query}") == [five[row] for row in rows], query


def test_the_practice_filter_is_shown_only_where_there_is_practice(priya, five, settings):
    assert switch(priya, "?practice=without")["Live"].endswith('aria-current="true"')
    settings.SANDBOX = False
    assert listed_ids(priya, "?practice=without") == [five[4]], (
        "practice messages sent before are still listed"
    )
    Pod.objects.filter(api_domain__startswith="127.0.0.1").update(api_domain="api.eu.example.com")
    assert listed_ids(priya, "?practice=without") == five[::-1]
    assert "Practice" not in opened(priya, "/history/").html
    assert switch(priya) == {}


def switch(browser, query=""):
    """The items of the switch, by name: their opening tags."""
    html = opened(browser, f"/history/{query}").html
    nav = re.search(r'<nav class="periods".*?</nav>', html, re.DOTALL)
    items = re.findall(r"<a ([^>]*)>([^<]*)<", nav[0]) if nav else []
    return {name: tag for tag, name in items}


def test_the_switch_keeps_all_other_filters(priya, rosa, five):
    query = f"?status=queued&person={rosa.person.pk}&practice=only"
    links = switch(priya, query)
    assert list(links) == ["All", "Live", "Practice"]
    others = f"person={rosa.person.pk}"
    assert all("status=queued" in tag and others in tag for tag in links.values())
    assert "practice=" not in links["All"] and "practice=without" in links["Live"]
    assert "aria-current" in links["Practice"] and "aria-current" not in links["All"]
    live = unescape(links["Live"].partition('href="')[2].partition('"')[0])
    assert listed_ids(priya, live.removeprefix("/history/")) == [five[4]]


def test_the_switch_searches_again_and_the_filter_form_and_the_export_keep_it(priya, five):
    page = Page(priya.post("/history/?practice=only", {"q": "3202"}))
    assert 'formaction="/history/?practice=without"' in page.html
    page = opened(priya, "/history/?practice=only")
    assert page.form("status")["practice"] == "only"
    assert 'action="/history/export/?practice=only"' in page.html


def test_days_are_in_the_persons_time_zone(priya, five):
    priya.cookies["timezone"] = "Asia/Singapore"  # 23:30 in UTC is tomorrow there
    assert listed_ids(priya, "?since=2026-03-03&until=2026-03-03") == [five[1]]


def test_filters_by_delivery(priya, recorded, ended):
    first, second, failed = ended(1), ended(2, may_be_double=True), ended(0)
    unreported = ended(None)
    awaiting = ended(None, delivery="awaiting", result_due_at=timezone.now())
    missing = ended(None, delivery="no_result")
    recorded()
    for query, rows in [
        ("delivery=completed", [unreported, failed, second, first]),
        ("delivery=awaiting", [awaiting]),
        ("delivery=no_result", [missing]),
        ("delivery=1", [first]),
        ("delivery=2", [second]),
        ("delivery=reached", [second, first]),
        ("delivery=failed", [failed]),
        ("delivery=open", [unreported]),
        ("delivery=double", [second]),
    ]:
        assert listed_ids(priya, f"?{query}") == rows, query
    tiles = {
        tile["label"]: (tile["count"], tile["address"])
        for tile in priya.get("/history/").context["tiles"]
    }
    assert tiles["Delivered"] == (2, "delivery=reached")
    assert tiles["Awaiting result"] == (1, "delivery=awaiting")
    assert tiles["Not delivered"] == (1, "delivery=failed")


def test_old_addresses_with_a_channel_filter_still_work(priya, ended):
    first, second, unreported = ended(1), ended(2, may_be_double=True), ended(None)
    for query, rows in [
        ("channel=2", [second]),
        ("channel=open", [unreported]),
        ("channel=double&status=accepted", [second]),
        ("delivery=completed&channel=1", [first]),
        ("delivery=&channel=reached", [second, first]),
    ]:
        answer = priya.get(f"/history/?{query}", follow=True)
        assert ids_on(Page(answer)) == rows, query
        assert "channel=" not in " ".join(Page(answer).links), query
    html = opened(priya, "/history/?delivery=awaiting&channel=1").html
    assert "not valid and was left out" in html, "no row can be both"


def test_filters_by_answer_and_by_error(priya, recorded, ended):
    refused = ended(
        None,
        delivery="",
        status="rejected",
        http_status=400,
        error_kind="workflow … is not published",
        reason="rejected",
    )
    late = ended(None, delivery="", status="unknown", reason="timeout")
    taken = ended(None, delivery="", http_status=202)
    again = recorded(sent_again_from=Invocation.objects.get(request_id=refused))
    for query, rows in [
        ("http=400", [refused]),
        ("http=202", [taken]),
        ("error=workflow … is not published", [refused]),
        ("error=workflow", []),
        ("why=timeout", [late]),
        ("again=yes", [str(again.request_id)]),
    ]:
        assert listed_ids(priya, f"?{query}") == rows, query


def test_settled_messages_are_found_by_the_verdict_whatever_was_reported_since(priya, ended):
    for reason, asks in (
        ("settled_delivered", "said_delivered"),
        ("settled_not_delivered", "said_not_delivered"),
    ):
        silent, reported = ended(None, reason=reason, delivery=""), ended(0, reason=reason)
        assert listed_ids(priya, f"?delivery={asks}") == [reported, silent]


def test_empty_filters_are_removed_from_the_address(priya, five):
    answer = priya.get("/history/?status=held&delivery=&channel=&workflow=&since=&http=&again=")
    assert answer.status_code == 302 and answer.headers["Location"] == "/history/?status=held"


EAST, WEST = "Pacific/Kiritimati", "Pacific/Niue"


@pytest.mark.parametrize(
    ("query", "zone"),
    [
        ("status=nonsense", ""),
        ("workflow=999999", ""),
        (f"workflow={'9' * 30}", ""),
        ("account=x", ""),
        ("person=%00", ""),
        ("since=yesterday", ""),
        ("since=<script>alert(1)", ""),
        ("status=a&status=b", ""),
        ("delivery=lost", ""),
        ("channel=3", ""),
        ("delivery=awaiting%2C+1", ""),
        ("http=9999", ""),
        ("http=two", ""),
        ("why=because", ""),
        (f"error={'x' * 201}", ""),
        *[
            (f"{name}={day}", zone)
            for name in ("since", "until")
            for day in ("0001-01-01", "9999-12-31")
            for zone in (EAST, WEST)
        ],
    ],
)
def test_an_invalid_filter_is_left_out_with_a_notice(priya, recorded, query, zone):
    row = recorded()
    priya.cookies["timezone"] = zone
    page = opened(priya, f"/history/?{query}")
    assert "not valid and was left out" in page.html
    assert ids_on(page) == [str(row.request_id)]
    assert "<script>alert" not in page.html


def test_a_chip_removes_one_filter_and_a_tile_keeps_the_others(priya, five, rosa):
    page = opened(priya, f"/history/?status=unknown&person={rosa.person.pk}")
    assert f"/history/?person={rosa.person.pk}" in page.links
    assert "/history/?status=unknown" in page.links
    assert f"/history/?person={rosa.person.pk}&status=held" in page.links
    assert "From: 1 Mar 2026" in opened(priya, "/history/?since=2026-03-01").html
    assert "Sent by: rosa" in page.html and "Status: Outcome unknown" in page.html


def test_shortcuts_for_days_keep_the_other_filters(priya, many):
    older, yesterday, today = many(3)
    for row, days in [(today, 0), (yesterday, 1), (older, 6)]:
        Invocation.objects.filter(pk=row.pk).update(
            created_at=timezone.localtime().replace(hour=12) - timedelta(days=days)
        )
    choices = {
        str(day["label"]): day["address"]
        for day in priya.get("/history/?status=queued").context["days_to_choose"]
    }
    for label, rows in [
        ("Today", [today]),
        ("Yesterday", [yesterday]),
        ("Last 7 days", [today, yesterday, older]),
    ]:
        assert "status=queued" in choices[label]
        ids = [str(row.request_id) for row in rows]
        assert listed_ids(priya, f"?{choices[label]}") == ids, label


def test_a_new_workflow_is_offered_at_once_and_a_renamed_one_by_its_new_name(priya, workflow):
    assert b">Order delayed</option>" in priya.get("/history/").content
    workflow.title = "Order late"
    workflow.save()
    page = priya.get("/history/").content
    assert b">Order late</option>" in page
    assert b">Order delayed</option>" not in page


def test_a_chosen_filter_is_not_shown_to_the_next_person(priya, workflow):
    assert b' value="rejected" selected>' in priya.get("/history/?status=rejected").content
    assert b' value="rejected" selected>' not in priya.get("/history/").content
