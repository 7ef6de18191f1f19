"""Reads one workbook, in a process of its own, and writes its rows to standard output as JSON.

A parser that asks for too much memory aborts its process, and no exception tells of it: so this one
has limits of memory and CPU, and holds no secret. Run by `workbook`, with the file as standard
input and the limits as arguments.

Lines of the output: `{"head": …}`, then `[[row number, [cells], [[column, code], …]], …]` as often
as needed, then `{"end": …}`. Instead of all further lines: `{"refused": code, "facts": …}`.
"""

from __future__ import annotations

import itertools
import json
import os
import resource
import sys
import zipfile
import zlib
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from invocations.batches.recipient_file import archive as archives
from invocations.batches.recipient_file import ods_scan, xls_scan, xlsx_scan
from invocations.batches.recipient_file.cells import texts_of
from invocations.batches.recipient_file.codes import FileRefused
from invocations.batches.recipient_file.compound import CompoundFile
from invocations.batches.recipient_file.rows import CellFault, column_letters, without_empty_end
from invocations.batches.recipient_file.sheet_scan import SheetScan

_ROWS_AT_ONCE = 500
_CHARACTERS_AT_ONCE = 200_000
_FEW = 10
_MOST_COLUMNS = 1_000
_MOST_COVERED = 200_000
_ENCRYPTED, _WORD = "EncryptedPackage", "WordDocument"
_CONTENT = "content.xml"


def main(memory: int, cpu: int, unzipped: int, rows: int, columns: int, sheet: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        _read(unzipped, rows, columns, sheet)
    except FileRefused as refused:
        _write({"refused": refused.code, "facts": refused.facts})
    except MemoryError:
        _write({"refused": "too_big_to_read", "facts": {}})


def _write(line: Any) -> None:
    sys.stdout.write(json.dumps(line, ensure_ascii=True))
    sys.stdout.write("\n")


def _read(unzipped: int, rows: int, columns: int, sheet: str) -> None:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, ZipError

    sys.stdin.buffer.seek(0)
    container = _container(unzipped)
    os.lseek(0, 0, os.SEEK_SET)
    try:
        with CalamineWorkbook.from_filelike(open(0, "rb", closefd=False)) as workbook:
            reader = _Reader(workbook, container, sheet)
            reader.write_head()
            reader.write_rows(rows, columns)
    except PasswordError as error:
        raise FileRefused("password") from error
    except (CalamineError, ZipError, zipfile.BadZipFile, zlib.error, OSError, EOFError) as error:
        raise FileRefused("damaged") from error
    except NotImplementedError as error:  # a way of compressing that nobody uses in a workbook
        raise FileRefused("damaged") from error


def _container(unzipped: int) -> zipfile.ZipFile | CompoundFile:
    stream = open(0, "rb", closefd=False)  # noqa: SIM115 (the archive reads it as long as it lives)
    if stream.read(2) != b"PK":
        stream.seek(0)
        return _compound(stream.read())
    try:
        archive = zipfile.ZipFile(stream)
        archives.check_zip(archive, unzipped)
        return archive
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError) as error:
        if isinstance(error, FileRefused):
            raise
        raise FileRefused("damaged") from error


def _compound(content: bytes) -> CompoundFile:
    wanted = (_ENCRYPTED, _WORD, *xls_scan.STREAMS)
    try:
        file: CompoundFile | None = CompoundFile(content)
        names = file.names if file else set()
    except FileRefused:
        file, names = None, {one for one in wanted if one.encode("utf-16-le") in content}
    if _ENCRYPTED in names:
        raise FileRefused("password")
    if _WORD in names:
        raise FileRefused("other_kind", kind="word")
    if file is None:
        raise FileRefused("damaged")
    if not names & {*xls_scan.STREAMS}:
        raise FileRefused("other_kind", kind="unknown")
    return file


