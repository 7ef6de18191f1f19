"""Some people type a customer's number as the ticket: it is masked like a number."""

import pytest

from invocations.history.references import masked_reference

NUMBER = "CARE 98765 43210"


@pytest.fixture
def row(recorded, django_user_model, priya):
    sender = django_user_model.objects.get(username="priya")
    return recorded(reference=NUMBER, created_by=sender)


@pytest.mark.parametrize(
    "ticket", ["CARE-7731", "INC0012345", "#123456789", "KF-20418/2", "2026-03-02 10:00"]
)
def test_the_number_of_a_ticket_stays(ticket):
    assert masked_reference(ticket) == ticket


@pytest.mark.parametrize(
    "number", ["9876543210", "+91 98765 43210", "91-98765-43210", "+6591234567"]
)
def test_a_phone_number_goes(number):
    assert masked_reference(f"CARE {number}") == f"CARE [number ending in {number[-4:]}]"


@pytest.mark.parametrize("address", ["/history/", "/", "/history/{id}/", "/history/{id}/note/"])
def test_it_is_masked_on_each_page_of_support(priya, row, address):
    page = priya.get(address.format(id=row.request_id)).content.decode()
    assert "[number ending in 3210]" in page
    assert "98765 43210" not in page


def test_whoever_may_see_numbers_reads_it_whole_once_they_ask(ada, row):
    page = f"/history/{row.request_id}/"
    assert NUMBER not in ada.get(page).content.decode()
    assert NUMBER in ada.post(f"{page}number/").content.decode()


def test_a_search_by_its_beginning_does_not_show_the_rest(priya, row, recorded):
    recorded(reference="CARE 9")
    page = priya.post("/find/", {"q": "CARE 9"}).content.decode()
    assert "[number ending in 3210]" in page and "98765 43210" not in page
