"""Looks into the zip of a workbook before a parser does: its type, its sizes, what it hides."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from posixpath import join, normpath
from typing import IO

from invocations.batches.recipient_file.codes import FileRefused

_CHUNK, _OVERLAP = 1_048_576, 4_096
_SMALL = 2_000_000
"""Bytes read of a part that lists the sheets."""
_OTHER_ZIPS = {
    "word/": "word",
    "ppt/": "powerpoint",
    "Index/": "apple numbers",
    "visio/": "visio",
}
_ODS = b"application/vnd.oasis.opendocument.spreadsheet"
_SHEET = re.compile(rb"<(?:\w+:)?sheet\b[^>]*>")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\b[^>]*>")
_ATTRIBUTE = re.compile(rb"([\w:]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_HIDDEN_ROW = re.compile(rb"<(?:\w+:)?row\b[^>]*\bhidden=\"(?:1|true)\"[^>]*>")
_HIDDEN_COLUMN = re.compile(rb"<(?:\w+:)?col\b[^>]*\bhidden=\"(?:1|true)\"[^>]*>")
_ERROR = re.compile(rb"<(?:\w+:)?c\b([^>]*\bt=\"e\"[^>]*)>")
_NO_RESULT = re.compile(
    rb"<(?:\w+:)?c\b([^>]*)>\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*(?:/>|></(?:\w+:)?v>)\s*)?</(?:\w+:)?c>"
)
_CELL_CONTENT = re.compile(rb"<(?:\w+:)?(?:v>|f\b|is\b)")
_REFERENCE = re.compile(rb"([A-Z]{1,3})([0-9]{1,7})")


@dataclass
class SheetScan:
    """What the parser does not tell of a sheet. Rows are numbered from 1, columns from 0."""

    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)
    codes: dict[tuple[int, int], str] = field(default_factory=dict)
    """Cells without a result, by row and column."""


def check_zip(archive: zipfile.ZipFile, most_bytes: int) -> str:
    """`xlsx` or `ods`, whatever the file is called. Raises `FileRefused`."""
    infos = archive.infolist()
    if sum(info.file_size for info in infos) > most_bytes:
        raise FileRefused("too_big_to_read")
    if any(info.flag_bits & 1 for info in infos):
        raise FileRefused("password")
    names = {info.filename for info in infos}
    if any(name.startswith("xl/workbook.") for name in names):
        return "xlsx"
    if "mimetype" in names and "content.xml" in names:
        if b"encryption-data" in _small(archive, "META-INF/manifest.xml"):
            raise FileRefused("password")
        if _small(archive, "mimetype").startswith(_ODS):
            return "ods"
        raise FileRefused("other_kind", kind="opendocument")
    for folder, kind in _OTHER_ZIPS.items():
        if any(name.startswith(folder) for name in names):
            raise FileRefused("other_kind", kind=kind)
    raise FileRefused("other_kind", kind="zip")


def _small(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        with archive.open(name) as part:
            return part.read(_SMALL)
    except KeyError:
        return b""


def _attributes(tag: bytes) -> dict[bytes, bytes]:
    return {found[1]: found[2] or found[3] or b"" for found in _ATTRIBUTE.finditer(tag)}


def sheet_parts(archive: zipfile.ZipFile) -> list[str]:
    """Names of the parts that hold the sheets of an XLSX, in its order; "" if unknown."""
    targets = {
        found[b"Id"]: normpath(join("xl", found.get(b"Target", b"").decode("utf-8", "replace")))
        for tag in _RELATION.finditer(_small(archive, "xl/_rels/workbook.xml.rels"))
        if b"Id" in (found := _attributes(tag[0]))
    }
    parts = []
    for tag in _SHEET.finditer(_small(archive, "xl/workbook.xml")):
        attributes = _attributes(tag[0])
        identity = next((v for k, v in attributes.items() if k.endswith(b":id")), b"")
        target = targets.get(identity, "").lstrip("/")
        parts.append(target if target in archive.namelist() else "")
    return parts


def has_cells(archive: zipfile.ZipFile, part: str) -> bool:
    return any(_CELL_CONTENT.search(chunk) for chunk in _chunks(archive, part))


def _chunks(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    with archive.open(part) as stream:
        yield from _overlapping(stream)


def _overlapping(stream: IO[bytes]) -> Iterator[bytes]:
    """Pieces of the stream that end with a whole tag, or have grown to the most."""
    rest = b""
    while piece := stream.read(_CHUNK):
        piece = rest + piece
        # A cell and its formula stay together: cut after a row.
        end = piece.rfind(b"</row>") + len(b"</row>")
        if end < len(b"</row>"):
            end = max(len(piece) - _OVERLAP, 0)
        yield piece[:end]
        rest = piece[end:]
        if len(rest) > 2 * _CHUNK:
            yield rest
            rest = b""
    yield rest


def scan(archive: zipfile.ZipFile, part: str) -> SheetScan:
    """Hidden rows and columns of an XLSX's sheet, error cells, and formulas without a result."""
    found = SheetScan()
    for chunk in _chunks(archive, part):
        if b"hidden=" in chunk:
            _scan_hidden(chunk, found)
        if b't="e"' in chunk:
            _scan_cells(_ERROR, chunk, "error_cell", found)
        if b"<f" in chunk or b":f" in chunk:
            _scan_cells(_NO_RESULT, chunk, "formula_without_result", found)
    return found


def _scan_hidden(chunk: bytes, found: SheetScan) -> None:
    for tag in _HIDDEN_ROW.finditer(chunk):
        number = _attributes(tag[0]).get(b"r", b"")
        if number.isdigit():
            found.hidden_rows.append(int(number))
    for tag in _HIDDEN_COLUMN.finditer(chunk):
        attributes = _attributes(tag[0])
        first, last = attributes.get(b"min", b""), attributes.get(b"max", b"")
        if first.isdigit() and last.isdigit():
            # "All columns up to XFD are hidden" is common: the file's own are few.
            found.hidden_columns.extend(range(int(first) - 1, min(int(last), 1_000)))


def _scan_cells(pattern: re.Pattern[bytes], chunk: bytes, code: str, found: SheetScan) -> None:
    for tag in pattern.finditer(chunk):
        if b't="str"' in tag[1]:  # its result is an empty text
            continue
        place = _REFERENCE.fullmatch(_attributes(tag[1]).get(b"r", b""))
        if place:
            column = 0
            for letter in place[1]:
                column = column * 26 + letter - 64
            found.codes.setdefault((int(place[2]), column - 1), code)
