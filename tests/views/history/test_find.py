"""The search box of every page: messages, workflows and pages, by a text that is posted."""

import uuid

import pytest
from django.contrib.auth.models import Group, Permission

from invocations.kaleyra.payload import Send
from invocations.sending.record import record
from tests.conftest import sign_in_again
from tests.views.pages import Page, opened, words_of


@pytest.fixture
def find(priya):
    """find("…", client): the answer to the posted text."""

    def find(typed, client=priya):
        return client.post("/find/", {"q": typed})

    return find


def test_the_only_hit_is_opened(find, recorded):
    row = recorded(reference="KF-20418")
    for typed in (str(row.request_id), "kf-20418", "KF-204", "+91 98765 43202", "98765 43202"):
        assert find(typed).headers["Location"] == f"/history/{row.request_id}/", typed
    assert find("delayed").headers["Location"] == f"/send/{row.workflow_instance_id}/"
    assert find("my num").headers["Location"] == "/me/"


def test_several_hits_are_listed_with_masked_numbers(find, recorded):
    rows = [recorded() for _ in range(12)]
    answer = find("919876543202")
    links = Page(answer).links
    assert f"/history/{rows[-1].request_id}/" in links and "98765" not in words_of(answer)
    assert "Show all in the history" in words_of(answer)


@pytest.fixture
def orders(make_workflow):
    """orders("KF-20418", "919876543202"): a message with this order number to this number."""
    words = [{"key": "02", "label": "Order number", "is_searchable": True}]
    workflow = make_workflow("Hello {{1}}: {{2}}", "Dear {#var#}: {#var#}", words=words)

    def recorded(order, number="919876543202", **options):
        sends = [Send(number, {"01": "Asha", "02": order})] * 2
        options = {"request_id": uuid.uuid4(), "created_by": None} | options
        return record(workflow, sends, **options)[0]

    return recorded


def test_an_order_number_opens_its_only_message(find, orders):
    row = orders("KF-20418")
    orders("KF-20419")
    for typed in ("KF-20418", " kf-20418\u200b "):
        assert find(typed).headers["Location"] == f"/history/{row.request_id}/", typed
    assert "Nothing found." in words_of(find("KF-2041"))


def test_several_messages_of_one_order_offer_the_people_they_went_to(find, orders):
    first, *_more = [orders("KF-20418") for _ in range(3)]
    other = orders("kf-20418", "918061234581")
    answer = find("KF-20418")
    said = words_of(answer)
    assert "4 messages with Order number “KF-20418”, to 2 people." in said
    assert "Order number KF-20418" in said
    links = [link for link in Page(answer).links if "/person/" in link]
    digests = [first.recipient_digest, other.recipient_digest]
    assert links == [f"/history/person/{digest}/" for digest in digests]


def test_of_many_hits_the_newest_are_told_as_such(find, orders, monkeypatch):
    monkeypatch.setattr("invocations.views.history.list_rows.HISTORY_PAGE_SIZE", 2)
    for _ in range(3):
        orders("KF-20418")
    assert "The newest 2 messages with Order number “KF-20418”" in words_of(find("KF-20418"))


def test_a_text_found_in_two_ways_says_both(find, orders):
    orders("KF-20418")
    orders("KF-1", reference="KF-20418")
    said = words_of(find("KF-20418"))
    assert "2 messages with the ticket “KF-20418” or Order number “KF-20418”" in said


def test_the_beginning_of_a_ticket_says_so(find, orders):
    for number in (1, 2):
        orders("KF-1", reference=f"CARE-77{number}")
    said = words_of(find("care-77"))
    assert "2 messages with a ticket that begins with “care-77”" in said
    assert "Ticket CARE-771" in said


def test_whoever_sees_no_values_finds_no_message_by_one(find, orders, rosa):
    row = orders("KF-20418", reference="CARE-1")
    Group.objects.get(name="Reviewer").permissions.remove(
        Permission.objects.get(codename="view_values")
    )
    sign_in_again(rosa)
    assert "Nothing found." in words_of(find("KF-20418", rosa))
    assert find("CARE-1", rosa).headers["Location"] == f"/history/{row.request_id}/"
    assert "No message" not in words_of(rosa.post("/history/", {"q": "KF-20418"}))


@pytest.mark.parametrize("typed", ["KF-20418", "+91 98765 43202"])
def test_what_is_typed_is_in_no_log_no_address_and_no_session(find, orders, priya, caplog, typed):
    orders("KF-20418", reference="CARE-1")
    caplog.set_level("DEBUG")
    address = find(typed).headers["Location"]
    orders("KF-20418")
    links = Page(find(typed)).links
    kept = [address, *links, caplog.text, str(dict(priya.session.items()))]
    assert not [text for text in kept if "20418" in text or "43202" in text]


def test_nothing_found_names_the_values_that_are_searchable(find, orders):
    assert "Searchable values: Order number." in words_of(find("KF-99999"))


def test_the_history_finds_by_a_value_too_and_shows_the_hit(priya, orders):
    orders("KF-20418")
    orders("KF-20419")
    said = words_of(priya.post("/history/", {"q": "kf-20418"}))
    assert "1 message with Order number “kf-20418”, to 1 person." in said
    assert "Order number kf-20418" in said


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
def test_every_page_has_one_search_box_and_none_asks_by_get(ada, account, address):
    page = opened(ada, address)
    boxes = [form for form in page.forms if form.action in {"/find/", "/history/"} and "q" in form]
    assert [form.method for form in boxes] == ["post"]
    assert page.html.count("data-find") == 1


def test_unfolds_search_is_gone(sven, client):
    assert sven.get("/search/?s=pods&extended=1").status_code == 404


@pytest.mark.parametrize("typed", ["", " ", "a" * 5000, "\0", "%", "' OR 1=1", "9" * 120])
def test_anything_may_be_typed(find, recorded, typed):
    recorded()
    assert find(typed).status_code in (200, 302)
