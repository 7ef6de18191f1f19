"""A CSV is read strictly: as what it is, or not at all."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator

import pytest

from invocations.batches.recipient_file import LIMITS, Limits, open_file
from tests.batches.files import ROWS, faults, notes, read, refusal, table, texts

PERSON = ["919876512340", "Asha"]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", "^", "~"])
def test_any_separator_is_found(separator: str) -> None:
    assert texts(ROWS.replace(",", separator)) == [["Phone", "Name"], PERSON]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_utf_8_and_utf_16_are_read(encoding: str) -> None:
    text = "Phone,Name\n919876512340,अाशा 😀\n"
    assert texts(text.encode(encoding))[1] == ["919876512340", "अाशा 😀"]


def test_big_endian_utf_16_is_read_by_its_mark() -> None:
    assert texts("\ufeff".encode("utf-16-be") + ROWS.encode("utf-16-be"))[1] == PERSON


def test_a_byte_order_mark_before_a_quoted_heading_is_no_part_of_it() -> None:
    assert texts(b'\xef\xbb\xbf"Phone","Name"\n1,2')[0] == ["Phone", "Name"]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (ROWS.encode("utf-32"), "utf-32"),
        (ROWS.encode("utf-16-le"), "utf-16 without a byte order mark"),
        (ROWS.encode("utf-16-be"), "utf-16 without a byte order mark"),
        (b"+/v8-" + ROWS.encode(), "utf-7"),
        (b"\x84\x31\x95\x33" + ROWS.encode("gb18030"), "gb18030"),
    ],
)
def test_another_encoding_is_refused_by_name(content: bytes, name: str) -> None:
    assert refusal(content) == ("encoding", {"name": name})


@pytest.mark.parametrize("encoding", ["cp1252", "cp1251", "shift-jis", "gb2312"])
def test_what_is_no_utf_8_is_refused_and_never_guessed(encoding: str) -> None:
    word = {"cp1252": "Zoë", "cp1251": "Аша", "shift-jis": "アシャ", "gb2312": "阿莎"}[encoding]
    assert refusal((ROWS + f"1,{word}\n").encode(encoding))[0] == "not_utf8"


def test_one_bad_byte_far_below_refuses_the_file() -> None:
    content = ROWS.encode() * 20_000 + b"919876512340,Zo\xeb\n"
    code, facts = refusal(content)
    assert (code, facts["row"]) == ("not_utf8", 40_001)


def test_half_a_character_at_the_end_of_utf_16_is_refused() -> None:
    assert refusal(ROWS.encode("utf-16")[:-1])[0] == "incomplete_utf16"


def test_the_separator_line_of_excel_is_no_row() -> None:
    rows = read("sep=;\r\nPhone;Name\r\n919876512340;Asha, Rao\r\n")
    assert [row.number for row in rows] == [1, 2]
    assert rows[1].cells == ["919876512340", "Asha, Rao"]


@pytest.mark.parametrize("line", ["sep=", "sep=ab", 'sep="', "sep=1"])
def test_a_separator_line_without_a_separator_is_refused(line: str) -> None:
    assert refusal(f"{line}\n{ROWS}")[0] == "bad_separator"


def test_two_separators_that_fit_are_told() -> None:
    found = notes("a;b,c\n1;2,3\n4;5,6\n")
    assert found["unsure_separator"].facts == {"taken": ",", "other": ";"}


def test_commas_in_values_do_not_beat_the_separator_of_all_rows() -> None:
    assert texts("Phone;Name\n1;Rao, A\n2;B\n3;C, D, E\n")[1] == ["1", "Rao, A"]


@pytest.mark.parametrize(
    ("content", "row"),
    [
        ('Phone,Name\n1,"Asha\n2,Ravi\n', 2),
        ('Phone,Name\n1,A\n2,"He said "hi" there"\n', 3),
        ('Phone,Name\n1,A\n\n3,"B"C\n', 4),
        ('Phone,"Name\n', 1),
    ],
)
def test_torn_quotes_are_refused_with_their_row(content: str, row: int) -> None:
    assert refusal(content) == ("torn_quotes", {"row": row})


def test_quotes_that_close_some_rows_too_late_are_a_fault_of_the_row() -> None:
    rows = read('Phone,Name\n1,"Asha\n919876512341,Ravi\n919876512342,Mira"\n4,D\n')
    assert [fault.code for fault in rows[1].faults] == ["rows_in_a_cell"]
    assert not rows[2].faults


def test_an_address_in_two_lines_is_one_cell_of_one_row() -> None:
    rows = read('Phone,Address\n1,"12 MG Road\nBengaluru, India"\n2,B\n')
    assert [row.number for row in rows] == [1, 2, 3]
    assert rows[1].cells[1] == "12 MG Road\nBengaluru, India"
    assert not rows[1].faults


def test_quotes_inside_quotes_and_separators_in_cells_are_kept() -> None:
    assert texts('a,b\n"x, ""y""",z\n')[1] == ['x, "y"', "z"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_empty_rows_are_left_out_and_counted(end: str) -> None:
    rows = read(end.join(["Phone,Name", "", "1,A", ",,,", "  ,", "2,B"]))
    assert [row.number for row in rows] == [1, 3, 6]


