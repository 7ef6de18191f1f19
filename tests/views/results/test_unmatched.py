"""The page of results that match no message yet."""

import json
import re
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from invocations.kaleyra.callbacks import FlowResult
from invocations.models import Callback
from invocations.results import matching
from invocations.sending.deliver import deliver
from invocations.views.results.unmatched import UNMATCHED_PAGE_SIZE, WHY_UNMATCHED
from tests.stored_results import store_result
from tests.views.pages import Page, badges_at, opened
from tests.views.results.conftest import NUMBER


def test_the_page_says_so_when_every_result_is_matched(priya):
    words = "Every result has found its message. There is nothing to look at"
    html = opened(priya, "/results/unmatched/").html
    assert words in html and "Kaleyra sent these results" not in html
    assert "Nobody has put a result aside." in opened(priya, "/results/unmatched/?set-aside").html


def test_nobody_is_said_to_look_for_a_message_while_no_background_sender_runs(
    priya, orphan, request
):
    orphan()
    address = "/results/unmatched/"
    assert "does not look for their messages" in opened(priya, address).html
    request.getfixturevalue("background_sender")
    assert "The console keeps looking" in opened(priya, address).html


def test_each_result_shows_its_account_id_codes_and_number(priya, orphan):
    orphan("TIMEOUT", "Delivered")
    html = opened(priya, "/results/unmatched/").html
    for words in (
        "Acme",
        "4AhJ",
        "WhatsApp: no delivery report in time (TIMEOUT)",
        "SMS delivered (Delivered)",
        "+91 ••••• •3202",
        str(WHY_UNMATCHED["unknown_id"]),
        "What was posted",
    ):
        assert words in html, words
    assert html.count('data-tone="delivered"') == 1


def test_every_reason_has_its_words():
    standings = {"unknown_id", "under_way", "waits", "several", "disagrees", "answered"}
    assert set(WHY_UNMATCHED) >= standings | {FlowResult(problem="no_id").problem}
    assert "seconds" not in WHY_UNMATCHED["waits"]


def test_whole_numbers_are_shown_by_permission(priya, rosa, ada, account, orphan):
    orphan("READ")
    for raw in [
        f"to={NUMBER}&x",
        f'{{"to": {NUMBER}}}',
        f"to=%2B{NUMBER}",
        f'{{"result":{{"channel1":{{"to":"{NUMBER}","x":1}}}}',
    ]:
        store_result(account, raw.encode())
    for browser in (priya, rosa, ada):
        html = opened(browser, "/results/unmatched/").html
        assert NUMBER not in html and "3202" in html
    for callback in Callback.objects.exclude(workflow_invocation_id="READ"):
        address = f"/results/unmatched/{callback.pk}/number/"
        assert "3202" in ada.post(address).content.decode()
        assert priya.post(address).status_code == 403


@pytest.mark.parametrize("spelling", ["+91 98765 43202", r"+91\u00a098765\u00a043202"])
@pytest.mark.parametrize("key", ["to", "mobile"])
def test_no_page_shows_a_whole_number_without_permission_however_it_is_written(
    priya, ada, account, recorded, spelling, key
):
    row = recorded()
    deliver(row.pk)
    row.refresh_from_db()
    for name in (row.workflow_invocation_id, "nobody’s"):
        raw = json.dumps(
            {
                "workflowInvocationId": name,
                "result": {"channel1": {"statusCode": "READ", key: "NUMBER"}},
            }
        )
        store_result(account, raw.replace("NUMBER", spelling).encode())
    unmatched = Callback.objects.get(invocation=None)
    for address, asking in [
        ("/results/unmatched/", f"/results/unmatched/{unmatched.pk}/number/"),
        (f"/history/{row.request_id}/", f"/history/{row.request_id}/number/"),
    ]:
        for browser in (priya, ada):
            assert "98765" not in opened(browser, address).html
        assert "98765" in ada.post(asking).content.decode()


def test_the_posted_body_is_escaped_and_truncated(priya, account, orphan):
    orphan("<script>alert(1)</script>", **{"from": "</pre><img src=x>"})
    store_result(account, b"<script>" * 10_000)
    html = opened(priya, "/results/unmatched/").html
    assert "<script>alert" not in html
    assert "<img src=x" not in html
    assert "&lt;script&gt;alert" in html
    assert len(html) < 200_000


def test_a_person_matches_a_result_to_the_suggested_message(ada, orphan, unknown):
    callback = orphan("TIMEOUT", "DELIVERED")
    form = next(
        form for form in opened(ada, "/results/unmatched/").forms if form.action.endswith("/match/")
    )
    answer = ada.post(form.action, form.fields, follow=True)
    assert "The result is with its message now." in answer.content.decode()
    assert Page(answer).status == 200
    callback.refresh_from_db()
    unknown.refresh_from_db()
    assert (callback.invocation, callback.matched_by) == (unknown, ada.person)
    outcome = (unknown.status, unknown.delivery, unknown.deciding_channel)
    assert outcome == ("accepted", "completed", 2)
    again = ada.post(form.action, form.fields, follow=True)
    assert "not suggested any more" in again.content.decode()


