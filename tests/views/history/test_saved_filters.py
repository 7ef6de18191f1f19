"""Saved filters: one's own, shared ones, and nothing in them but filters."""

import pytest

from invocations.models import SavedFilter
from tests.views.pages import Page, opened


def save(client, query="status=held", name="Held ones", **more):
    return client.post("/history/filters/", {"query": query, "name": name, **more})


def named(client):
    return [saved.name for saved in client.get("/history/").context["saved_filters"]]


def test_filters_are_saved_from_the_list_and_lead_back_to_it(priya):
    form = opened(priya, "/history/?status=held&delivery=double").form("query")
    answer = priya.post(form.action, {**form.fields, "name": "Odd ones"})
    assert answer.headers["Location"] == "/history/?status=held&delivery=double"
    assert "/history/?status=held&delivery=double" in opened(priya, "/history/").links


def test_one_saved_when_the_channel_was_a_question_of_its_own_still_filters_and_is_seen_to(priya):
    SavedFilter.objects.create(person=priya.person, name="Doubles", query="channel=double")
    page = opened(priya, "/history/?channel=double")
    assert "Delivery: May have arrived twice" in page.html
    assert 'aria-current="true">Doubles' in page.html


def test_ones_own_are_ones_own_and_shared_ones_are_everybodys(priya, rosa):
    save(priya), save(priya, name="For all", is_shared="on")
    assert named(priya) == ["For all", "Held ones"] and named(rosa) == ["For all"]
    assert "shared by priya" in opened(rosa, "/history/").html


def test_the_same_name_again_takes_the_place_of_the_first(priya, rosa):
    save(priya), save(rosa, "status=queued"), save(priya, "status=unknown")
    assert {(saved.person.username, saved.query) for saved in SavedFilter.objects.all()} == {
        ("priya", "status=unknown"),
        ("rosa", "status=queued"),
    }


@pytest.mark.parametrize("query", ["", "q=918061234581", "before=7", "status=nonsense", "x" * 1001])
def test_what_is_no_filter_is_not_kept(priya, query):
    assert save(priya, query).status_code == 302 and not SavedFilter.objects.exists()


def test_of_an_address_the_valid_filters_are_kept(priya):
    save(priya, "status=held&q=918061234581&workflow=99999&before=3")
    assert SavedFilter.objects.get().query == "status=held"


@pytest.mark.parametrize("name", ["", "x" * 61])
def test_a_wrong_name_is_told_and_the_filters_are_not_lost(priya, name):
    page = Page(save(priya, name=name))
    assert page.form("query")["query"] == "status=held"
    assert "error" in page.html
    assert not SavedFilter.objects.exists()


def test_only_ones_own_can_be_removed(priya, rosa):
    save(priya, is_shared="on")
    there = f"/history/filters/{SavedFilter.objects.get().pk}/remove/"
    assert "Remove the saved filter" not in opened(rosa, "/history/").html
    assert rosa.post(there).status_code == 404
    assert priya.post(there).status_code == 302 and named(priya) == []
