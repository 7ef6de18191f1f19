"""Reads a file of recipients: from bytes to rows of text, each with what is doubtful about it.

Nothing is guessed, dropped or filled in silence. No Django here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from invocations.batches.recipient_file.codes import FileRefused as FileRefused
from invocations.batches.recipient_file.codes import Told as Told
from invocations.batches.recipient_file.kinds import Kind, kind_of
from invocations.batches.recipient_file.rows import LIMITS as LIMITS
from invocations.batches.recipient_file.rows import CellFault as CellFault
from invocations.batches.recipient_file.rows import Limits as Limits
from invocations.batches.recipient_file.rows import Row as Row
from invocations.batches.recipient_file.source import Source
from invocations.batches.recipient_file.text import TextFile
from invocations.batches.recipient_file.workbook import WorkbookFile

RecipientFile = TextFile | WorkbookFile


def open_file(
    stream: BinaryIO,
    *,
    sheet: str = "",
    separator: str = "",
    limits: Limits = LIMITS,
    waiting: Callable[[], None] = lambda: None,
) -> RecipientFile:
    """The file in `stream`, which need not be seekable, and is read once.

    `sheet`: the one to read; empty for the first visible one with cells. `separator`: of a CSV;
    empty to detect it. `waiting`: called again and again while a workbook is unpacked. Raises
    `FileRefused`, as iterating over the rows does.
    """
    source = Source(stream, limits.most_bytes)
    if kind_of(source.head) is Kind.TEXT:
        return TextFile(source, limits, separator)
    return WorkbookFile(source, limits, sheet, waiting)
