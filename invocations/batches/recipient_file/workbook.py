"""Reads a workbook through a process of its own, which has limits of memory and time.

Bytes never touch a disk in clear where the system has memory files (Linux).
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from invocations.batches.recipient_file.codes import FileRefused, Told, told
from invocations.batches.recipient_file.rows import CellFault, Limits, Row, column_letters
from invocations.batches.recipient_file.source import Source

_ROOT = Path(__file__).parents[3]
_CHILD = "invocations.batches.recipient_file.workbook_child"
_COPY_BYTES = 1_048_576
_MOST_LINE_BYTES = 200_000_000
_WAIT = 0.5
_OF_MEMORY = (-signal.SIGABRT, -signal.SIGKILL)


class WorkbookFile:
    """An XLSX, XLSB, XLS or ODS. Iterate once over it, then `close` it.

    Raises `FileRefused`, also in the middle of the rows: nothing of such a file may be used.
    """

    kind = "workbook"
    separator = ""
    encoding = ""

    def __init__(
        self,
        source: Source,
        limits: Limits,
        sheet: str = "",
        waiting: Callable[[], None] = lambda: None,
    ) -> None:
        """`waiting`: called every half second in which nothing comes."""
        self._limits = limits
        self._waiting = waiting
        self.empty_rows = 0
        with _memory_file() as copy:
            while part := source.read(_COPY_BYTES):
                copy.write(part)
            self._seconds, cpu_seconds = limits.seconds_for(copy.tell())
            copy.seek(0)
            self._child = _start(copy, limits, cpu_seconds, sheet)
        self._received = bytearray()
        try:
            self._head = cast("dict[str, Any]", self._next_line()["head"])
        except BaseException:
            self.close()
            raise
        self.sheet = str(self._head["sheet"])
        self.sheets: list[str] = [*self._head["visible"], *self._head["hidden"]]
        self.notes = list(_notes(self._head, has_asked=bool(sheet)))

    def __iter__(self) -> Iterator[Row]:
        try:
            while isinstance(line := self._next_line(), list):
                for number, cells, faults in line:
                    yield Row(number, cells, tuple(CellFault(*one) for one in faults))
            self.empty_rows = line["end"]["empty"]
        finally:
            self.close()

    def close(self) -> None:
        """Ends the process. May be called more than once."""
        self._child.kill()
        self._child.wait()
        if self._child.stdout:
            self._child.stdout.close()

    def _next_line(self) -> Any:
        line = json.loads(self._read_line())
        if isinstance(line, dict) and "refused" in line:
            facts = {
                name: tuple(fact) if isinstance(fact, list) else fact
                for name, fact in line["facts"].items()
            }
            raise FileRefused(line["refused"], **facts)
        return line

    def _read_line(self) -> bytes:
        pipe = cast("IO[bytes]", self._child.stdout)
        until = time.monotonic() + self._seconds
        start = 0
        while (end := self._received.find(b"\n", start)) < 0:
            start = len(self._received)
            while not select.select([pipe], [], [], min(_WAIT, self._seconds))[0]:
                self._waiting()
                if time.monotonic() > until:
                    raise self._too_slow()
            part = os.read(pipe.fileno(), _COPY_BYTES)
            if not part:
                raise self._ended_early()
            if start > _MOST_LINE_BYTES:
                raise FileRefused("too_big_to_read")
            self._received += part
        line = bytes(self._received[:end])
        del self._received[: end + 1]
        return line

    def _too_slow(self) -> FileRefused:
        return FileRefused("too_slow_to_read", seconds=int(self._seconds))

    def _ended_early(self) -> FileRefused:
        """An abort is the end of a parser that got no memory, and no exception tells of it."""
        code = self._child.wait()
        if code == -signal.SIGXCPU:
            return self._too_slow()
        return FileRefused("too_big_to_read" if code in _OF_MEMORY else "damaged")


def _memory_file() -> BinaryIO:
    if hasattr(os, "memfd_create"):
        return open(os.memfd_create("workbook"), "w+b")
    return cast("BinaryIO", tempfile.TemporaryFile())


def _start(copy: BinaryIO, limits: Limits, cpu_seconds: int, sheet: str) -> subprocess.Popen[bytes]:
    numbers = [
        limits.child_memory_bytes,
        cpu_seconds,
        limits.most_unzipped_bytes,
        limits.most_rows,
        limits.most_columns,
    ]
    return subprocess.Popen(  # noqa: S603  # nosec B603  # our own module
        [sys.executable, "-m", _CHILD, *map(str, numbers), sheet],
        stdin=copy,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # a parser's panic may quote cells
        cwd=_ROOT,
        env={"PYTHONPATH": str(_ROOT), "PYTHONUTF8": "1"},  # nothing secret
    )


def _notes(head: dict[str, Any], *, has_asked: bool) -> Iterator[Told]:
    taken = str(head["sheet"])
    if len(head["visible"]) > 1 and not has_asked:
        yield told("several_sheets", sheets=tuple(head["visible"]), taken=taken)
    if head["hidden"]:
        yield told("hidden_sheets", sheets=tuple(head["hidden"]))
    if taken in head["hidden"]:
        yield told("hidden_sheet_taken", sheet=taken)
    if head["hidden_rows_count"]:
        count, rows = int(head["hidden_rows_count"]), tuple(head["hidden_rows"])
        yield told("hidden_rows", count=count, rows=rows)
    if head["hidden_columns"]:
        letters = tuple(column_letters(column) for column in head["hidden_columns"])
        yield told("hidden_columns", columns=letters)
    if head["merged_count"]:
        yield told("merged_cells", count=int(head["merged_count"]), ranges=tuple(head["merged"]))
