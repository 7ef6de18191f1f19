"""The history's list: its tiles, its rows and what they cost."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from invocations.models import Invocation, Pod
from tests.views.history.history_page import listed_ids
from tests.views.pages import Page, opened


@pytest.mark.parametrize(
    "query", ["", "?delivery=failed", "?status=accepted&since=2020-01-01", "?workflow={workflow}"]
)
def test_each_tile_counts_what_its_link_shows(priya, recorded, ended, workflow, query):
    for channel in (0, 0, 1, 2, None):
        ended(channel)
    for delivery, status in [
        ("awaiting", "accepted"),
        ("", "rejected"),
        ("", "unknown"),
        ("", "held"),
        ("", "sending"),
    ]:
        times = {"result_due_at": timezone.now(), "lease_until": timezone.now()}
        ended(None, delivery=delivery, status=status, **times)
    recorded()
    for tile in priya.get(f"/history/{query.format(workflow=workflow.pk)}").context["tiles"]:
        assert tile["count"] == len(listed_ids(priya, f"?{tile['address']}")), tile["label"]


def test_tiles_of_a_filtered_list_count_what_the_other_filters_leave(priya, rosa, five):
    tiles = priya.get(f"/history/?person={rosa.person.pk}&status=unknown").context["tiles"]
    assert {tile["label"]: tile["count"] for tile in tiles if tile["count"]} == {
        "All": 3,
        "Accepted": 1,
        "Outcome unknown": 1,
        "Queued": 1,
    }
    assert [tile["label"] for tile in tiles if tile["current"]] == ["Outcome unknown"]


@pytest.mark.parametrize("query", ["", "person={person}"])
def test_counting_stops_at_a_limit(priya, many, monkeypatch, query):
    monkeypatch.setattr("invocations.views.history.list_filters.HISTORY_COUNT_CAP", 7)
    many(8, created_by=priya.person)
    html = opened(priya, f"/history/?{query.format(person=priya.person.pk)}").html
    assert '<span class="n">7+</span>' in html and '<span class="n">8' not in html


def test_tiles_count_all_messages_whatever_the_status_filter(priya, five):
    counts = {
        tile["label"]: tile["count"] for tile in priya.get("/history/?status=held").context["tiles"]
    }
    by_status = {"Accepted": 1, "Outcome unknown": 1, "On hold": 1, "Rejected": 1, "Queued": 1}
    assert counts == by_status | {
        "All": 5,
        "Delivered": 0,
        "Not delivered": 0,
        "Awaiting result": 0,
    }


def test_rows_are_grouped_by_day_in_the_persons_time_zone(priya, many):
    rows = many(4)
    noon = timezone.localtime().replace(hour=12)
    for row, when in zip(
        rows, [noon.replace(2026, 3, 2), noon - timedelta(days=1), noon, noon], strict=True
    ):
        Invocation.objects.filter(pk=row.pk).update(created_at=when)
    days = re.findall(r'scope="rowgroup"[^>]*>([^<]*)<', opened(priya, "/history/").html)
    assert days == ["Today", "Yesterday", "Monday 2 March 2026"]
    # UTC+14: noon in UTC is 2 a.m. of the next day there.
    priya.cookies["timezone"] = "Pacific/Kiritimati"
    assert "Tuesday 3 March 2026" in opened(priya, "/history/").html


def test_a_practice_message_is_marked(priya, recorded):
    recorded()
    assert "Practice:" in opened(priya, "/history/").html
    Pod.objects.filter(api_domain__startswith="127.0.0.1").update(api_domain="api.eu.example.com")
    assert "Practice:" not in opened(priya, "/history/").html


@pytest.mark.parametrize(
    ("changes", "badge"),
    [
        ({"status": "accepted", "delivery": "completed", "deciding_channel": 1}, "delivery"),
        ({"status": "accepted", "delivery": "no_result"}, "delivery"),
        ({"status": "accepted"}, "submission"),
        ({"status": "unknown"}, "submission"),
        ({"status": "rejected", "delivery": "completed", "deciding_channel": 1}, "both"),
    ],
)
def test_the_single_badge_shows_the_delivery_unless_the_submission_contradicts_it(
    priya, many, changes, badge
):
    many(1, **changes)
    assert f'data-badge="{badge}"' in opened(priya, "/history/").html


def test_the_list_refreshes_itself_while_a_row_is_not_final(priya, recorded, ended):
    row = ended(1)
    assert "every 5s" not in opened(priya, "/history/").html
    ended(None, delivery="awaiting", result_due_at=timezone.now())
    html = opened(priya, "/history/?status=accepted").html
    assert 'hx-get="/history/?status=accepted" hx-trigger="every 5s"' in html
    assert "every 5s" in Page(priya.post("/history/", {"q": "3202"})).html and row in html


def test_an_empty_list_says_why(priya, rosa, many):
    assert "Send the first" in opened(priya, "/history/").html
    assert "Send the first" not in opened(rosa, "/history/").html
    many(1)
    assert "Nothing matches these filters" in opened(priya, "/history/?status=held").html
    assert "Nothing found" in Page(priya.post("/history/", {"q": "nothing"})).html


def test_a_message_sent_by_a_script_names_no_person(priya, recorded):
    row = recorded()
    assert listed_ids(priya) == [str(row.request_id)]
    assert "by a script" in opened(priya, f"/history/{row.request_id}/").html


def test_as_many_queries_for_fifty_rows_as_for_two(priya, many):
    counts = []
    for count in (2, 60):
        many(count, created_by=priya.person)
        priya.get("/history/")
        with CaptureQueriesContext(connection) as queries:
            priya.get("/history/")
        counts.append(len([query for query in queries if "statement_timeout" not in query["sql"]]))
    assert counts[0] == counts[1] <= 25


def test_a_narrow_row_names_its_sender_where_several_people_send(priya, rosa, many):
    User.objects.filter(username="priya").update(first_name="Priya", last_name="Krishnan")
    many(2, created_by=priya.person)
    with CaptureQueriesContext(connection) as alone:
        assert 'class="sender"' not in opened(priya, "/history/").html
    many(2, created_by=rosa.person)
    many(1)
    with CaptureQueriesContext(connection) as several:
        html = opened(priya, "/history/").html
    senders = re.findall(r'<span class="sender"> · (\w+)</span>', html)
    assert senders == ["rosa", "rosa", "Priya", "Priya"], "a script has no name"
    assert len(several) <= len(alone)
