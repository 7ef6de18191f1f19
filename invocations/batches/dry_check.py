"""Checks a file that is not taken in: nothing of it enters the database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO

from invocations.batches import column_json
from invocations.batches.check_run import in_parts
from invocations.batches.column_json import Choice
from invocations.batches.columns import ColumnMap
from invocations.batches.part_check import PartChecker
from invocations.batches.part_found import RowFault
from invocations.batches.reading import Asked, Reading, open_table
from invocations.batches.row_check import RowChecker
from invocations.batches.summary import Counts, Summary
from invocations.batches.wanted import wanted_of
from invocations.models import WorkflowInstance


@dataclass
class CheckedFile:
    """What is known of a file after its check. Without rows if its columns are not complete."""

    reading: Reading
    columns: ColumnMap
    summary: Summary = field(default_factory=Summary)
    bad: list[tuple[int, RowFault]] = field(default_factory=list)
    """The first faults in the order of the rows: row number and fault."""
    leaves_out: int = 0

    @property
    def counts(self) -> Counts:
        return self.summary.counts(self.leaves_out)


def dry_check(
    workflow: WorkflowInstance,
    stream: BinaryIO,
    *,
    asked: Asked,
    choice: Choice,
    most_bad: int,
    told: Callable[[int], None] = lambda rows: None,
) -> CheckedFile:
    """`told`: called with the number of rows so far. Raises `FileRefused`."""
    opened = open_table(stream, asked)
    try:
        wanted = wanted_of(list(workflow.channels.prefetch_related("parameters")))
        columns = column_json.map_for(opened.reading, opened.table.sample, wanted, choice)
        checked = CheckedFile(opened.reading, columns)
        if not columns.is_complete:
            return checked
        checker = PartChecker(RowChecker(workflow, columns, choice.home))
        rows_so_far = 0
        for rows in in_parts(opened.table.rows):
            found, _ = checker.check(rows)
            checked.summary.add(found)
            for row, faults in found.faults.items():
                checked.bad += [(row, fault) for fault in faults][: most_bad - len(checked.bad)]
            rows_so_far += len(rows)
            told(rows_so_far)
        checked.summary.empty_rows = opened.file.empty_rows
        return checked
    finally:
        opened.close()