def test_five_hundred_rows_of_commas_are_no_rows() -> None:
    file = open_file(io.BytesIO(("Phone,Name\n1,A\n2,B\n3,C\n" + ",,,,\n" * 500).encode()))
    assert len(list(file)) == 4
    assert file.empty_rows == 500


@pytest.mark.parametrize("content", ["", "\r\n\r\n", ",,,\n,,\n", "\ufeff", "  \n"])
def test_a_file_without_a_cell_is_empty(content: str) -> None:
    assert refusal(content)[0] == "empty"


def test_a_cell_over_the_limit_is_refused_with_its_row() -> None:
    code, facts = refusal(f"Phone,Name\n1,{'x' * 131_073}\n")
    assert (code, facts["row"]) == ("cell_too_long", 2)


def test_a_line_without_an_end_is_refused() -> None:
    code, facts = refusal("a,b\n" + "x," * 1_500_000)
    assert (code, facts["row"]) == ("line_too_long", 2)


def test_too_many_bytes_rows_and_columns_are_refused() -> None:
    assert refusal(ROWS * 9, limits=Limits(most_bytes=99))[0] == "too_large"
    assert refusal("a\n1\n2\n3\n", limits=Limits(most_rows=2))[0] == "too_many_rows"
    assert refusal("a\n1\n2\n", limits=Limits(most_rows=2)) == ("", {})
    assert refusal("a,b\n" + "x," * 1_000 + "x")[0] == "too_many_columns"
    assert refusal("a,b" + "," * 5_000 + "\n1,2") == ("", {})


def test_nul_and_control_characters_are_faults_of_their_cell() -> None:
    assert faults(read("Phone,Name\n1,A\x00B\n2,C\x07\n")[1]) == {1: "control_character"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("9.19877E+11", "scientific"),
        ("9,19877e+11", "scientific"),
        ("#N/A", "error_text"),
        ("#REF!", "error_text"),
        ("919876512340.0", "whole_with_decimals"),
        ("1.5", None),
        ("#verification", None),
        ("A1E5B", None),
    ],
)
def test_texts_that_spreadsheets_ruin_are_told(text: str, code: str | None) -> None:
    assert faults(read(f"Phone;Name\n{text};A\n")[1]).get(0) == code


@pytest.mark.parametrize("text", ['=HYPERLINK("http://x","y")', "@SUM(1)", "+1", "-2", " x "])
def test_formulas_and_blanks_are_kept_byte_for_byte(text: str) -> None:
    quoted = text.replace('"', '""')
    assert texts(f'Phone;Name\n1;"{quoted}"\n')[1] == ["1", text]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"<html><body><table><tr><td>Phone", "html"),
        (b"\xef\xbb\xbf\r\n<!DOCTYPE html>", "html"),
        ("<table>".encode("utf-16"), "html"),
        (b"MIME-Version: 1.0\r\nX-Document-Type: Workbook", "html"),
        (b'<?xml version="1.0"?><html xmlns="x">', "html"),
        (b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>', "xml_spreadsheet"),
        (b'[{"phone": 1}]', "json"),
        (b"%PDF-1.7", "other_kind"),
        (b"\x89PNG\r\n\x1a\n", "other_kind"),
        (b"\x1f\x8b\x08\x00", "other_kind"),
        (b"\x09\x08\x08\x00\x00\x05\x05\x00", "old_excel"),
    ],
)
def test_what_is_no_table_is_refused_as_what_it_is(content: bytes, code: str) -> None:
    assert refusal(content)[0] == code


class _Endless(io.RawIOBase):
    """A CSV of `rows` rows that is made while it is read, in pieces that cut characters."""

    def __init__(self, rows: int) -> None:
        self._lines = self._make(rows)

    def _make(self, rows: int) -> Iterator[bytes]:
        yield b"Phone,Name\n"
        for number in range(rows):
            yield f"9198765{number:05},Zoë Müller {number}\n".encode()

    def read(self, size: int = -1) -> bytes:
        return next(self._lines, b"")


def test_a_stream_that_cannot_be_sought_is_read_in_constant_memory() -> None:
    tracemalloc.start()
    count = sum(1 for _ in open_file(_Endless(50_000), limits=LIMITS))  # type: ignore[arg-type]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 50_001
    assert peak < 4_000_000


def test_more_cells_than_headings_are_a_fault_of_the_row() -> None:
    rows = list(table("Phone,Name,Order,Day\r\n1,Rao, Asha,KF-1,Thu\r\n2,B,C,D,,\r\n").rows)
    assert rows[0].faults[0].facts == {"cells": 5, "headings": 4}
    assert not rows[1].faults
