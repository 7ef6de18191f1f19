"""Goes through a table by its primary key in batches, and on from there after it was killed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db import connections, models
from django.db.models import F
from django.utils import timezone

from invocations.models.encryption import Sealed
from invocations.models.step_size import StepSize

BATCH_BYTES = 4_000_000
"""Tokens in memory at once: a part of a file may have a megabyte."""
FIRST_BATCH = 10
MOST_ROWS = 1_000
MOST_ROWS_ON_SQLITE = 200
"""Every other writer waits for the batch there."""

Row = tuple[Any, ...]


class TableWalk:
    """One walk over `rows`, a queryset of the whole table.

    `columns`: read beside the primary key. `name`: of its row in `runs` (`KeyRun`'s manager);
    without one it starts anew each time.
    """

    def __init__(
        self,
        rows: models.QuerySet[Any],
        columns: Sequence[str],
        runs: models.Manager[Any] | None = None,
        name: str = "",
    ) -> None:
        self._rows = rows.order_by("pk")
        self._columns = columns
        self._runs = runs.filter(name=name) if runs is not None else None
        self._primary_key: Any = rows.model._meta.pk
        self._after = self._stored_cursor(runs, name) if runs is not None else None
        is_sqlite = connections[rows.db].vendor == "sqlite"
        most = MOST_ROWS_ON_SQLITE if is_sqlite else MOST_ROWS
        # From the smallest on: a machine that is busy is not met with a long transaction first.
        self._size = StepSize(FIRST_BATCH, fewest=FIRST_BATCH, most=most)

    def _stored_cursor(self, runs: models.Manager[Any], name: str) -> Any:
        run, _is_new = runs.get_or_create(name=name)
        return self._primary_key.to_python(run.after) if run.after else None

    def rows_left(self) -> int:
        return self._left().count()

    def each(self, change: Callable[[list[Row]], None]) -> Iterator[int]:
        """Calls `change` with each batch, and yields how many rows it had, once that is done.

        `change` must do no harm to a row that it has changed before.
        """
        size = FIRST_BATCH
        while batch := list(self._left().values_list("pk", *self._columns)[:size]):
            started = time.monotonic()
            change(batch)
            self._size.took(time.monotonic() - started)
            self._after = batch[-1][0]
            self._store(len(batch))
            size = self._next_size(batch)
            yield len(batch)
        if self._runs is not None:
            self._runs.update(done_at=timezone.now())

    def _left(self) -> models.QuerySet[Any]:
        return self._rows if self._after is None else self._rows.filter(pk__gt=self._after)

    def _store(self, count: int) -> None:
        if self._runs is not None:
            self._runs.update(after=str(self._after), rows=F("rows") + count)

    def _next_size(self, batch: list[Row]) -> int:
        tokens = (each for row in batch for each in row if isinstance(each, Sealed))
        average = sum(len(each.token) for each in tokens) / len(batch)
        return max(1, min(self._size.rows, int(BATCH_BYTES / (average or 1))))
