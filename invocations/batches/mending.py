"""What a person does about rows at fault: mends cells, or leaves rows out knowingly.

Nothing of it changes a batch that is being checked or was started. What is new is worked out
first and written in one short transaction, if nobody else has changed the batch meanwhile
(`Batch.fence`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Q

from invocations.batches import choosing, column_json
from invocations.batches.change import change
from invocations.batches.choosing import choose_columns as choose_columns
from invocations.batches.choosing import choose_reading as choose_reading
from invocations.batches.mended_part import MendedPart
from invocations.batches.part_found import PartFound
from invocations.batches.row_check import RowChecker
from invocations.batches.row_marks import TOGETHER, RowMark
from invocations.batches.stored_parts import found_in, parts_of, parts_with
from invocations.batches.summary import Summary
from invocations.models import Batch

MOST_CELLS = 1_000
"""That are mended at once."""
_ATTEMPTS = 5
State = Batch.State


def mend_cells(batch: Batch, texts: Mapping[tuple[int, int], str]) -> bool:
    """Puts `texts` into cells, by row number and column (from 0), and checks these rows again.

    False: the batch is being checked, or was started. The whole file is checked again (the state
    says so) if the workflow has changed since, or if a number changed that others repeat.
    """
    if len(texts) > MOST_CELLS:
        raise ValueError(f"more than {MOST_CELLS} cells")
    by_row: dict[int, dict[int, str]] = {}
    for (row, column), text in texts.items():
        by_row.setdefault(row, {})[column] = text

    def mend(part: MendedPart) -> None:
        part.mend(by_row)

    return _change_rows(batch, by_row, mend)


def leave_out(batch: Batch, what: Collection[int] | RowMark) -> bool:
    """Rows by their numbers; or all of a kind, also those that come to it by mending others.

    False: the batch is being checked, or was started.
    """
    if isinstance(what, RowMark):
        return _leave_out_kinds(batch, lambda kinds: kinds | (what & TOGETHER))
    return _change_rows(batch, what, lambda part: part.leave_out(what))


def take_back(batch: Batch, what: Collection[int] | RowMark) -> bool:
    """Undoes `leave_out`."""
    if isinstance(what, RowMark):
        return _leave_out_kinds(batch, lambda kinds: kinds & ~what)
    return _change_rows(batch, what, lambda part: part.take_back(what))


def _leave_out_kinds(batch: Batch, changed: Callable[[int], int]) -> bool:
    for _ in range(_ATTEMPTS):
        summary = Summary.from_json(batch.found)
        kinds = int(changed(batch.leaves_out))
        if _store(batch, summary, leaves_out=kinds):
            return True
        batch.refresh_from_db()
        if not _is_open(batch):
            break
    return False


def _change_rows(
    batch: Batch, rows: Collection[int], changes: Callable[[MendedPart], None]
) -> bool:
    for _ in range(_ATTEMPTS):
        if not _is_open(batch):
            return False
        if _changed_rows(batch, rows, changes):
            return True
        batch.refresh_from_db()
    return False


def _is_open(batch: Batch) -> bool:
    return batch.state == State.CHECKED and batch.checked_at is not None


def _changed_rows(
    batch: Batch, rows: Collection[int], changes: Callable[[MendedPart], None]
) -> bool:
    choice = column_json.choice_of(batch)
    checker = RowChecker(batch.workflow, column_json.columns_of(batch), choice.home)
    summary = Summary.from_json(batch.found)
    changed = []
    checks_all = not choosing.is_up_to_date(batch)
    for part in parts_with(batch, rows):
        summary.remove(found_in(part))
        mended = MendedPart(batch, part, checker)
        changes(mended)
        summary.add(mended.found)
        checks_all = checks_all or mended.changes_others
        changed.append(mended)
    if summary.names_too_few:
        summary = _summary_of_all(batch, {one.part.pk: one.found for one in changed}, summary)
    with transaction.atomic():
        if not _store(batch, summary, checks_all=checks_all):
            return False
        for mended in changed:
            mended.save()
    return True


def _summary_of_all(batch: Batch, changed: Mapping[str, PartFound], old: Summary) -> Summary:
    summary = Summary(empty_rows=old.empty_rows)
    for part in parts_of(batch):
        summary.add(changed.get(part.pk) or found_in(part))
    return summary


def _store(
    batch: Batch, summary: Summary, *, leaves_out: int | None = None, checks_all: bool = False
) -> bool:
    kinds = batch.leaves_out if leaves_out is None else leaves_out
    counts = summary.counts(kinds)
    changes: dict[str, Any] = {
        "found": summary.to_json(),
        "bad_rows": counts.bad,
        "to_decide": counts.to_decide,
        "left_out": counts.left_out,
        "leaves_out": kinds,
        "fence": batch.fence + 1,
    }
    if checks_all:
        changes["state"] = State.CHECKING
    is_same = Q(state=State.CHECKED, checked_at__isnull=False, fence=batch.fence)
    return change(batch, is_same, **changes)
