"""The streams of a compound file: what is around an XLS, a .doc and a workbook with a password.

Source: Microsoft, [MS-CFB] "Compound File Binary File Format", sections 2.2 to 2.6.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from invocations.batches.recipient_file.codes import FileRefused

_HEADER_SECTORS = 109
"""Of the allocation table that the header itself names."""
_LAST = 0xFFFFFFFA
"""Numbers from here on are marks, and no sectors."""
_ENTRY, _ROOT, _STREAM = 128, 5, 2


@dataclass(frozen=True)
class _Entry:
    name: str
    kind: int
    start: int
    size: int


class CompoundFile:
    """Raises `FileRefused` (`damaged`), as `stream` does."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._sector = 1 << self._number("<H", 30)
        if self._sector not in (512, 4096):
            raise FileRefused("damaged")
        self._small_limit = self._number("<I", 56)
        self._table = self._allocation()
        directory = self._chain(self._number("<I", 48))
        self._entries = [
            _entry(directory[at : at + _ENTRY])
            for at in range(0, len(directory) - _ENTRY + 1, _ENTRY)
        ]

    @property
    def names(self) -> set[str]:
        """Of its streams."""
        return {entry.name for entry in self._entries if entry.kind == _STREAM}

    def stream(self, name: str) -> bytes:
        """Raises `KeyError`."""
        for entry in self._entries:
            if entry.kind == _STREAM and entry.name == name:
                if entry.size < self._small_limit:
                    return self._small_stream(entry)
                return self._chain(entry.start)[: entry.size]
        raise KeyError(name)

    def _number(self, shape: str, at: int) -> int:
        try:
            return int(struct.unpack_from(shape, self._content, at)[0])
        except struct.error as error:
            raise FileRefused("damaged") from error

    def _numbers(self, sector: int) -> Sequence[int]:
        content = self._sector_at(sector)
        return struct.unpack(f"<{len(content) // 4}I", content[: len(content) // 4 * 4])

    def _sector_at(self, sector: int) -> bytes:
        start = (sector + 1) * self._sector
        if start >= len(self._content):
            raise FileRefused("damaged")
        return self._content[start : start + self._sector]

    def _allocation(self) -> list[int]:
        """The sector after each sector."""
        header = struct.unpack_from(f"<{_HEADER_SECTORS}I", self._content.ljust(512, b"\0"), 76)
        sectors = [one for one in header if one < _LAST]
        more, left = self._number("<I", 68), len(self._content) // self._sector
        while more < _LAST and left > 0:
            *named, more = self._numbers(more)
            sectors += [one for one in named if one < _LAST]
            left -= 1
        if len(sectors) > len(self._content) // self._sector:
            raise FileRefused("damaged")
        return [following for sector in sectors for following in self._numbers(sector)]

    def _chain(self, sector: int) -> bytes:
        parts: list[bytes] = []
        while sector < _LAST:
            parts.append(self._sector_at(sector))
            if sector >= len(self._table) or len(parts) > len(self._table):  # torn, or a circle
                raise FileRefused("damaged")
            sector = self._table[sector]
        return b"".join(parts)

    def _small_stream(self, entry: _Entry) -> bytes:
        root = next((one for one in self._entries if one.kind == _ROOT), None)
        if root is None:
            raise FileRefused("damaged")
        whole, table = self._chain(root.start), self._chain(self._number("<I", 60))
        parts: list[bytes] = []
        at = entry.start
        while at < _LAST and len(parts) * 64 < entry.size:
            parts.append(whole[at * 64 : at * 64 + 64])
            if (at + 1) * 4 > len(table):
                raise FileRefused("damaged")
            [at] = struct.unpack_from("<I", table, at * 4)
        return b"".join(parts)[: entry.size]


def _entry(content: bytes) -> _Entry:
    length, kind = struct.unpack_from("<HB", content, 64)
    start, size = struct.unpack_from("<II", content, 116)
    name = content[: max(min(length, 64) - 2, 0)].decode("utf-16-le", "replace")
    return _Entry(name, kind, start, size)
