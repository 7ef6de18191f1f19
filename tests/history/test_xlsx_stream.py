"""A workbook that is written while it is read opens like any other, with each text as it was."""

import io
import itertools
import uuid
import zipfile
from xml.etree import ElementTree as ET

import pytest
from python_calamine import CalamineWorkbook

from invocations.history.export_formats import LINES_PER_CHUNK
from invocations.history.xlsx_stream import as_xlsx

TEXTS = [
    *("919876543210", "0012", "'=1+1", " spaces ", "line\nbreak", "tab\there", ""),
    *("a<b>&c'", "ü €", "😀"),
]


def sheet_of(content):
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return book.get_sheet_by_index(0).to_python()


def book_of(*lines, title="Results"):
    return b"".join(as_xlsx(iter(lines), title))


@pytest.mark.parametrize("text", TEXTS)
def test_each_text_comes_back_as_it_was(text):
    rows = sheet_of(book_of(["Head", "Last"], [text, "end"]))
    assert rows == [["Head", "Last"], [text, "end"]]


def test_what_xml_cannot_hold_is_left_out_and_the_rest_stays():
    assert sheet_of(book_of(["Head"], ["a\x00b\x0bc\ufffe"])) == [["Head"], ["abc"]]


def test_each_part_is_sound_xml_and_the_archive_is_whole():
    archive = zipfile.ZipFile(io.BytesIO(book_of(["Head"], ["<&>"], title='A "b" & c')))
    assert archive.testzip() is None
    for name in archive.namelist():
        ET.fromstring(archive.read(name))
    assert CalamineWorkbook.from_filelike(
        io.BytesIO(book_of(["Head"], title='A "b" & c'))
    ).sheet_names == ['A "b" & c']


def test_the_first_bytes_leave_before_the_second_line_is_read():
    def lines():
        yield ["Head"]
        pytest.fail("the second line was read")

    assert next(as_xlsx(lines(), "Results")).startswith(b"PK")


def test_it_comes_in_pieces_however_long_it_is():
    many = ([uuid.uuid4().hex * 3, str(n)] for n in range(60 * LINES_PER_CHUNK))
    pieces = list(as_xlsx(itertools.chain([["Head", "Number"]], many), "Results"))
    assert len(pieces) >= 5
    assert max(map(len, pieces)) < 300_000
    assert len(sheet_of(b"".join(pieces))) == 60 * LINES_PER_CHUNK + 1
