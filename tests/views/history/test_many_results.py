"""A message with hundreds of attempts and results: its page shows both ends, and pages the rest."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from invocations.history.excerpts import ENDS, PER_PAGE, excerpt
from invocations.models import Attempt, Callback, Invocation
from tests.views.history.invocation_page import page_of, timeline_of, words_on
from tests.views.pages import opened

MANY = 300


@pytest.fixture
def busy(accepted):
    """busy(300): a message with that many attempts and results, each result with a long body."""

    def busy(count):
        row = accepted()
        first = row.attempts.get()
        Attempt.objects.bulk_create(
            Attempt(
                invocation=row,
                number=number,
                started_at=first.started_at,
                outcome="doubtful",
                reason="timeout",
            )
            for number in range(2, count + 1)
        )
        Callback.objects.bulk_create(
            Callback(
                account=row.account,
                digest=f"{row.pk}-{number}",
                body=f"result {number}. " + "x" * 2000,
                received_at=row.created_at,
                last_received_at=row.created_at,
                execution_status="RUNNING",
                invocation=row,
                matched_at=row.created_at,
            )
            for number in range(1, count + 1)
        )
        Invocation.objects.filter(pk=row.pk).update(attempt_count=count)
        return row

    return busy


def numbers(html, what):
    return [int(number) for number in re.findall(rf'id="{what}-([0-9]+)"', html)]


def bodies(html):
    return [int(number) for number in re.findall(r"result ([0-9]+)\. x", html)]


def test_the_page_shows_both_ends_and_says_how_many_it_leaves_out(priya, busy):
    row = busy(MANY)
    html = page_of(priya, row).html
    newest_first = list(range(MANY, 0, -1))
    ends = newest_first[:ENDS] + newest_first[-ENDS:]
    assert numbers(html, "attempt") == ends and bodies(html) == ends
    assert f"{MANY - 2 * ENDS} more between these are not shown." in words_on(priya, row)
    timeline = timeline_of(priya, row)
    assert timeline.count("Attempt ") == 2 * ENDS and "290 more attempts" in timeline


@pytest.mark.parametrize("name", ["attempts", "results"])
def test_every_row_is_on_one_of_its_pages(priya, busy, name):
    row, found, address = busy(60), [], f"?{name}=1"
    while address:
        page = opened(priya, f"/history/{row.request_id}/{address}")
        found += numbers(page.html, "attempt") if name == "attempts" else bodies(page.html)
        links = re.findall(rf'href="[^"]*(\?{name}=[0-9]+)#h-at">Older', page.html)
        address = links[0] if links else ""
    assert found == list(range(60, 0, -1))


def test_its_pages_and_the_panel_beside_the_list_stay_small(priya, busy):
    sizes, queries = {}, {}
    for count in (20, MANY):
        row = busy(count)
        for address in ("", "?attempts=1", "?results=1", "beside/"):
            with CaptureQueriesContext(connection) as captured:
                answer = priya.get(
                    f"/history/{row.request_id}/{address}", headers={"HX-Request": "true"}
                )
            sizes[count, address] = len(answer.content)
            queries[count, address] = len(captured)
            assert answer.status_code == 200
    for address in ("", "?attempts=1", "?results=1", "beside/"):
        assert sizes[MANY, address] < 1.6 * sizes[20, address]
        assert queries[MANY, address] <= queries[20, address] <= 26


@pytest.mark.parametrize("page", ["0", "-1", "99999", "999999999999", "x", "", "²", "1.5", "%00"])
def test_an_odd_page_number_is_no_error(priya, busy, page):
    row = busy(60)
    assert numbers(opened(priya, f"/history/{row.request_id}/?attempts={page}").html, "attempt")


def test_a_short_list_is_shown_whole(priya, busy):
    row = busy(2 * ENDS + 1)
    html = page_of(priya, row).html
    assert len(numbers(html, "attempt")) == 2 * ENDS + 1 and "not shown" not in html


@pytest.mark.parametrize("total", [0, 1, 11, 12, 24, 25, 26, 50, 51, 300])
def test_an_excerpt_and_its_pages_lose_no_row(total):
    rows = list(range(total))
    ends = excerpt(rows)
    assert ends.hidden + len(ends.shown) == total and set(ends.shown) <= set(rows)
    pages = [excerpt(rows, page) for page in range(1, -(-total // PER_PAGE) + 1)]
    if ends.hidden:
        assert [row for page in pages for row in page.rows] == rows
        assert [page.older for page in pages][-1] is None and pages[0].newer is None
