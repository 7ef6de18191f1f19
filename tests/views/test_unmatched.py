"""The page of results that belong to nobody yet."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from invocations import results
from invocations.kaleyra.callbacks import FlowResult
from invocations.models import Callback, Invocation
from invocations.views.unmatched import ROWS, WHY
from tests.views.pages import Page, opened

NUMBER = "919876543202"
"""Where `recorded()` sends to."""


@pytest.fixture
def orphan(account):
    """orphan("TIMEOUT", "DELIVERED", …): a result that names nobody we know."""

    def orphan(*codes, to=NUMBER, **more):
        channels = {f"channel{n}": {"channel": "sms", "statusCode": code, "to": to} for n, code in enumerate(codes, start=1)}
        return results.keep(account, json.dumps({"workflowInvocationId": "4AhJ", "result": channels} | more).encode())

    return orphan


@pytest.fixture
def unknown(recorded):
    row = recorded()
    Invocation.objects.update(status="unknown", reason="timeout", due_at=None, doubtful_since=timezone.now(), doubt_count=1)
    return row


def test_none_is_good_news(priya):
    assert "Every result has found its message." in opened(priya, "/results/unmatched/").html


def test_each_says_what_it_knows(priya, orphan):
    orphan("TIMEOUT", "Delivered")
    html = opened(priya, "/results/unmatched/").html
    for words in ("Acme", "4AhJ", "sms: TIMEOUT", "sms: Delivered", "+91 ••••• •3202", str(WHY["unknown_id"]), "What was posted"):
        assert words in html, words
    assert html.count('data-tone="delivered"') == 1


def test_every_reason_has_its_words():
    assert set(WHY) >= {"unknown_id", "under_way", "several", FlowResult(problem="no_id").problem}


def test_whole_numbers_are_for_those_who_may_see_them(priya, rosa, ada, account, orphan):
    orphan("READ")
    for raw in [f"to={NUMBER}&x", f'{{"to": {NUMBER}}}', f"to=%2B{NUMBER}", f'{{"result":{{"channel1":{{"to":"{NUMBER}","x":1}}}}']:
        results.keep(account, raw.encode())
    for browser, seen in [(priya, False), (rosa, False), (ada, True)]:
        html = opened(browser, "/results/unmatched/").html
        assert (NUMBER in html) is seen and "3202" in html


def test_what_was_posted_is_escaped_and_cut(priya, account, orphan):
    orphan("<script>alert(1)</script>", **{"from": "</pre><img src=x>"})
    results.keep(account, b"<script>" * 10_000)
    html = opened(priya, "/results/unmatched/").html
    assert "<script>alert" not in html and "<img src=x" not in html and "&lt;script&gt;alert" in html and len(html) < 200_000


def test_a_person_says_to_which_it_belongs(ada, orphan, unknown):
    callback = orphan("TIMEOUT", "DELIVERED")
    form = next(form for form in opened(ada, "/results/unmatched/").forms if form.action.endswith("/match/"))
    answer = ada.post(form.action, form.fields, follow=True)
    assert "The result is with its message now." in answer.content.decode() and Page(answer).status == 200
    callback.refresh_from_db()
    unknown.refresh_from_db()
    assert (callback.invocation, callback.matched_by) == (unknown, ada.person)
    assert (unknown.status, unknown.delivery, unknown.deciding_channel) == ("accepted", "completed", 2)
    assert "not suggested any more" in ada.post(form.action, form.fields, follow=True).content.decode()


def test_who_may_not_settle_sees_the_suggestion_and_no_button(priya, orphan, unknown):
    orphan("DELIVERED")
    page = opened(priya, "/results/unmatched/")
    assert f"/history/{unknown.request_id}/" in page.links and not any(form.action.endswith("/match/") for form in page.forms)


def test_only_what_is_suggested_can_be_joined(ada, orphan, unknown, recorded):
    callback, other = orphan("DELIVERED"), recorded("303")
    for wanted in [str(other.request_id), "", "x", "0" * 10**4]:
        ada.post(f"/results/unmatched/{callback.pk}/match/", {"invocation": wanted})
    for there in [10**6, 10**30]:
        assert ada.post(f"/results/unmatched/{there}/match/", {"invocation": str(unknown.request_id)}).status_code in {302, 404}
    assert results.unmatched().get() == callback


def test_the_menu_counts_them_and_offers_the_page_to_who_can_do_something(priya, ada, orphan):
    assert "/results/unmatched/" not in opened(priya, "/").links and "/results/unmatched/" in opened(ada, "/").links
    orphan("READ")
    assert "/results/unmatched/" in opened(priya, "/").links


def test_a_second_page_goes_on_where_the_first_ended(priya, orphan):
    now = timezone.now()
    for n in range(ROWS + 3):
        Callback.objects.filter(pk=orphan("READ", n=n).pk).update(received_at=now - timedelta(minutes=n), workflow_invocation_id=f"id-{n}-")
    first = opened(priya, "/results/unmatched/")
    [older] = [link for link in first.links if "before=" in link]
    second = opened(priya, older)
    assert [[f"id-{n}-" in page.html for n in (0, ROWS - 1, ROWS, ROWS + 2)] for page in (first, second)] == [
        [True, True, False, False],
        [False, False, True, True],
    ]
    for odd in ["x", "9999-99-99", "0001-01-01T00:00:00Z", "\0", "2026-01-01"]:
        assert priya.get("/results/unmatched/", {"before": odd}).status_code == 200
