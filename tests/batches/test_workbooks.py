"""A workbook is read in a process of its own: right, or refused, and never at any price."""

from __future__ import annotations

import datetime
import io
import os
import time
import zipfile
from typing import Any

import pytest

from invocations.batches.recipient_file import LIMITS, FileRefused, Limits, open_file
from tests.batches.files import (
    changed,
    faults,
    notes,
    ods,
    ods_row,
    read,
    refusal,
    table,
    texts,
    xlsx,
    xlsx_of,
    zip_of,
)

GOOD = xlsx_of(["Phone", "Name"], [919876512340, "Asha"])
SHEET = "xl/worksheets/sheet1.xml"


def test_a_number_kept_as_a_number_is_its_digits() -> None:
    assert texts(GOOD) == [["Phone", "Name"], ["919876512340", "Asha"]]


def test_a_number_beyond_fifteen_digits_is_a_fault() -> None:
    rows = read(xlsx_of(["Phone"], [12345678901234568], [123456789012345]))
    assert [faults(row) for row in rows] == [{}, {0: "over_15_digits"}, {}]


def test_dates_booleans_and_fractions_are_texts_with_a_caution() -> None:
    def fill(workbook: Any) -> None:
        sheet = workbook.add_worksheet()
        sheet.write(0, 0, "Day")
        day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_datetime(1, 0, datetime.datetime(2026, 12, 1), day)
        sheet.write_boolean(1, 1, True)
        sheet.write(1, 2, 0.15)

    row = read(xlsx(fill))[1]
    assert row.cells == ["2026-12-01", "TRUE", "0.15"]
    assert faults(row) == {0: "date", 1: "boolean", 2: "fraction"}


def test_error_cells_and_formulas_without_a_result_are_faults() -> None:
    def fill(workbook: Any) -> None:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, ["Phone", "Name", "Order", "Day"])
        sheet.write_row(1, 0, ["919876512340"])
        sheet.write_formula(1, 1, "=1/0", value="#DIV/0!")
        sheet.write_formula(1, 2, "=A1", value="Asha")
        sheet.write_formula(1, 3, "=B9", value=77)

    content = changed(xlsx(fill), SHEET, lambda xml: xml.replace(b"<v>77</v>", b""))
    row = read(content)[1]
    assert row.cells == ["919876512340", "", "Asha", ""]
    assert faults(row) == {1: "error_cell", 3: "formula_without_result"}


def test_rows_and_columns_before_the_data_are_counted() -> None:
    def fill(workbook: Any) -> None:
        sheet = workbook.add_worksheet()
        sheet.write_row(2, 1, ["Phone", "Name"])
        sheet.write_row(5, 1, ["1", "A"])

    rows = read(xlsx(fill))
    assert [(row.number, row.cells) for row in rows] == [
        (3, ["", "Phone", "Name"]),
        (6, ["", "1", "A"]),
    ]


def test_hidden_rows_and_columns_and_merged_cells_are_told_and_kept() -> None:
    def fill(workbook: Any) -> None:
        sheet = workbook.add_worksheet()
        for number in range(4):
            sheet.write_row(number, 0, [f"a{number}", f"b{number}", f"c{number}"])
        sheet.set_row(2, None, None, {"hidden": True})
        sheet.set_column(1, 1, None, None, {"hidden": True})
        sheet.merge_range(4, 0, 5, 0, "x")

    content = xlsx(fill)
    found = notes(content)
    assert found["hidden_rows"].facts == {"count": 1, "rows": (3,)}
    assert found["hidden_columns"].facts == {"columns": ("B",)}
    assert found["merged_cells"].facts == {"count": 1, "ranges": ("A5:A6",)}
    assert texts(content)[2:] == [["a2", "b2", "c2"], ["a3", "b3", "c3"], ["x"]]


def _three_sheets(workbook: Any) -> None:
    for name in ("Secret", "First", "Second", "Blank"):
        sheet = workbook.add_worksheet(name)
        if name != "Blank":
            sheet.write_row(0, 0, [name, "Name"])
    workbook.get_worksheet_by_name("First").activate()
    workbook.get_worksheet_by_name("Secret").hide()


def test_the_first_visible_sheet_is_taken_and_all_others_told() -> None:
    content = xlsx(_three_sheets)
    found = notes(content)
    assert texts(content)[0][0] == "First"
    assert found["several_sheets"].facts == {"sheets": ("First", "Second"), "taken": "First"}
    assert found["hidden_sheets"].facts == {"sheets": ("Secret",)}


def test_a_sheet_can_be_named_and_a_hidden_one_is_told() -> None:
    content = xlsx(_three_sheets)
    file = open_file(io.BytesIO(content), sheet="Secret")
    assert next(iter(file)).cells[0] == "Secret"
    assert "hidden_sheet_taken" in {note.code for note in file.notes}
    assert refusal(content, sheet="Third") == ("no_such_sheet", {"sheet": "Third"})


def test_an_opendocument_file_is_read_with_its_repeated_rows() -> None:
    content = ods(ods_row("Phone", "Name") + ods_row("1", "A", repeated=2) + ods_row("3", "C"))
    assert texts(content) == [["Phone", "Name"], ["1", "A"], ["1", "A"], ["3", "C"]]


def test_a_million_repeated_empty_rows_at_the_end_are_no_rows() -> None:
    empty = '<table:table-row table:number-rows-repeated="1048000"><table:table-cell/>'
    content = ods(ods_row("Phone") + ods_row("1") + f"{empty}</table:table-row>")
    assert len(read(content)) == 2


def test_a_cell_in_the_last_corner_is_too_big_to_be_read() -> None:
    def fill(workbook: Any) -> None:
        sheet = workbook.add_worksheet()
        sheet.write("A1", "Phone")
        sheet.write("XFD1048576", "x")

    assert refusal(xlsx(fill))[0] == "too_big_to_read"


