"""Files as people make them: the right rows are accepted, and the right ones named."""

from __future__ import annotations

import io

import pytest

from invocations.batches.column_json import Choice
from invocations.batches.dry_check import CheckedFile, dry_check
from invocations.batches.reading import Asked
from invocations.batches.recipient_file import FileRefused
from invocations.models import WorkflowInstance
from tests.batches.files import xlsx_of
from tests.batches.uploads import checked as stored
from tests.batches.uploads import rows_numbered

pytestmark = pytest.mark.django_db
NAME = Choice(fallbacks={"01": "customer"})


def checked(workflow: WorkflowInstance, content: bytes, choice: Choice = NAME) -> CheckedFile:
    stream = io.BytesIO(content)
    return dry_check(workflow, stream, asked=Asked(), choice=choice, most_bad=100)


def codes(found: CheckedFile) -> dict[int, str]:
    return {row: fault.code for row, fault in found.bad}


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ("\ufeffPhone;Name\r\n919876512340;Asha".encode(), 1),
        (b"sep=;\r\nPhone;Name\r\n919876512340;Asha\r\n", 1),
        (b"Phone\tName\r\n919876512340\tAsha\r\n", 1),
        ("Phone,Name\r\n919876512340,Asha\r\n".encode("utf-16"), 1),
        (
            b"Phone,Name\n" + b"919876512340,A\n919876512341,B\n919876512342,C\n" + b",,,,\n" * 500,
            3,
        ),
        (b"Phone,Name,,Order\n919876512340,Asha,x,KF\n", 1),
        (b"919876512340,Asha\n919876512341,Bo\n", 2),
        (b"List of customers\n\nPhone,Name\n919876512340,Asha\n", 1),
        (b'Phone,Name\n919876512340,"Asha\nRao"\n919876512341,Bo\n', 2),
    ],
)
def test_a_file_in_any_shape_is_accepted(workflow, content: bytes, rows: int) -> None:
    found = checked(workflow, content)
    assert (found.counts.rows, found.counts.bad) == (rows, 0)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("9.19877E+11", "scientific"),
        ("9,19877E+11", "scientific"),
        ("09876543210", "no_country"),
        ("#REF!", "not_digits"),
        ("", "empty"),
        ("919876512340/41", "slash"),
        ("91987", "too_short"),
        ("919876512340 and 919876512341", "several_numbers"),
    ],
)
def test_a_ruined_number_is_named(workflow, number: str, code: str) -> None:
    content = f"Phone;Name\n{number};Asha\n919876512341;Bo\n919876512342;Chi\n"
    found = checked(workflow, content.encode(), Choice({"Phone": "recipient", "Name": "01"}))
    assert codes(found) == {2: code}


@pytest.mark.parametrize(
    "number", ["00919876543210", "+91 98765-43210", "919876512340.0", "+91 (98765) 43210"]
)
def test_a_number_in_another_spelling_is_accepted(workflow, number: str) -> None:
    found = checked(workflow, f"Phone,Name\n{number},Asha\n".encode())
    assert codes(found) == {}


def test_the_same_number_in_three_spellings_is_told(workflow) -> None:
    rows = b"Phone\n91 98765 43210\n+919876543210\n919876543210\n"
    found = checked(workflow, rows, Choice(fixed={"01": "you"}))
    assert codes(found) == {}
    assert found.summary.repeats == [(3, 2), (4, 2)]


def test_a_comma_in_a_name_shifts_no_value_unsaid(workflow) -> None:
    content = b"Phone,Name,Order,Day\n919876512340,Rao, Asha,KF-1,Thu\n919876512341,Bo,KF-2,Fri\n"
    assert codes(checked(workflow, content)) == {2: "more_cells_than_headings"}


@pytest.mark.parametrize("value", ['=HYPERLINK("http://x","y")', "@SUM(1)", "+1", "-2"])
def test_what_looks_like_a_formula_is_sent_byte_for_byte(workflow, value: str) -> None:
    quoted = value.replace('"', '""')
    content = f'Phone,01\n919876512340,"{quoted}"\n'.encode()
    assert codes(checked(workflow, content)) == {}
    batch = stored(workflow, content)
    assert rows_numbered(batch, [2])[2].cells[1] == value


def test_numbers_of_a_spreadsheet_are_whole(workflow) -> None:
    content = xlsx_of(["Phone", "01"], [919876512340, 12], [919876512341.0, 0.5])
    batch = stored(workflow, content)
    rows = rows_numbered(batch, [2, 3])
    assert [list(rows[row].cells) for row in (2, 3)] == [
        ["919876512340", "12"],
        ["919876512341", "0.5"],
    ]
    assert batch.bad_rows == 0


def test_a_number_of_more_than_15_digits_is_refused(workflow) -> None:
    content = xlsx_of(["Phone", "01"], [919876512340, 12345678901234568])
    assert codes(checked(workflow, content)) == {2: "over_15_digits"}


def test_a_file_of_other_bytes_is_refused_by_name(workflow) -> None:
    with pytest.raises(FileRefused) as refused:
        checked(workflow, "Phone,Name\n919876512340,José\n".encode("latin-1"))
    assert (refused.value.code, refused.value.facts) == ("not_utf8", {"row": 2})