class _Reader:
    def __init__(
        self, workbook: Any, container: zipfile.ZipFile | CompoundFile, wanted: str
    ) -> None:
        self._container = container
        self._workbook = workbook
        self._hidden = {
            one.name for one in workbook.sheets_metadata if "Visible" not in _end(one.visible)
        }
        self._names = [one.name for one in workbook.sheets_metadata if _end(one.typ) == "WorkSheet"]
        self._parts = self._parts_of_sheets()
        self._has_cells_by_part: dict[str, bool] = {}
        self._filled = [name for name in self._names if self._has_cells(name)]
        self.name = self._choose(wanted)
        self._scan = self._scanned()
        self._sheet = workbook.get_sheet_by_name(self.name)

    def _parts_of_sheets(self) -> dict[str, str]:
        """Of an XLSX, by the name of the sheet."""
        if isinstance(self._container, CompoundFile):
            return {}
        if "xl/workbook.xml" not in self._container.namelist():
            return {}
        parts = archives.sheet_parts(self._container)
        all_names = self._workbook.sheet_names
        return dict(zip(all_names, parts, strict=True)) if len(parts) == len(all_names) else {}

    def _has_cells(self, name: str) -> bool:
        part = self._parts.get(name, "")
        if not part or isinstance(self._container, CompoundFile):
            return bool(self._workbook.get_sheet_by_name(name).height)
        if part not in self._has_cells_by_part:
            self._has_cells_by_part[part] = archives.has_cells(self._container, part)
        return self._has_cells_by_part[part]

    def _scanned(self) -> SheetScan:
        """Of an XLSB: nothing is known."""
        if isinstance(self._container, CompoundFile):
            return xls_scan.scan(self._container, self._workbook.sheet_names.index(self.name))
        if part := self._parts.get(self.name, ""):
            with self._container.open(part) as stream:
                return xlsx_scan.scan(stream)
        if _CONTENT in self._container.namelist():
            with self._container.open(_CONTENT) as stream:
                return ods_scan.scan(stream, self.name)
        return SheetScan()

    def _choose(self, wanted: str) -> str:
        if wanted:
            if wanted not in self._names:
                raise FileRefused("no_such_sheet", sheet=wanted)
            return wanted
        visible = [name for name in self._filled if name not in self._hidden]
        if not (visible or self._filled):
            raise FileRefused("empty")
        return str((visible or self._filled)[0])

    def write_head(self) -> None:
        scan = self._scan
        merged = self._sheet.merged_cell_ranges or scan.merged
        width = min((self._sheet.start or (0, 0))[1] + self._sheet.width, _MOST_COLUMNS)
        _write(
            {
                "head": {
                    "sheet": self.name,
                    "visible": [name for name in self._filled if name not in self._hidden],
                    "hidden": [name for name in self._filled if name in self._hidden],
                    "hidden_rows": scan.hidden_rows,
                    "hidden_rows_count": scan.hidden_rows_count,
                    "hidden_columns": sorted(scan.hidden_columns & {*range(width)}),
                    "merged": [_range(*one) for one in merged[:_FEW]],
                    "merged_count": max(len(merged), scan.merged_count),
                }
            }
        )

    def write_rows(self, most_rows: int, most_columns: int) -> None:
        if self._scan.rows > most_rows + 1:  # a row may be said to be there a million times
            raise FileRefused("too_many_rows", most=most_rows)
        lines: list[Any] = []
        characters = empty = filled = 0
        for number, texts, faults in self._rows():
            if not (without_empty_end(texts) or faults):
                empty += 1
                continue
            filled += 1
            if filled > most_rows + 1:
                raise FileRefused("too_many_rows", most=most_rows)
            if faults:  # an error cell at the end has no text
                texts += [""] * (faults[-1].column + 1 - len(texts))
            if len(texts) > most_columns:
                raise FileRefused("too_many_columns", row=number, most=most_columns)
            lines.append((number, texts, faults))
            characters += sum(map(len, texts))
            if len(lines) >= _ROWS_AT_ONCE or characters > _CHARACTERS_AT_ONCE:
                _write(lines)
                lines, characters = [], 0
        if not filled:
            raise FileRefused("empty")
        _write(lines)
        _write({"end": {"empty": empty}})

    def _covered(self) -> dict[int, set[int]]:
        """Columns below merged cells, by row. Of an ODS the scan tells them."""
        covered: dict[int, set[int]] = {}
        left = _MOST_COVERED
        for (top, first), (bottom, last) in self._sheet.merged_cell_ranges or []:
            left -= (bottom - top + 1) * (last - first + 1)
            if left < 0:
                break
            for row in range(top, bottom + 1):
                covered.setdefault(row + 1, set()).update(range(first, last + 1))
            covered[top + 1].discard(first)
        return covered

    def _rows(self) -> Iterator[tuple[int, list[str], tuple[CellFault, ...]]]:
        before = [""] * (self._sheet.start or (0, 0))[1]
        covered = self._covered()
        for number, values in enumerate(self._sheet.iter_rows(), start=1):
            codes = self._scan.codes.get(number)
            if not codes and values.count("") == len(values):  # a million of them, perhaps
                yield number, [], ()
                continue
            texts, faults = texts_of([*before, *values])
            if number in covered:
                faults = tuple(sorted([*faults, *_hidden_texts(texts, covered[number])]))
            if codes:
                known = {column for column, _code in codes}
                others = [fault for fault in faults if fault.column not in known]
                faults = tuple(sorted([*others, *itertools.starmap(CellFault, codes)]))
            yield number, texts, faults


def _hidden_texts(texts: Sequence[str], columns: Collection[int]) -> list[CellFault]:
    return [
        CellFault(column, "covered_cell")
        for column in sorted(columns)
        if column < len(texts) and texts[column].strip()
    ]


def _end(member: object) -> str:
    return str(member).rpartition(".")[2]


def _range(first: tuple[int, int], last: tuple[int, int]) -> str:
    return ":".join(f"{column_letters(column)}{row + 1}" for row, column in (first, last))


if __name__ == "__main__":
    _memory, _cpu, _unzipped, _rows, _columns = map(int, sys.argv[1:6])
    main(_memory, _cpu, _unzipped, _rows, _columns, sys.argv[6])