def test_repeats_beyond_every_sheet_are_refused() -> None:
    content = ods(ods_row("Phone") + ods_row(*["1"] * 300, repeated=1_048_000))
    assert refusal(content)[0] in ("too_big_to_read", "damaged", "too_slow_to_read")


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    stream = io.BytesIO(GOOD)
    with (
        zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/media/bomb.xml", "w", force_zip64=True) as part,
    ):
        for _ in range(30):
            part.write(b" " * 1_000_000)
    limits = Limits(most_unzipped_bytes=20_000_000)
    assert refusal(stream.getvalue(), limits=limits)[0] == "too_big_to_read"


def test_memory_beyond_the_limit_ends_the_child_alone() -> None:
    content = xlsx_of(*[[f"text {row} {'x' * 5_000}"] for row in range(12_000)])
    limits = Limits(child_memory_bytes=60_000_000)
    assert refusal(content, limits=limits)[0] == "too_big_to_read"


def test_a_workbook_that_takes_too_long_is_refused_in_time() -> None:
    began = time.monotonic()
    code, _ = refusal(GOOD, limits=Limits(answer_seconds=0.001))
    assert code == "too_slow_to_read"
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("length", [4, 100, 2_000, len(GOOD) - 10])
def test_a_torn_zip_is_damaged(length: int) -> None:
    assert refusal(GOOD[:length])[0] == "damaged"


@pytest.mark.parametrize("at", [30, 200, 900])
def test_bytes_overwritten_in_a_zip_never_crash(at: int) -> None:
    content = GOOD[:at] + b"\xff" * 40 + GOOD[at + 40 :]
    try:
        read(content)
    except FileRefused as refused:
        assert refused.code in ("damaged", "too_big_to_read", "password", "other_kind", "empty")


def test_a_torn_sheet_inside_a_good_zip_is_damaged() -> None:
    code, _ = refusal(changed(GOOD, SHEET, lambda xml: xml[: len(xml) // 2]))
    assert code in ("damaged", "empty", "no_rows")


_CONTAINER = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1_000)


@pytest.mark.parametrize(
    ("content", "code", "facts"),
    [
        (_CONTAINER + "EncryptedPackage".encode("utf-16-le"), "password", {}),
        (ods(ods_row("1"), "<manifest:encryption-data/>"), "password", {}),
        (_CONTAINER + "WordDocument".encode("utf-16-le"), "other_kind", {"kind": "word"}),
        (_CONTAINER + "Workbook".encode("utf-16-le"), "damaged", {}),
        (zip_of(word__document_dot_xml=b"<x/>"), "other_kind", {"kind": "word"}),
        (zip_of(Index__Document_dot_iwa=b"x"), "other_kind", {"kind": "apple numbers"}),
        (zip_of(list_dot_csv=b"Phone\n1"), "other_kind", {"kind": "zip"}),
        (b"PK\x05\x06" + bytes(18), "other_kind", {"kind": "zip"}),
        (xlsx(lambda workbook: workbook.add_worksheet()), "empty", {}),
    ],
)
def test_what_is_no_readable_workbook_is_refused_as_what_it_is(
    content: bytes, code: str, facts: dict[str, str]
) -> None:
    assert refusal(content) == (code, facts)


def test_entities_of_a_workbook_are_not_expanded() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
    content = changed(GOOD, "xl/sharedStrings.xml", lambda xml: bomb + xml.replace(b"Asha", b"&b;"))
    try:
        assert "aaaaaaaaaa" not in str(texts(content))
    except FileRefused as refused:
        assert refused.code == "damaged"


def test_too_many_rows_and_columns_of_a_sheet_are_refused() -> None:
    content = xlsx_of(["a"], ["1"], ["2"], ["3"])
    assert refusal(content, limits=Limits(most_rows=2))[0] == "too_many_rows"
    assert refusal(content, limits=Limits(most_rows=3)) == ("", {})
    assert refusal(xlsx_of(["x"] * 11), limits=Limits(most_columns=10))[0] == "too_many_columns"


def test_more_cells_than_headings_are_a_fault_in_a_workbook_too() -> None:
    [row] = table(xlsx_of(["Phone", "Name"], ["1", "A", "B"])).rows
    assert row.faults[0].code == "more_cells_than_headings"


def test_a_text_with_leading_zeros_and_a_formula_as_text_are_kept() -> None:
    assert texts(xlsx_of(["Phone"], ["0091"], ["@SUM(1)"]))[1:] == [["0091"], ["@SUM(1)"]]


def test_the_child_ends_when_its_rows_are_not_wanted() -> None:
    file = open_file(io.BytesIO(xlsx_of(*[["x" * 50, row] for row in range(20_000)])))
    rows = iter(file)
    next(rows)
    child = file._child.pid  # type: ignore[union-attr]
    rows.close()  # type: ignore[attr-defined]
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def test_the_child_gets_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    from invocations.batches.recipient_file import workbook

    given: dict[str, Any] = {}
    start = workbook.subprocess.Popen

    def spy(*arguments: Any, **options: Any) -> Any:
        given.update(options)
        return start(*arguments, **options)

    monkeypatch.setattr(workbook.subprocess, "Popen", spy)
    monkeypatch.setenv("SECRET_KEY", "x")
    read(GOOD)
    assert set(given["env"]) == {"PYTHONPATH", "PYTHONUTF8"}


def test_a_workbook_gives_the_rows_of_the_same_text() -> None:
    rows = [["Phone", "Name"], *[[f"{number}", f"Zoë {number}\n2"] for number in range(2_345)]]
    assert texts(xlsx_of(*rows)) == rows
    assert LIMITS.answer_seconds < 15
