"""What a file is, judged by its first bytes. Its name's ending decides nothing."""

from __future__ import annotations

import codecs
import re
from enum import StrEnum

from invocations.batches.recipient_file.codes import FileRefused


class Kind(StrEnum):
    TEXT = "text"
    WORKBOOK = "workbook"


_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLD_EXCEL = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00", b"\x09\x08\x08\x00")
"""The first record of a sheet of Excel 2 to 5, without the compound file around it."""
_OTHER = {
    b"%PDF-": "pdf",
    b"{\\rtf": "rtf",
    b"\x89PNG": "image",
    b"\xff\xd8\xff": "image",
    b"GIF8": "image",
    b"\x1f\x8b": "gzip",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "rar",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"PAR1": "parquet",
    b"SQLite format 3\x00": "sqlite",
    b"\x7fELF": "program",
}
_ENCODING_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    b"\x84\x31\x95\x33": "gb18030",
    b"+/v8": "utf-7",
    b"+/v9": "utf-7",
    b"+/v+": "utf-7",
    b"+/v/": "utf-7",
    b"\xdd\x73\x66\x73": "utf-ebcdic",
    b"\x0e\xfe\xff": "scsu",
}
_HTML = re.compile(
    # Possessive: else each further comment would double the ways to read those before it.
    rb"(?:<!--.*?-->\s*+)*+<(?:!doctype\s+html|html|head|body|table|tr|td|th|caption|meta|title|style"
    rb"|script|link|div|span|center|font|p|br|h[1-6])\b",
    re.IGNORECASE | re.DOTALL,
)
_XML = re.compile(rb"(?:<!--.*?-->\s*+)*+<[A-Za-z][\w.:\-]{0,60}\s+xmlns\b", re.DOTALL)
_TAR = slice(257, 262), b"ustar"
_JSON = re.compile(rb'\{\s*"|\[\s*[\[{"]')


def kind_of(head: bytes) -> Kind:
    """Raises `FileRefused` for all that is neither text nor a workbook."""
    if not head:
        raise FileRefused("empty")
    if head.startswith((*_ZIP, _COMPOUND)):
        return Kind.WORKBOOK
    if head.startswith(_OLD_EXCEL):
        raise FileRefused("old_excel")
    for start, name in _OTHER.items():
        if head.startswith(start):
            raise FileRefused("other_kind", kind=name)
    if head[_TAR[0]] == _TAR[1]:
        raise FileRefused("other_kind", kind="tar")
    _refuse_markup(_as_ascii(head))
    return Kind.TEXT


def _as_ascii(head: bytes) -> bytes:
    for mark, encoding in [(codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")]:
        if head.startswith(mark):
            return head[2:].decode(encoding, "replace").encode("ascii", "replace").lstrip()
    return head.removeprefix(codecs.BOM_UTF8).lstrip()


def _refuse_markup(start: bytes) -> None:
    if _HTML.match(start) or start[:200].lower().startswith(b"mime-version:"):
        raise FileRefused("html")
    if start.startswith(b"<?xml"):
        rest = start[start.find(b"?>") + 2 :].lstrip()
        is_page = _HTML.match(rest) is not None
        raise FileRefused("html" if is_page else "xml_spreadsheet")
    if _XML.match(start):
        raise FileRefused("xml_spreadsheet")
    if _JSON.match(start):
        raise FileRefused("json")


def encoding_of(head: bytes) -> str:
    """The encoding of a text, by its byte order mark: UTF-8 if it has none.

    Raises `FileRefused` (`encoding`) for what is known to be another.
    """
    for mark, name in _ENCODING_MARKS.items():
        if head.startswith(mark):
            raise FileRefused("encoding", name=name)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    start = head[:2_000]
    if not head.startswith(codecs.BOM_UTF8) and (_is_mostly_nul(start) or _has_wide_lines(start)):
        raise FileRefused("encoding", name="utf-16 without a byte order mark")
    return "utf-8-sig"


def _is_mostly_nul(start: bytes) -> bool:
    """Every second byte of Latin text in UTF-16 is 0, three of four in UTF-32."""
    return start.count(0) * 5 > len(start) * 2


def _has_wide_lines(start: bytes) -> bool:
    """Whether each line ends as in UTF-16: Hindi has few zeros but those of its line ends."""
    lines = start.count(b"\n")
    return lines > 0 and lines in (start.count(b"\n\0"), start.count(b"\0\n"))
