"""The history's pages: no gap, no row twice, back and forth."""

import pytest

from invocations.models.encryption import digests
from invocations.models.recipients import RECIPIENT_DIGEST
from tests.views.conftest import DIGITS
from tests.views.history.history_page import ids_on, listed_ids
from tests.views.pages import Page, opened


@pytest.mark.parametrize("before", ["9" * 5000, "-1", "²", "x", "", "%00"])
def test_an_invalid_start_shows_the_first_page(priya, recorded, before):
    row = recorded()
    assert listed_ids(priya, f"?before={before}") == [str(row.request_id)]


def test_pages_have_no_gap_and_no_row_twice_while_new_rows_come_in(priya, many):
    rows = [str(row.request_id) for row in many(120)]
    seen, address = [], "/history/"
    while address:
        page = opened(priya, address)
        seen += ids_on(page)
        many(3)
        older = [link for link in page.links if "before=" in link]
        address = older[0] if older else ""
    assert seen == rows[::-1]


def test_pages_of_a_search_and_of_a_filter(priya, many):
    digest = digests(DIGITS, RECIPIENT_DIGEST)[0]
    rows = [str(row.request_id) for row in many(60, recipient_digest=digest, status="unknown")]
    many(60)
    page = Page(priya.post("/history/?status=unknown", {"q": DIGITS}))
    seen = ids_on(page)
    form = page.form("before")
    assert form["q"] == DIGITS and form.action == "/history/?status=unknown"
    assert seen + ids_on(Page(priya.post(form.action, form.fields))) == rows[::-1]
    page = opened(priya, "/history/?status=unknown")
    assert "/history/?status=unknown&before=" in " ".join(page.links)


def test_newer_pages_lead_back_through_the_same_rows(priya, many):
    rows = [str(row.request_id) for row in many(130)][::-1]
    older = "/history/"
    for _ in range(2):
        older = next(link for link in opened(priya, older).links if "before=" in link)
    last = opened(priya, older)
    assert ids_on(last) == rows[100:]
    middle = opened(priya, next(link for link in last.links if "after=" in link))
    assert ids_on(middle) == rows[50:100]
    newest = opened(priya, next(link for link in middle.links if "after=" in link))
    assert ids_on(newest) == rows[:50] and not [link for link in newest.links if "after=" in link]
    last_again = opened(priya, next(link for link in middle.links if "before=" in link))
    assert ids_on(last_again) == rows[100:]


def test_a_search_pages_in_both_directions(priya, many):
    rows = [str(row.request_id) for row in many(110, reference="T-1")][::-1]
    page = Page(priya.post("/history/", {"q": "t-1"}))
    for _ in range(2):
        page = Page(priya.post("/history/", page.form("before").fields))
    assert ids_on(page) == rows[100:]
    assert ids_on(Page(priya.post("/history/", page.form("after").fields))) == rows[50:100]


def test_exactly_one_full_page_has_no_older_one(priya, many):
    many(50)
    page = opened(priya, "/history/")
    assert len(ids_on(page)) == 50 and "Older" not in page.html
