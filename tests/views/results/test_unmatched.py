"""The page of results that belong to nobody yet."""

import json
import re
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from invocations.kaleyra.callbacks import FlowResult
from invocations.models import Callback, Invocation
from invocations.results import inbox as results
from invocations.results import matching
from invocations.sending.deliver import deliver
from invocations.views.results.unmatched import ROWS, WHY
from tests.views.pages import Page, opened, words_of

NUMBER = "919876543202"
"""Where `recorded()` sends to."""


@pytest.fixture
def orphan(account):
    """orphan("TIMEOUT", "DELIVERED", …): a result that names nobody we know."""

    def orphan(*codes, to=NUMBER, **more):
        kinds = ["whatsapp", "sms"]
        channels = {
            f"channel{n}": {"channel": kinds[n - 1], "statusCode": code, "to": to}
            for n, code in enumerate(codes, start=1)
        }
        return results.store_result(
            account,
            json.dumps({"workflowInvocationId": "4AhJ", "result": channels} | more).encode(),
        )

    return orphan


@pytest.fixture
def unknown(recorded):
    row = recorded()
    Invocation.objects.update(
        status="unknown",
        reason="timeout",
        due_at=None,
        doubtful_since=timezone.now(),
        doubt_count=1,
    )
    return row


@pytest.fixture
def accepted_result(account, recorded):
    """A result that has found its message."""
    row = recorded()
    deliver(row.pk)
    row.refresh_from_db()
    return results.store_result(
        account, json.dumps({"workflowInvocationId": row.workflow_invocation_id}).encode()
    )


def test_none_is_good_news(priya):
    assert (
        "Every result has found its message: nothing that Kaleyra reported waits"
        in opened(priya, "/results/unmatched/").html
    )
    assert "Nobody has set a result aside." in opened(priya, "/results/unmatched/?set-aside").html


def test_each_says_what_it_knows(priya, orphan):
    orphan("TIMEOUT", "Delivered")
    html = opened(priya, "/results/unmatched/").html
    for words in (
        "Acme",
        "4AhJ",
        "WhatsApp: no final report in time (TIMEOUT)",
        "SMS delivered (Delivered)",
        "+91 ••••• •3202",
        str(WHY["unknown_id"]),
        "What was posted",
    ):
        assert words in html, words
    assert html.count('data-tone="delivered"') == 1


def test_every_reason_has_its_words():
    standings = {"unknown_id", "under_way", "waits", "several", "disagrees", "answered"}
    assert (
        set(WHY) >= standings | {FlowResult(problem="no_id").problem}
        and "seconds" not in WHY["waits"]
    )


def test_whole_numbers_are_for_those_who_may_see_them(priya, rosa, ada, account, orphan):
    orphan("READ")
    for raw in [
        f"to={NUMBER}&x",
        f'{{"to": {NUMBER}}}',
        f"to=%2B{NUMBER}",
        f'{{"result":{{"channel1":{{"to":"{NUMBER}","x":1}}}}',
    ]:
        results.store_result(account, raw.encode())
    for browser, seen in [(priya, False), (rosa, False), (ada, True)]:
        html = opened(browser, "/results/unmatched/").html
        assert (NUMBER in html) is seen and "3202" in html


