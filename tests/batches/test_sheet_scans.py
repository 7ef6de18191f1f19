"""What a parser does not tell of a sheet is told: hidden and merged cells, and those in error.

`workbooks/list.xls` was written by xlwt 1.3: a hidden row, column and sheet, merged cells, a day
and an error.
"""

from __future__ import annotations

import io
import time
import zipfile
from pathlib import Path

import pytest

from invocations.batches.recipient_file import LIMITS, FileRefused, open_file, workbook
from invocations.batches.recipient_file.compound import CompoundFile
from invocations.batches.recipient_file.xlsx_scan import scan
from tests.batches.files import (
    changed,
    faults,
    notes,
    ods,
    ods_row,
    read,
    refusal,
    texts,
    with_part,
    xlsx_of,
)

XLS = (Path(__file__).parent / "workbooks" / "list.xls").read_bytes()
SHEET = "xl/worksheets/sheet1.xml"
HEAD = ods_row("Phone", "Name")


def sheet(rows: str) -> bytes:
    """An XLSX with these rows, as XML."""
    names = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    content = f"<worksheet {names}><sheetData>{rows}</sheetData></worksheet>"
    return with_part(xlsx_of(["Phone"], ["x"]), SHEET, content.encode())


def text_cell(text: str, more: str = "") -> str:
    return f'<c t="inlineStr"{more}><is><t>{text}</t></is></c>'


# --- XLS ---


def test_an_xls_is_read_with_its_row_numbers_days_and_numbers() -> None:
    rows = read(XLS)
    assert [row.number for row in rows] == [1, 2, 3, 4, 5, 6, 7]
    assert rows[1].cells == ["919876512340", "Asha", "KF-1", "Thu"]
    assert rows[2].cells[3] == "2026-12-03"
    assert faults(rows[2]) == {3: "date"}


def test_an_error_in_an_xls_is_no_empty_cell() -> None:
    assert faults(read(XLS)[6]) == {0: "error_cell", 2: "fraction", 3: "boolean"}


def test_what_an_xls_hides_or_merges_is_told() -> None:
    told = notes(XLS)
    assert told["hidden_rows"].facts == {"count": 1, "rows": (4,)}
    assert told["hidden_columns"].facts == {"columns": ("C",)}
    assert told["merged_cells"].facts == {"count": 1, "ranges": ("B5:B6",)}
    assert told["hidden_sheets"].facts == {"sheets": ("Notes",)}


@pytest.mark.parametrize("length", [9, 100, 600, 2_000, 4_000, len(XLS) - 600])
def test_a_torn_xls_is_damaged(length: int) -> None:
    assert refusal(XLS[:length])[0] == "damaged"


@pytest.mark.parametrize("at", range(0, len(XLS), 89))
def test_an_xls_with_wrong_bytes_is_read_or_refused_by_a_known_code(at: int) -> None:
    try:
        file = CompoundFile(XLS[:at] + b"\x00\x00\x00\x00" + XLS[at + 4 :])
        [file.stream(name) for name in file.names]
    except FileRefused as refused:
        assert refused.code == "damaged"


# --- ODS ---


def _ods_cells(cells: str, row: str = "") -> str:
    return f"<table:table-row {row}>{cells}</table:table-row>"


_TEXT = '<table:table-cell office:value-type="string"><text:p>1</text:p></table:table-cell>'


def test_what_an_ods_hides_or_merges_is_told() -> None:
    merged = _TEXT.replace("office:value", 'table:number-rows-spanned="2" office:value')
    told = notes(
        ods(
            '<table:table-column/><table:table-column table:visibility="collapse"/>'
            + HEAD
            + _ods_cells(_TEXT * 2, 'table:visibility="filter"')
            + _ods_cells(_TEXT + merged)
            + _ods_cells(_TEXT + "<table:covered-table-cell/>")
            + _ods_cells("<table:table-cell/>", 'table:visibility="collapse"')
        )
    )
    assert told["hidden_rows"].facts == {"count": 1, "rows": (2,)}
    assert told["hidden_columns"].facts == {"columns": ("B",)}
    assert told["merged_cells"].facts == {"count": 1, "ranges": ("B3:B4",)}


def test_a_formula_of_an_ods_without_a_result_is_a_fault_in_each_repeated_row() -> None:
    formula = '<table:table-cell table:formula="of:=[.A1]"/>'
    rows = read(
        ods(HEAD + _ods_cells(_TEXT + formula, 'table:number-rows-repeated="2"') + ods_row("2"))
    )
    assert [faults(row) for row in rows[1:]] == [{1: "formula_without_result"}] * 2 + [{}]


def test_a_row_that_is_repeated_beyond_the_limit_is_refused_at_once() -> None:
    begun = time.monotonic()
    assert refusal(ods(HEAD + ods_row("1", "2", repeated=1_048_570)))[0] == "too_many_rows"
    assert time.monotonic() - begun < 15


# --- XLSX ---


def test_errors_are_found_in_cells_that_do_not_name_their_place() -> None:
    rows = read(
        sheet(
            f"<row>{text_cell('Phone')}{text_cell('Name')}</row>"
            f'<row>{text_cell("1")}<c t="e"><v>#N/A</v></c></row>'
            f"<row><c><f>A1</f></c>{text_cell('2')}</row>"
            f"<row><c><f>A1</f><v>7</v></c>{text_cell('2')}</row>"
        )
    )
    assert [faults(row) for row in rows] == [
        {},
        {1: "error_cell"},
        {0: "formula_without_result"},
        {},
    ]