def test_without_the_right_to_settle_the_suggestion_has_no_button(priya, orphan, unknown):
    orphan("DELIVERED")
    page = opened(priya, "/results/unmatched/")
    assert f"/history/{unknown.request_id}/" in page.links
    assert not any(form.action.endswith("/match/") for form in page.forms)


def test_only_the_suggested_message_can_be_matched(ada, orphan, unknown, recorded):
    callback, other = orphan("DELIVERED"), recorded("303")
    for wanted in [str(other.request_id), "", "x", "0" * 10**4]:
        ada.post(f"/results/unmatched/{callback.pk}/match/", {"invocation": wanted})
    for there in [10**6, 10**30]:
        assert ada.post(
            f"/results/unmatched/{there}/match/", {"invocation": str(unknown.request_id)}
        ).status_code in {302, 404}
    assert matching.unmatched_results().get() == callback


def test_needs_you_offers_the_page_and_the_menu_counts_the_results(ada, orphan):
    assert "/results/unmatched/" in opened(ada, "/needs-you/").links
    [before] = badges_at(ada, "/needs-you/")
    orphan("READ")
    assert "1 result fits no message" in opened(ada, "/needs-you/").html
    assert badges_at(ada, "/needs-you/") == [str(int(before or 0) + 1)]


def test_a_second_page_goes_on_where_the_first_ended(priya, orphan):
    now = timezone.now()
    for n in range(UNMATCHED_PAGE_SIZE + 3):
        Callback.objects.filter(pk=orphan("READ", n=n).pk).update(
            received_at=now - timedelta(minutes=n), workflow_invocation_id=f"id-{n}-"
        )
    first = opened(priya, "/results/unmatched/")
    [older] = [link for link in first.links if "before=" in link]
    second = opened(priya, older)
    assert [
        [
            f"id-{n}-" in page.html
            for n in (0, UNMATCHED_PAGE_SIZE - 1, UNMATCHED_PAGE_SIZE, UNMATCHED_PAGE_SIZE + 2)
        ]
        for page in (first, second)
    ] == [[True, True, False, False], [False, False, True, True]]
    yesterday = f"{now - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
    assert "No more." in opened(priya, f"/results/unmatched/?before={yesterday}").html
    for odd in ["x", "9999-99-99", "0001-01-01T00:00:00Z", "\0", "2026-01-01"]:
        assert priya.get("/results/unmatched/", {"before": odd, "id": odd}).status_code == 200


def test_results_of_one_moment_are_all_on_one_page_or_the_next(priya, orphan):
    rows = [orphan("READ", n=n).pk for n in range(2 * UNMATCHED_PAGE_SIZE + 5)]
    Callback.objects.update(received_at=timezone.now())
    page, seen = opened(priya, "/results/unmatched/"), []
    while True:
        seen += [int(pk) for pk in re.findall(r'id="result-(\d+)"', page.html)]
        older = [link for link in page.links if "before=" in link]
        if not older:
            break
        page = opened(priya, older[0])
    assert seen == rows[::-1]


def queries_of(client, address):
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return [query["sql"] for query in queries]


def test_a_full_page_takes_as_many_queries_as_one_result(ada, orphan, unknown):
    orphan("READ", n=0)
    one = queries_of(ada, "/results/unmatched/")
    for n in range(1, 2 * UNMATCHED_PAGE_SIZE):
        orphan("READ", "FAILED", n=n, workflowInvocationId=f"id-{n}", requestId=str(uuid.uuid4()))
    many = queries_of(ada, "/results/unmatched/")
    assert len(many) <= len(one) + 1, "one more: whether an answer named an id"


def test_no_page_reads_all_of_ten_thousand_results(ada, orphan, account):
    now = timezone.now()
    rows = [
        Callback(
            account=account,
            digest=f"d{n}",
            body="{}",
            received_at=now - timedelta(seconds=n),
            last_received_at=now,
        )
        for n in range(10_000)
    ]
    Callback.objects.bulk_create(rows)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE invocations_callback")
    before = (now - timedelta(seconds=9000)).isoformat().replace("+", "%2B")
    deep = f"/results/unmatched/?before={before}&id=1"
    for address in ("/results/unmatched/", deep):
        [rows] = [
            sql
            for sql in queries_of(ada, address)
            if "invocations_callback" in sql and "LIMIT 21" in sql
        ]
        with connection.cursor() as cursor:
            cursor.execute(
                ("EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN ") + rows
            )
            plan = str(cursor.fetchall())
        assert "_by_time" in plan, plan
        assert "TEMP B-TREE" not in plan, plan
        assert "Sort" not in re.sub("Incremental Sort|Sort Key", "", plan), plan
