"""Whatever the bytes are: rows, or one refusal with a code of the table."""

from __future__ import annotations

import csv
import io

from hypothesis import given, settings
from hypothesis import strategies as st

from invocations.batches.recipient_file import FileRefused
from invocations.batches.recipient_file.codes import CODES, FILE_CODES, Level
from invocations.batches.recipient_file.rows import text_faults
from tests.batches.files import read, refusal, xlsx_of

_CELL = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\r\x1c\x1d\x1e\x85\u2028\u2029")
)
_ROWS = st.lists(st.lists(_CELL.filter(str.strip), min_size=2, max_size=4), min_size=1, max_size=6)
_PIECES = [b"Phone,Name\n", b"919876512340,", b'"', b"\n", b"\r", b"\x00", b"\xff", b"sep=;", b";"]
_ENDING_CODES = set(FILE_CODES)


@given(_ROWS, st.sampled_from(",;\t|"))
@settings(max_examples=150, deadline=None)
def test_what_was_written_is_read_again(rows: list[list[str]], separator: str) -> None:
    rows = [["Phone", "Name", "Order", "Day"], *rows]
    stream = io.StringIO()
    # Excel's own line says the separator, so that none need be detected.
    stream.write(f"sep={separator}\n")
    csv.writer(stream, delimiter=separator, quoting=csv.QUOTE_ALL).writerows(rows)
    assert [list(row.cells) for row in read(stream.getvalue())] == rows


@given(st.lists(st.one_of(st.sampled_from(_PIECES), st.binary(max_size=6)), max_size=25))
@settings(max_examples=300, deadline=None)
def test_any_bytes_give_rows_or_a_known_refusal(pieces: list[bytes]) -> None:
    content = b"".join(pieces)
    if content.startswith(b"PK"):
        return
    try:
        numbers = [row.number for row in read(content)]
    except FileRefused as refused:
        assert refused.code in _ENDING_CODES
        assert CODES[refused.code].level is Level.REFUSED
        assert set(refused.facts) == set(CODES[refused.code].facts)
    else:
        assert numbers == sorted(set(numbers))


@given(st.data())
@settings(max_examples=15, deadline=None)
def test_a_workbook_with_wrong_bytes_gives_rows_or_a_known_refusal(data: st.DataObject) -> None:
    content = bytearray(xlsx_of(["Phone", "Name"], [919876512340, "Asha"]))
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(4, len(content) - 1))] = data.draw(st.integers(0, 255))
    code, _ = refusal(bytes(content))
    assert code in {"", *_ENDING_CODES}


@given(st.text("0123456789eE+.,#N/A\x00 ", max_size=12))
def test_a_cell_is_judged_alone_as_it_is_judged_in_its_row(text: str) -> None:
    alone = [fault.code for fault in text_faults([text])]
    in_row = [fault.code for fault in text_faults(["A", text, "B #\x00"]) if fault.column == 1]
    assert alone == in_row