def test_a_hidden_row_without_cells_is_not_told() -> None:
    told = notes(
        sheet(
            f"<row>{text_cell('Phone')}</row><row r='4' hidden='1'>{text_cell('1')}</row>"
            '<row r="5" hidden="1"/><row r="6" hidden="true"><c r="A6"/></row>'
        )
    )
    assert told["hidden_rows"].facts == {"count": 1, "rows": (4,)}


def test_columns_that_are_hidden_beyond_the_data_are_not_told() -> None:
    def fill(content: bytes) -> bytes:
        columns = b'<col min="2" max="2" hidden="1"/><col min="9" max="16384" hidden="1"/>'
        return content.replace(b"<sheetData>", b"<cols>" + columns + b"</cols><sheetData>")

    told = notes(changed(xlsx_of(["Phone", "Name"], ["1", "2"]), SHEET, fill))
    assert told["hidden_columns"].facts == {"columns": ("B",)}


def test_rows_that_are_passed_over_are_counted() -> None:
    """The scan looks into a piece of a megabyte only if something may be found there."""
    plain = "".join(f'<row r="{row}"><c r="A{row}"><v>1</v></c></row>' for row in range(1, 60_001))
    last = '<row r="60001"><c r="C60001" t="e"><v>#N/A</v></c><c t="e"/></row>'
    found = scan(io.BytesIO(f"<sheetData>{plain}{last}</sheetData>".encode()))
    assert found.codes == {60_001: [(2, "error_cell"), (3, "error_cell")]}


def test_a_formula_behind_the_cells_is_of_no_cell() -> None:
    found = scan(b_stream('<sheetData><row r="1"><c r="A1" s="1"/></row></sheetData><x:f>A1</x:f>'))
    assert found.codes == {}


def b_stream(text: str) -> io.BytesIO:
    return io.BytesIO(text.encode())


@pytest.mark.parametrize(
    "piece",
    [
        b'<c t="e" ',
        b'<row hidden="1" ',
        b"<c><f>",
        b"<c " + b" " * 100_000,
        b"<" + b"a" * 100_000,
        b'<row r="1" hidden="1"><c',
        b"hidden    ",
        b"t" + b" " * 50_000,
    ],
)
def test_no_sheet_takes_the_scan_long(piece: bytes) -> None:
    content = io.BytesIO(b"<sheetData>" + piece * (3_000_000 // len(piece)))
    begun = time.process_time()
    try:
        scan(content)
    except FileRefused as refused:
        assert refused.code == "too_big_to_read"
    assert time.process_time() - begun < 8


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_parts_of_one_name_are_damaged() -> None:
    stream = io.BytesIO(xlsx_of(["Phone"], ["1"]))
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr(SHEET, "<worksheet/>")
    assert refusal(stream.getvalue()) == ("damaged", {})


def test_bytes_that_are_wrong_inside_a_part_are_damaged_and_no_lack_of_memory() -> None:
    content = bytearray(xlsx_of(["Phone", "Name"], *[[number, "Asha"] for number in range(500)]))
    at = content.find(b"sheet1.xml") + 40
    content[at : at + 20] = bytes(20)
    assert refusal(bytes(content)) == ("damaged", {})


def test_a_sheet_of_text_alone_keeps_its_cells() -> None:
    assert texts(sheet(f"<row>{text_cell('Phone')}</row>")) == [["Phone"]]


# --- texts that nobody sees ---


def test_a_text_below_merged_cells_is_doubtful() -> None:
    def merge(content: bytes) -> bytes:
        merged = b'<mergeCells count="1"><mergeCell ref="B2:B3"/></mergeCells>'
        return content.replace(b"</sheetData>", b"</sheetData>" + merged)

    book = changed(xlsx_of(["Phone", "Name"], ["1", "Asha"], ["2", "Bina"]), SHEET, merge)
    assert [faults(row) for row in read(book)] == [{}, {}, {1: "covered_cell"}]
    covered = _TEXT.replace("table-cell", "covered-table-cell")
    assert faults(read(ods(HEAD + _ods_cells(_TEXT + covered)))[1]) == {1: "covered_cell"}


def test_a_last_row_far_below_the_others_is_read_in_time() -> None:
    begun = time.monotonic()
    rows = read(
        sheet(
            f"<row>{text_cell('Phone')}</row><row r='2'>{text_cell('1')}</row>"
            f"<row r='1048576'>{text_cell('2')}</row>"
        )
    )
    assert [row.number for row in rows] == [1, 2, 1_048_576]
    assert time.monotonic() - begun < 11


def test_only_a_large_workbook_gets_more_time() -> None:
    assert LIMITS.seconds_for(1_900_000) == (11, 11)
    wait, cpu = LIMITS.seconds_for(30_000_000)
    assert wait > 200 and 50 < cpu < 100


def test_whoever_waits_for_a_large_workbook_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check of a batch renews its lease meanwhile."""
    monkeypatch.setattr(workbook, "_WAIT", 0.01)
    waits: list[None] = []
    list(open_file(io.BytesIO(XLS), waiting=lambda: waits.append(None)))
    assert waits
