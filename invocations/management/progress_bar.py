"""A line on a terminal that says how far a long command is."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING, BinaryIO, TextIO

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_WIDTH = 30
_EVERY = 0.1
"""Seconds between two lines."""


class ProgressBar:
    """Writes nothing unless `output` is a terminal."""

    def __init__(self, output: TextIO, size: int) -> None:
        """`size`: of the file, in bytes; 0 if it is not known."""
        self._output = output if output.isatty() else None
        self._size = size
        self._read = 0
        self._next = 0.0

    def reading(self, stream: BinaryIO) -> BinaryIO:
        """`stream`, whose bytes are counted."""
        return io.BufferedReader(_Counted(stream, self))

    def add_bytes(self, count: int) -> None:
        self._read += count

    def show(self, what: str, rows: int) -> None:
        if self._output is None or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _EVERY
        share = min(self._read / self._size, 1.0) if self._size else 0.0
        bar = ("█" * int(share * _WIDTH)).ljust(_WIDTH, "·")
        line = f"[{bar}] {share:4.0%}  " if self._size else ""
        self._output.write(f"\r\x1b[K{line}{what} {rows:,} rows")
        self._output.flush()

    def clear(self) -> None:
        if self._output is not None:
            self._output.write("\r\x1b[K")
            self._output.flush()


class _Counted(io.RawIOBase):
    def __init__(self, stream: BinaryIO, bar: ProgressBar) -> None:
        super().__init__()
        self._stream = stream
        self._bar = bar

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        target = memoryview(buffer).cast("B")
        part = self._stream.read(len(target))
        target[: len(part)] = part
        self._bar.add_bytes(len(part))
        return len(part)
