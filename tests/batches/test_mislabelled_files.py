"""What is no table of rows is refused as what it is, whatever its name says, and at once."""

from __future__ import annotations

import io
import tarfile
import time

import pytest

from invocations.batches.recipient_file import FileRefused
from invocations.batches.recipient_file.kinds import kind_of
from tests.batches.files import refusal

HINDI = "फोन,नाम\r\n919876512340,आशा देवी\r\n919876512341,मीरा शर्मा\r\n"


def _tar() -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        info = tarfile.TarInfo("orders.csv")
        info.size = 5
        archive.addfile(info, io.BytesIO(b"Phone"))
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"<!-- made by a shop --><!-- --><html><table>", "html"),
        (b"<tr><td>Phone</td></tr>", "html"),
        (b"<center><table><tr><td>Phone", "html"),
        (b"<title>Orders</title><table>", "html"),
        (b'<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">', "xml_spreadsheet"),
        (b'<!-- x --><office:document xmlns:office="urn:x">', "xml_spreadsheet"),
        (_tar(), "other_kind"),
    ],
)
def test_pages_and_archives_are_refused_as_what_they_are(content: bytes, code: str) -> None:
    assert refusal(content)[0] == code


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_named_though_it_has_few_zeros(encoding: str) -> None:
    expected = ("encoding", {"name": "utf-16 without a byte order mark"})
    assert refusal(HINDI.encode(encoding)) == expected


@pytest.mark.parametrize(
    "start", [b"<!---->" * 9_000, b"<!--" * 16_000, b"<!-- " * 9_000 + b"-->", b"<a " * 20_000]
)
def test_no_start_of_a_file_takes_long_to_judge(start: bytes) -> None:
    begun = time.process_time()
    try:
        kind_of(start)
    except FileRefused:
        pass
    assert time.process_time() - begun < 1
