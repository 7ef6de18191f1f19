"""A workbook with one sheet of texts, written as it is read: the first bytes leave at once.

XlsxWriter writes a workbook as a whole before its first byte can leave. This writes the few parts
that a sheet of texts needs (ECMA-376, "Office Open XML", part 1, sections 12.3 and 18.3), the sheet
last, into a ZIP without seeking. Memory use is constant.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from itertools import islice
from xml.sax.saxutils import escape, quoteattr  # nosec B406  # writes XML, reads none

from xlsxwriter.utility import xl_col_to_name

from invocations.history.export_formats import (
    COLUMN_WIDTH,
    LINES_PER_CHUNK,
    MAX_CELL_CHARACTERS,
    Line,
)

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_CONTENT_TYPES = (
    f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/></Types>'
)
_STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}">'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" '
    'applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" '
    'applyFont="1"/></cellXfs></styleSheet>'
)
"""Number format 49 is Text: a number that is typed over keeps its zeros. Style 1 is bold."""
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_READ_AS_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
"""Excel reads `_x0041_` as A (ECMA-376, part 1, 22.9.2.19)."""
_COMPRESSION = 1
"""The quickest: the machine that serves it serves pages, too."""


class _Sink(io.RawIOBase):
    """Takes what the ZIP writes until it is taken away."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: object) -> int:
        content = bytes(memoryview(piece))  # type: ignore[arg-type]
        self._pieces.append(content)
        return len(content)

    def take(self) -> bytes:
        content = b"".join(self._pieces)
        self._pieces.clear()
        return content


def as_xlsx(lines: Iterator[Line], title: str) -> Iterator[bytes]:
    """`lines`: the head first. All cells are text. `title`: the name of the sheet, at most 31
    characters. Yields the beginning at once, and the rest in pieces.
    """
    sink = _Sink()
    head = next(lines)
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION) as book:
        for name, content in _small_parts(title):
            book.writestr(name, content)
        with book.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write(_opening(len(head)).encode())
            sheet.write(_row(1, head, style=1).encode())
            yield sink.take()
            number = 1
            while some := list(islice(lines, LINES_PER_CHUNK)):
                rows = (_row(number + n, line) for n, line in enumerate(some, 1))
                sheet.write("".join(rows).encode())
                number += len(some)
                if piece := sink.take():
                    yield piece
            sheet.write(_closing(len(head), number).encode())
    yield sink.take()


def _small_parts(title: str) -> Iterator[tuple[str, str]]:
    yield "[Content_Types].xml", _CONTENT_TYPES
    yield "_rels/.rels", _relations(("officeDocument", "xl/workbook.xml"))
    yield (
        "xl/workbook.xml",
        f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        f'<sheet name={quoteattr(title)} sheetId="1" r:id="rId1"/></sheets></workbook>',
    )
    parts = ("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml")
    yield "xl/_rels/workbook.xml.rels", _relations(*parts)
    yield "xl/styles.xml", _STYLES


def _relations(*targets: tuple[str, str]) -> str:
    relations = (
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    inside = "".join(relations)
    return f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{inside}</Relationships>'


def _opening(columns: int) -> str:
    """With the head frozen."""
    return (
        f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        "</sheetView></sheetViews>"
        f'<cols><col min="1" max="{columns}" width="{COLUMN_WIDTH}" customWidth="1"/></cols>'
        "<sheetData>"
    )


def _closing(columns: int, rows: int) -> str:
    return f'</sheetData><autoFilter ref="A1:{xl_col_to_name(columns - 1)}{rows}"/></worksheet>'


def _row(number: int, line: Line, style: int = 0) -> str:
    cells = (
        f'<c r="{xl_col_to_name(column)}{number}" s="{style}" t="inlineStr">'
        f'<is><t xml:space="preserve">{_text(cell)}</t></is></c>'
        for column, cell in enumerate(line)
        if cell
    )
    return f'<row r="{number}">{"".join(cells)}</row>'


def _text(cell: str) -> str:
    text = _READ_AS_ESCAPE.sub("_x005F_", _NOT_IN_XML.sub("", cell[:MAX_CELL_CHARACTERS]))
    return escape(text).replace("\r", "&#13;")
