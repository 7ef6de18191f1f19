"""The headings are found where they are, and what is doubtful about them is told."""

from __future__ import annotations

import pytest

from invocations.batches.recipient_file import FileRefused
from invocations.batches.recipient_file.headings import Table
from tests.batches.files import table


def codes(found: Table) -> dict[str, dict[str, object]]:
    return {note.code: dict(note.facts) for note in found.notes}


def test_headings_in_the_first_row_are_taken_without_a_word() -> None:
    found = table("Phone,Name\n919876512340,Asha\n")
    assert (found.headings, found.heading_row, found.notes) == (("Phone", "Name"), 1, ())


def test_headings_below_a_title_are_found_and_told() -> None:
    found = table("Delays of 28 November\n\nPhone,Name,Day\n919876512340,Asha,Tue\n")
    assert found.headings == ("Phone", "Name", "Day")
    assert codes(found) == {"heading_row_not_first": {"row": 3}}
    assert [row.number for row in found.rows] == [4]


def test_a_file_without_headings_is_told_and_loses_no_row() -> None:
    found = table("919876512340,Asha\n919876512341,Ravi\n")
    assert "no_heading_row" in codes(found)
    assert [row.number for row in found.rows] == [1, 2]
    assert found.name(1) == "B"


def test_a_person_can_say_which_row_holds_the_headings() -> None:
    content = "a,b\nPhone,Name\n1,A\n"
    assert table(content, 2).headings == ("Phone", "Name")
    assert len(list(table(content, 0).rows)) == 3
    with pytest.raises(FileRefused, match="no_such_heading_row"):
        table(content, 9)


def test_headings_alone_are_refused() -> None:
    with pytest.raises(FileRefused, match="no_rows"):
        table("Phone,Name\r\n")


def test_equal_and_blank_headings_are_told_with_their_letters() -> None:
    found = table("Phone,Name,,name\n919876512340,A,B,C\n")
    assert codes(found) == {
        "equal_headings": {"heading": "Name", "columns": ("B", "D")},
        "blank_heading": {"column": "C"},
    }


def test_a_list_of_numbers_under_one_heading_is_a_table() -> None:
    found = table("Phone\n919876512340\n919876512341\n")
    assert (found.headings, len(list(found.rows))) == (("Phone",), 2)


@pytest.mark.parametrize("day", ["2026-11-28", "28.11.2026", "28/11/2026", "2026.11.28"])
def test_a_day_in_a_title_is_no_row_of_data(day: str) -> None:
    found = table(f"Delays,{day}\n\nPhone,Name,Day\n919876512340,Asha,Tue\n")
    assert (found.heading_row, found.headings) == (3, ("Phone", "Name", "Day"))