@pytest.mark.parametrize("spelling", ["+91 98765 43202", r"+91\u00a098765\u00a043202"])
@pytest.mark.parametrize("key", ["to", "mobile"])
def test_no_page_shows_a_whole_number_to_who_may_not_see_it_however_it_is_written(
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
        results.store_result(account, raw.replace("NUMBER", spelling).encode())
    for address in ("/results/unmatched/", f"/history/{row.request_id}/"):
        assert "98765" not in opened(priya, address).html and "98765" in opened(ada, address).html


def test_what_was_posted_is_escaped_and_cut(priya, account, orphan):
    orphan("<script>alert(1)</script>", **{"from": "</pre><img src=x>"})
    results.store_result(account, b"<script>" * 10_000)
    html = opened(priya, "/results/unmatched/").html
    assert (
        "<script>alert" not in html
        and "<img src=x" not in html
        and "&lt;script&gt;alert" in html
        and len(html) < 200_000
    )


def test_a_person_says_to_which_it_belongs(ada, orphan, unknown):
    callback = orphan("TIMEOUT", "DELIVERED")
    form = next(
        form for form in opened(ada, "/results/unmatched/").forms if form.action.endswith("/match/")
    )
    answer = ada.post(form.action, form.fields, follow=True)
    assert (
        "The result is with its message now." in answer.content.decode()
        and Page(answer).status == 200
    )
    callback.refresh_from_db()
    unknown.refresh_from_db()
    assert (callback.invocation, callback.matched_by) == (unknown, ada.person)
    assert (unknown.status, unknown.delivery, unknown.deciding_channel) == (
        "accepted",
        "completed",
        2,
    )
    assert (
        "not suggested any more" in ada.post(form.action, form.fields, follow=True).content.decode()
    )


def test_who_may_not_settle_sees_the_suggestion_and_no_button(priya, orphan, unknown):
    orphan("DELIVERED")
    page = opened(priya, "/results/unmatched/")
    assert f"/history/{unknown.request_id}/" in page.links and not any(
        form.action.endswith("/match/") for form in page.forms
    )


def test_only_what_is_suggested_can_be_joined(ada, orphan, unknown, recorded):
    callback, other = orphan("DELIVERED"), recorded("303")
    for wanted in [str(other.request_id), "", "x", "0" * 10**4]:
        ada.post(f"/results/unmatched/{callback.pk}/match/", {"invocation": wanted})
    for there in [10**6, 10**30]:
        assert ada.post(
            f"/results/unmatched/{there}/match/", {"invocation": str(unknown.request_id)}
        ).status_code in {302, 404}
    assert matching.unmatched_results().get() == callback


def test_the_menu_counts_them_and_offers_the_page_to_who_can_do_something(priya, ada, orphan):
    assert (
        "/results/unmatched/" not in opened(priya, "/").links
        and "/results/unmatched/" in opened(ada, "/").links
    )
    orphan("READ")
    assert "/results/unmatched/" in opened(priya, "/").links


def test_a_second_page_goes_on_where_the_first_ended(priya, orphan):
    now = timezone.now()
    for n in range(ROWS + 3):
        Callback.objects.filter(pk=orphan("READ", n=n).pk).update(
            received_at=now - timedelta(minutes=n), workflow_invocation_id=f"id-{n}-"
        )
    first = opened(priya, "/results/unmatched/")
    [older] = [link for link in first.links if "before=" in link]
    second = opened(priya, older)
    assert [
        [f"id-{n}-" in page.html for n in (0, ROWS - 1, ROWS, ROWS + 2)] for page in (first, second)
    ] == [
        [True, True, False, False],
        [False, False, True, True],
    ]
    assert (
        "No more."
        in opened(
            priya, f"/results/unmatched/?before={now - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
        ).html
    )
    for odd in ["x", "9999-99-99", "0001-01-01T00:00:00Z", "\0", "2026-01-01"]:
        assert priya.get("/results/unmatched/", {"before": odd, "id": odd}).status_code == 200


def test_results_of_one_moment_are_all_on_one_page_or_the_next(priya, orphan):
    rows = [orphan("READ", n=n).pk for n in range(2 * ROWS + 5)]
    Callback.objects.update(received_at=timezone.now())
    page, seen = opened(priya, "/results/unmatched/"), []
    while True:
        seen += [int(pk) for pk in re.findall(r'id="result-(\d+)"', page.html)]
        older = [link for link in page.links if "before=" in link]
        if not older:
            break
        page = opened(priya, older[0])
    assert seen == rows[::-1]


# --- set aside --------------------------------------------------------------------------------------------------------


def test_a_person_sets_a_result_aside_with_a_reason(ada, orphan):
    callback, other = orphan("READ", n=1), orphan("READ", n=2)
    [link] = [
        link
        for link in opened(ada, "/results/unmatched/").links
        if link.endswith(f"/set-aside/?id={callback.pk}")
    ]
    form = opened(ada, link).form("reason")
    for reason in ["", "x", "y" * 501]:
        answer = ada.post(link, {"reason": reason})
        assert answer.status_code == 200 and 'aria-invalid="true"' in answer.content.decode()
    assert matching.results_to_review().count() == 2
    answer = ada.post(link, form.fill(reason="The <b>shop</b> sent it").fields, follow=True)
    page = Page(answer)
    assert (
        "Set aside. It still finds its message" in page.html
        and f"result-{callback.pk}" not in page.html
        and f"result-{other.pk}" in page.html
    )
    aside = opened(ada, "/results/unmatched/?set-aside")
    assert f"result-{callback.pk}" in aside.html and f"result-{other.pk}" not in aside.html
    assert "Set aside by ada" in aside.html and "The &lt;b&gt;shop&lt;/b&gt; sent it" in aside.html
    assert (
        "not open any more" in ada.post(link, {"reason": "Once more"}, follow=True).content.decode()
    )


def test_what_is_only_set_aside_is_not_counted_in_the_menu(ada, orphan):
    callback = orphan("READ")
    results.set_aside(callback, "Nobody knows it", ada.person)
    assert (
        "/results/unmatched/" in opened(ada, "/").links
        and matching.results_to_review().count() == 0
    )


def test_a_result_that_was_set_aside_can_still_be_joined_and_its_page_tells_both(
    ada, orphan, unknown
):
    callback = orphan("DELIVERED")
    results.set_aside(callback, "Nobody knows it", ada.person)
    form = next(
        form
        for form in opened(ada, "/results/unmatched/?set-aside").forms
        if form.action.endswith("/match/")
    )
    text = words_of(ada.post(form.action, form.fields, follow=True))
    assert "Matched ada" in text and "Set aside before ada" in text


def test_a_result_that_is_not_there_cannot_be_set_aside(ada, orphan, accepted_result):
    for there in [10**6, 10**30, "x", accepted_result.pk]:
        answer = ada.post(
            f"/results/unmatched/set-aside/?id={there}", {"reason": "Nobody knows it"}, follow=True
        )
        assert (
            "not open any more" in answer.content.decode()
            and not Callback.objects.exclude(set_aside_at=None).exists()
        )
    assert (
        "Tick the results first"
        in ada.get("/results/unmatched/set-aside/", follow=True).content.decode()
    )


def test_one_reason_is_enough_for_all_that_are_ticked(ada, orphan):
    ticked, left = [orphan("READ", n=n) for n in range(3)], orphan("READ", n=3)
    page = opened(ada, "/results/unmatched/")
    assert page.html.count('form="several"') == 4 and "Set the ticked ones aside" in page.html
    address = "/results/unmatched/set-aside/?" + "&".join(
        f"id={callback.pk}" for callback in ticked
    )
    assert "Set 3 results aside" in opened(ada, address).html
    answer = ada.post(address, {"reason": "The shop sent them"}, follow=True)
    assert (
        "3 were set aside" in answer.content.decode() and matching.results_to_review().get() == left
    )


def test_who_may_not_settle_cannot_set_aside(priya, orphan):
    callback = orphan("READ")
    assert not any("/set-aside/" in link for link in opened(priya, "/results/unmatched/").links)
    assert (
        priya.post(
            f"/results/unmatched/set-aside/?id={callback.pk}", {"reason": "Nobody knows it"}
        ).status_code
        == 403
    )


# --- many -------------------------------------------------------------------------------------------------------------


def queries_of(client, address):
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return [query["sql"] for query in queries]


def test_a_full_page_asks_as_often_as_one_result(ada, orphan, unknown):
    orphan("READ", n=0)
    one = queries_of(ada, "/results/unmatched/")
    for n in range(1, 2 * ROWS):
        orphan("READ", "FAILED", n=n, workflowInvocationId=f"id-{n}", requestId=str(uuid.uuid4()))
    assert len(queries_of(ada, "/results/unmatched/")) <= len(one) + 1, (
        "and whether an answer named an id"
    )


def test_no_page_reads_all_of_ten_thousand(ada, orphan, account):
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
    deep = f"/results/unmatched/?before={(now - timedelta(seconds=9000)).isoformat().replace('+', '%2B')}&id=1"
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
        assert (
            "_by_time" in plan
            and "TEMP B-TREE" not in plan
            and "Sort" not in re.sub("Incremental Sort|Sort Key", "", plan)
        ), plan
