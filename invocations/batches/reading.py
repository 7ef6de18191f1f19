"""How a file is read: what a person asked for, and what was found."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import Any, BinaryIO

from invocations.batches.recipient_file import (
    LIMITS,
    FileRefused,
    Limits,
    RecipientFile,
    Row,
    Told,
    open_file,
)
from invocations.batches.recipient_file.headings import Table, table_of

_TOP_ROWS, _TOP_COLUMNS, _TOP_CHARACTERS = 12, 50, 60


@dataclass(frozen=True)
class Asked:
    """What a person chose; empty or None: it is found."""

    sheet: str = ""
    separator: str = ""
    heading_row: int | None = None
    """0: the file has no headings."""


@dataclass(frozen=True)
class Reading:
    sheet: str = ""
    separator: str = ""
    heading_row: int = 0
    """0 without headings."""
    kind: str = ""
    """`csv` or `workbook`; empty while nothing was read."""
    encoding: str = ""
    headings: tuple[str, ...] = ()
    notes: tuple[Told, ...] = ()
    width: int = 0
    """Columns: those of the headings, or of the widest of the first rows."""
    sheets: tuple[str, ...] = ()
    """Those with cells, the hidden ones last."""
    top: tuple[tuple[int, tuple[str, ...]], ...] = ()
    """The first rows of the file, shortened: number and cells. They show where the headings are."""
    asked: Asked = field(default_factory=Asked)
    is_complete: bool = False
    """Whether all rows are in parts as this reading says."""

    @classmethod
    def from_json(cls, text: str) -> Reading:
        data = json.loads(text)
        if not data:
            return cls()
        for name in ("headings", "sheets"):
            data[name] = tuple(data[name])
        data["notes"] = tuple(Told(code, _facts(facts)) for code, facts in data["notes"])
        data["top"] = tuple((number, tuple(cells)) for number, cells in data["top"])
        data["asked"] = Asked(**data["asked"])
        return cls(**data)

    def to_json(self) -> str:
        data = {name: getattr(self, name) for name in self.__dataclass_fields__}
        data["notes"] = [[one.code, one.facts] for one in self.notes]
        data["asked"] = vars(self.asked)
        return json.dumps(data, ensure_ascii=False)

    def completed(self) -> Reading:
        return replace(self, is_complete=True)


def _facts(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(fact) if isinstance(fact, list) else fact for name, fact in facts.items()}


@dataclass(frozen=True)
class OpenTable:
    """A file whose headings are known. Iterate once over `table.rows`, then `close` it."""

    reading: Reading
    table: Table
    file: RecipientFile

    def close(self) -> None:
        self.file.close()


class TableRefused(FileRefused):
    """The file can be read, but no table is where it was looked for: another sheet may have it."""

    def __init__(self, error: FileRefused, reading: Reading) -> None:
        super().__init__(error.code, **error.facts)
        self.reading = reading


def open_table(
    stream: BinaryIO,
    asked: Asked,
    limits: Limits = LIMITS,
    waiting: Callable[[], None] = lambda: None,
) -> OpenTable:
    """`waiting`: as of `open_file`. Raises `TableRefused`, or another `FileRefused`, as iterating
    over the rows does.
    """
    file = open_file(
        stream, sheet=asked.sheet, separator=asked.separator, limits=limits, waiting=waiting
    )
    first: list[Row] = []
    try:
        rows = iter(file)
        first += islice(rows, _TOP_ROWS)
        table = table_of(chain(first, rows), asked.heading_row)
    except FileRefused as error:
        file.close()
        raise TableRefused(error, _reading_of(file, first, asked)) from error
    except BaseException:
        file.close()
        raise
    reading = replace(
        _reading_of(file, first, asked),
        heading_row=table.heading_row,
        headings=table.headings,
        notes=(*file.notes, *table.notes),
        width=len(table.headings) or max(len(row.cells) for row in table.sample),
    )
    return OpenTable(reading, table, file)


def _reading_of(file: RecipientFile, first: Sequence[Row], asked: Asked) -> Reading:
    """What is known without the headings. `first`: the first rows."""
    return Reading(
        sheet=file.sheet,
        separator=file.separator,
        kind=file.kind,
        encoding=file.encoding,
        notes=tuple(file.notes),
        sheets=tuple(file.sheets),
        top=tuple(_shortened(first)),
        asked=asked,
    )


def _shortened(rows: Sequence[Row]) -> Iterator[tuple[int, tuple[str, ...]]]:
    for row in rows:
        yield row.number, tuple(cell[:_TOP_CHARACTERS] for cell in row.cells[:_TOP_COLUMNS])
