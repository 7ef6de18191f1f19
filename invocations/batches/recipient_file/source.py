"""The bytes of a file: counted, limited, and with a first part that can be looked at."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO

from invocations.batches.recipient_file.codes import FileRefused

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

HEAD_BYTES = 65_536


class Source(io.RawIOBase):
    """Reads a stream that need not be seekable.

    `head` holds its first bytes, which are read again by whoever reads the source. Raises
    `FileRefused` (`too_large`) at the first byte over `most`.
    """

    def __init__(self, stream: BinaryIO, most: int) -> None:
        super().__init__()
        self._stream = stream
        self._most = most
        self.bytes_read = 0
        self.head = self._first_bytes()
        self._unread = memoryview(self.head)

    def _first_bytes(self) -> bytes:
        parts, missing = [], HEAD_BYTES
        while missing > 0 and (part := self._next(missing)):
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def _next(self, size: int) -> bytes:
        part = self._stream.read(size) or b""
        self.bytes_read += len(part)
        if self.bytes_read > self._most:
            raise FileRefused("too_large", most=self._most)
        return part

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        target = memoryview(buffer).cast("B")
        part: bytes | memoryview
        if self._unread:
            part, self._unread = self._unread[: len(target)], self._unread[len(target) :]
        else:
            part = self._next(len(target))
        target[: len(part)] = part
        return len(part)
