"""What opens beside the list."""

from django.test import Client
from django.utils import timezone

from invocations.models import Invocation
from tests.views.conftest import DIGITS
from tests.views.pages import Page, opened


def beside(client: Client, row) -> Page:
    answer = client.get(f"/history/{row.request_id}/beside/", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return Page(answer)


def test_it_says_in_short_what_the_page_says(priya, recorded):
    row = recorded(reference="T-9")
    page = beside(priya, row)
    assert page.links[-1] == f"/history/{row.request_id}/"
    assert str(row.request_id) in page.html
    assert "T-9" in page.html
    assert "<html" not in page.html and "every" in page.html  # it is still on its way
    assert DIGITS not in page.html and "98765432" not in page.html


def test_each_row_names_what_opens_beside_it_and_links_to_its_page(priya, recorded):
    row = recorded()
    page = opened(priya, "/history/")
    assert f'data-beside="/history/{row.request_id}/beside/"' in page.html
    assert f"/history/{row.request_id}/" in page.links


def test_opened_by_itself_it_is_the_page(priya, recorded):
    row = recorded()
    assert (
        priya.get(f"/history/{row.request_id}/beside/").headers["Location"]
        == f"/history/{row.request_id}/"
    )


def test_it_says_what_to_do_next_and_names_no_button_that_is_not_there(priya, rosa, recorded):
    row = recorded()
    doubt = {"doubtful_since": timezone.now(), "doubt_count": 1}
    Invocation.objects.filter(pk=row.pk).update(
        status="unknown", reason="timeout", due_at=None, **doubt
    )
    page = beside(priya, row)
    assert "Check safely" in page.html
    assert f"/history/{row.request_id}/try-again/" in [form.action for form in page.forms]
    assert "What to do next" in beside(rosa, row).html
    assert "Check safely" not in beside(rosa, row).html


def test_where_a_delivery_was_reported_nothing_is_left_to_do(priya, recorded):
    row = recorded()
    Invocation.objects.filter(pk=row.pk).update(
        status="accepted", due_at=None, delivery="completed", deciding_channel=1
    )
    assert "What to do next" not in beside(priya, row).html
