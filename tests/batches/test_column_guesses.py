"""Columns are guessed by what customers' files call them, and only where it can be nothing else."""

from __future__ import annotations

import pytest

from invocations.batches.columns import ColumnMap, Value, Wanted, propose
from tests.batches.files import table

WANTED = Wanted(
    (Value("01", "First name"), Value("02", "Order number"), Value("03", "Day")),
    has_second_number=True,
)


def places(content: str, wanted: Wanted = WANTED) -> tuple[str, ...]:
    return mapped(content, wanted).places


def mapped(content: str, wanted: Wanted = WANTED) -> ColumnMap:
    found = table(content)
    return propose(found.headings, found.sample, wanted)


def codes(found: ColumnMap) -> list[str]:
    return [problem.code for problem in found.problems]


@pytest.mark.parametrize(
    "heading",
    [
        *("Phone", "Mobile", "Mobile No.", "MOBILE_NUMBER", "Telefon", "Handy", "WhatsApp number"),
        *("msisdn", "Contact", "Contact No", "Customer Phone", "Tel.", "Número", "फोन नंबर"),
        *("मोबाइल", "Téléphone", "Number"),
    ],
)
def test_headings_of_real_files_are_the_number(heading: str) -> None:
    assert places(f"City,{heading}\nPune,919876512340\nBonn,+4915123456789\n")[1] == "recipient"


@pytest.mark.parametrize("cells", ["Asha", "KF-20418", "20418", "2026-11-28", "28.11.2026"])
def test_a_contact_or_number_that_holds_none_is_not_taken(cells: str) -> None:
    for heading in ("Contact", "Number", "To"):
        found = mapped(f"{heading},City\n{cells},Pune\n")
        assert "recipient" not in found.places
        assert "recipient_missing" in codes(found)


def test_order_numbers_as_long_as_a_phone_number_are_not_taken_for_one() -> None:
    found = mapped("Bestellung,Tag\n4000123456,Mo\n4000123457,Di\n")
    assert "recipient" not in found.places
    assert "recipient_missing" in codes(found)


def test_days_are_no_numbers() -> None:
    assert "recipient" not in places("Wann,City\n2026-11-28,Pune\n28.11.2026,Pune\n")


def test_numbers_of_any_script_are_seen() -> None:
    assert places("Wer,City\n\u200b९१९८७६५१२३४०,Pune\n")[0] == "recipient"


def test_another_phone_of_the_customer_is_not_written_to_unasked() -> None:
    assert places("Phone,Phone 2,Alternate number\n919876512340,919876512341,919876512342\n") == (
        "recipient",
        "",
        "",
    )


@pytest.mark.parametrize("heading", ["Customer", "Name", "customer_name", "Vorname"])
def test_one_word_in_each_cell_is_a_first_name(heading: str) -> None:
    assert places(f"Phone,{heading}\n919876512340,Asha\n919876512341,Jean-Luc\n")[1] == "01"


@pytest.mark.parametrize("cell", ["Rao, Asha", "Asha Rao", "C-10023", "Kaveri Foods Ltd", ""])
def test_a_customer_that_may_be_something_else_is_left_to_the_person(cell: str) -> None:
    assert places(f'Phone,Customer\n919876512340,"{cell}"\n919876512341,"{cell}"\n')[1] == ""


def test_two_columns_that_may_be_the_name_are_left_to_the_person() -> None:
    assert places("Phone,Customer,Name\n919876512340,Asha,Bina\n")[1:] == ("", "")
    assert places("Phone,First name,Name\n919876512340,Asha,Bina\n")[1:] == ("01", "")


def test_an_order_is_the_order_number_if_one_is_wanted_and_else_the_ticket() -> None:
    content = "Phone,Order No.\n919876512340,KF-1\n"
    assert places(content)[1] == "02"
    assert places(content, Wanted((Value("01", "First name"),)))[1] == "reference"
    assert places("Phone,Order\n919876512340,two shirts\n")[1] == ""


@pytest.mark.parametrize("heading", ["Ref", "Ref. no.", "Ticket", "Case ID", "Reference number"])
def test_a_reference_is_the_ticket(heading: str) -> None:
    assert places(f"Phone,{heading}\n919876512340,T-1\n")[1] == "reference"


def test_hindi_headings_keep_their_signs() -> None:
    wanted = Wanted((Value("01", "नाम"), Value("02", "नम")))
    assert places("Phone,नाम,नम\n919876512340,A,B\n", wanted) == ("recipient", "01", "02")
