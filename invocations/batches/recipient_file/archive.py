"""Looks into the zip of a workbook before a parser does: its type, its sizes, its parts."""

from __future__ import annotations

import re
import zipfile
from posixpath import join, normpath

from invocations.batches.recipient_file.codes import FileRefused

_CHUNK, _OVERLAP = 1_048_576, 200
_SMALL = 2_000_000
"""Bytes read of a part that lists the sheets."""
_OTHER_ZIPS = {
    "word/": "word",
    "ppt/": "powerpoint",
    "Index/": "apple numbers",
    "visio/": "visio",
}
_ODS = b"application/vnd.oasis.opendocument.spreadsheet"
_SHEET = re.compile(rb"<(?:\w{1,40}:)?sheet\b[^<>]*>")
_RELATION = re.compile(rb"<(?:\w{1,40}:)?Relationship\b[^<>]*>")
_ATTRIBUTE = re.compile(rb"(?<![\w:])([\w:]++)\s*+=\s*(?:\"([^\"]*)\"|'([^']*)')")
_CELL_CONTENT = re.compile(rb"<(?:\w{1,40}:)?(?:v>|f\b|is\b)")


def check_zip(archive: zipfile.ZipFile, most_bytes: int) -> str:
    """`xlsx` or `ods`, whatever the file is called. Raises `FileRefused`."""
    infos = archive.infolist()
    if sum(info.file_size for info in infos) > most_bytes:
        raise FileRefused("too_big_to_read")
    if any(info.flag_bits & 1 for info in infos):
        raise FileRefused("password")
    names = {info.filename for info in infos}
    if len(names) < len(infos):  # which of the two is meant?
        raise FileRefused("damaged")
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
    parts, names = [], set(archive.namelist())
    for tag in _SHEET.finditer(_small(archive, "xl/workbook.xml")):
        attributes = _attributes(tag[0])
        identity = next((v for k, v in attributes.items() if k.endswith(b":id")), b"")
        target = targets.get(identity, "").lstrip("/")
        parts.append(target if target in names else "")
    return parts


def has_cells(archive: zipfile.ZipFile, part: str) -> bool:
    rest = b""
    with archive.open(part) as stream:
        while piece := rest + stream.read(_CHUNK):
            if _CELL_CONTENT.search(piece):
                return True
            if len(piece) == len(rest):
                return False
            rest = piece[-_OVERLAP:]
    return False
