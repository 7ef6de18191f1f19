"""Makes files of recipients for tests, good ones and hostile ones."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import xlsxwriter

from invocations.batches.recipient_file import LIMITS, FileRefused, Limits, Row, open_file
from invocations.batches.recipient_file.codes import Told
from invocations.batches.recipient_file.headings import Table, table_of

ROWS = "Phone,Name\r\n919876512340,Asha\r\n"


def xlsx(fill: Callable[[Any], None]) -> bytes:
    stream = io.BytesIO()
    workbook = xlsxwriter.Workbook(stream, {"in_memory": True})
    workbook.set_properties({"created": datetime(2027, 3, 1)})  # the same bytes at any time
    fill(workbook)
    workbook.close()
    return stream.getvalue()


def xlsx_of(*rows: Sequence[object]) -> bytes:
    def fill(workbook: Any) -> None:
        sheet = workbook.add_worksheet("List")
        for number, cells in enumerate(rows):
            sheet.write_row(number, 0, cells)

    return xlsx(fill)


def with_part(archive: bytes, name: str, content: bytes) -> bytes:
    """The zip with one part in place of its own."""
    return changed(archive, name, lambda _: content)


def changed(archive: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(archive)) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for info in old.infolist():
            content = old.read(info.filename)
            new.writestr(info.filename, change(content) if info.filename == name else content)
    return stream.getvalue()


def zip_of(**parts: bytes) -> bytes:
    """The names have `__` for `/` and `_dot_` for `.`."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return stream.getvalue()


def ods(table: str, manifest: str = "") -> bytes:
    """An OpenDocument spreadsheet with the rows in `table`, as XML."""
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text", "style")
    )
    content = (
        f'<?xml version="1.0"?><office:document-content {names}><office:body>'
        f'<office:spreadsheet><table:table table:name="List">{table}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:'
            f'manifest:1.0">{manifest}</manifest:manifest>',
        )
    return stream.getvalue()


def ods_row(*texts: str, repeated: int = 1) -> str:
    cells = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
        for text in texts
    )
    return f'<table:table-row table:number-rows-repeated="{repeated}">{cells}</table:table-row>'


def read(content: bytes | str, *, sheet: str = "", limits: Limits = LIMITS) -> list[Row]:
    data = content.encode() if isinstance(content, str) else content
    return list(open_file(io.BytesIO(data), sheet=sheet, limits=limits))


def texts(content: bytes | str) -> list[list[str]]:
    return [list(row.cells) for row in read(content)]


def notes(content: bytes | str) -> dict[str, Told]:
    data = content.encode() if isinstance(content, str) else content
    file = open_file(io.BytesIO(data))
    list(file)
    return {note.code: note for note in file.notes}


def table(content: bytes | str, heading_row: int | None = None) -> Table:
    data = content.encode() if isinstance(content, str) else content
    return table_of(iter(open_file(io.BytesIO(data))), heading_row)


def refusal(content: bytes | str, **options: Any) -> tuple[str, dict[str, Any]]:
    """The code and facts that reading the whole file is refused with; ("", {}) if it is not."""
    try:
        read(content, **options)
    except FileRefused as refused:
        return refused.code, refused.facts
    return "", {}


def faults(row: Row) -> dict[int, str]:
    return {fault.column: fault.code for fault in row.cell_faults}
