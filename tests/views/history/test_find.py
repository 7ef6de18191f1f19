"""The page behind Ctrl+K: messages, workflows and pages, by a text that is posted."""

import pytest

from tests.views.pages import Page, opened, words_of


@pytest.fixture
def find(priya):
    """find("…", client): the answer to the posted text."""

    def find(typed, client=priya):
        return client.post("/find/", {"q": typed})

    return find


def test_the_only_hit_is_opened(find, recorded):
    row = recorded(reference="KF-20418")
    for typed in (str(row.request_id), "kf-20418", "+91 98765 43202", "98765 43202"):
        assert find(typed).headers["Location"] == f"/history/{row.request_id}/", typed
    assert find("delayed").headers["Location"] == f"/send/{row.workflow_instance_id}/"
    assert find("my num").headers["Location"] == "/me/"


def test_several_hits_are_listed_with_masked_numbers(find, recorded):
    rows = [recorded() for _ in range(12)]
    answer = find("919876543202")
    links = Page(answer).links
    assert f"/history/{rows[-1].request_id}/" in links and "98765" not in words_of(answer)
    assert "Show all in the history" in words_of(answer)


def test_nobody_finds_what_they_may_not_open(find, recorded, nina, rosa):
    row = recorded(reference="KF-20418")
    assert "Nothing found." in words_of(find("KF-20418", nina))
    assert "Nothing found." in words_of(find("Order delayed", rosa))
    assert find("KF-20418", rosa).headers["Location"] == f"/history/{row.request_id}/"
    row.workflow_instance.groups.create(name="Others")
    assert "Nothing found." in words_of(find("Order delayed"))
    assert "Nothing found." in words_of(find("Pods"))


def test_nothing_found_says_how_each_kind_is_found_and_nothing_typed_says_nothing(find):
    said = words_of(find("KF-99999"))
    assert "Nothing found." in said
    assert "A workflow or a page is found by a part of its name." in said
    assert "Nothing found." not in words_of(find("")) + words_of(find(" "))


def test_what_was_typed_is_not_taken_from_an_address(priya, recorded):
    recorded(reference="KF-20418")
    assert "KF-20418" not in priya.get("/find/?q=KF-20418").content.decode()


@pytest.mark.parametrize("address", ["/", "/history/", "/invocations/pod/"])
def test_every_page_has_the_dialog_and_none_asks_by_get(ada, account, address):
    page = opened(ada, address)
    assert [form.method for form in page.forms if form.action == "/find/"] == ["post"]
    assert "hx-get" not in page.html.partition('id="find"')[2]


def test_unfolds_search_is_gone(sven, client):
    assert sven.get("/search/?s=pods&extended=1").status_code == 404


@pytest.mark.parametrize("typed", ["", " ", "a" * 5000, "\0", "%", "' OR 1=1", "9" * 120])
def test_anything_may_be_typed(find, recorded, typed):
    recorded()
    assert find(typed).status_code in (200, 302)
