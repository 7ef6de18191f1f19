"""Columns are matched by heading and content; what is missing or double is said by code."""

from __future__ import annotations

from typing import Any

import pytest

from invocations.batches.columns import IGNORED, ColumnMap, Value, Wanted, propose
from tests.batches.files import table

WANTED = Wanted((Value("name", "First name"), Value("01", "Order", (2,))), has_second_number=True)
GOOD = "Mobile No.,first NAME,Order\n+91 98765-12340,Asha,KF-1\n"


def mapped(content: str, wanted: Wanted = WANTED, **options: Any) -> ColumnMap:
    found = table(content)
    return propose(found.headings, found.sample, wanted, **options)


def problems(found: ColumnMap) -> dict[str, dict[str, object]]:
    return {problem.code: dict(problem.facts) for problem in found.problems}


def test_headings_that_are_alike_are_matched() -> None:
    found = mapped(GOOD)
    assert found.places == ("recipient", "name", "01")
    assert found.is_complete


def test_the_number_is_found_by_what_is_in_its_column() -> None:
    found = mapped("Wer,name,01\n919876512340,Asha,1\n+44 7700 900123,Bo,2\n")
    assert found.places[0] == "recipient"


@pytest.mark.parametrize("heading", ["Phone,Mobile", "a,b"])
def test_two_columns_that_may_be_the_number_are_asked_about(heading: str) -> None:
    found = mapped(f"{heading},name,01\n919876512340,919876512341,A,1\n")
    assert problems(found) == {"recipient_unsure": {"columns": (0, 1)}}


def test_a_file_without_a_number_is_told() -> None:
    assert "recipient_missing" in problems(mapped("name,01\nAsha,KF-1\n"))


def test_a_value_without_a_column_is_named_until_it_is_given() -> None:
    content = "Phone,name\n919876512340,Asha\n"
    missing = {"value_missing": {"key": "01", "label": "Order", "channels": (2,)}}
    assert problems(mapped(content)) == missing
    assert mapped(content, fixed={"01": "KF"}).is_complete
    assert mapped(content, fixed={"2:01": "KF"}).is_complete
    assert mapped(content, fallbacks={"01": "KF"}).is_complete


def test_an_explicit_column_wins_over_its_heading() -> None:
    found = mapped(GOOD, explicit={"A": "01", "Order": "recipient"})
    assert found.places == ("01", "name", "recipient")


def test_a_column_can_be_left_out_knowingly() -> None:
    found = mapped(GOOD + "1,2,3\n", explicit={"Order": IGNORED})
    assert found.places[2] == ""
    assert not found.used(2)


def test_each_channel_can_have_a_column_of_its_own() -> None:
    found = mapped("Phone,send1.name,2:name,01\n919876512340,A,B,C\n")
    assert found.places == ("recipient", "1:name", "2:name", "01")
    assert found.is_complete


def test_a_second_number_and_a_ticket_are_matched() -> None:
    found = mapped("Phone,SMS number,Ticket,name,01\n919876512340,919876512341,T-1,A,B\n")
    assert found.places[:3] == ("recipient", "recipient2", "reference")


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"explicit": {"Nope": "name"}}, "no_such_column"),
        ({"explicit": {"Order": "nope"}}, "no_such_place"),
        ({"explicit": {"Order": "1:01"}}, "no_such_place"),
        ({"explicit": {"Order": "recipient", "A": "recipient"}}, "place_twice"),
        ({"fixed": {"recipient": "1"}, "explicit": {"A": "recipient"}}, "column_and_fixed"),
        ({"fixed": {"nope": "1"}}, "no_such_place"),
        ({"explicit": {"Order": "recipient"}}, "recipient_looks_wrong"),
    ],
)
def test_a_mapping_that_cannot_be_is_said_by_code(options: dict[str, Any], code: str) -> None:
    assert code in problems(mapped(GOOD, **options))


def test_two_equal_headings_are_never_taken_by_their_name() -> None:
    content = "Phone,name,name,01\n919876512340,A,B,C\n"
    assert problems(mapped(content))["place_twice"] == {"place": "name", "columns": (1, 2)}
    chosen = mapped(content, explicit={"C": "name"})
    assert chosen.places == ("recipient", "", "name", "01")
    assert "column_ambiguous" in problems(mapped(content, explicit={"name": "name"}))


def test_a_row_becomes_texts_by_place_byte_for_byte() -> None:
    content = "Phone,name,01\n1, Asha ,\n2\n"
    found = mapped(content, explicit={"A": "recipient"}, fallbacks={"01": "KF"})
    assert [found.texts_of(row) for row in table(content).rows] == [
        {"recipient": "1", "name": " Asha ", "01": "KF"},
        {"recipient": "2", "name": "", "01": "KF"},
    ]


def test_a_file_without_headings_is_mapped_by_letters() -> None:
    found = mapped("919876512340,Asha,KF\n919876512341,Bo,KG\n", explicit={"B": "name", "C": "01"})
    assert found.places == ("recipient", "name", "01")
