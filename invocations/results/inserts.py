"""Inserts results with as few statements as there is time for.

The threads of a web server that store results at the same time share an INSERT, and so a commit:
while one thread waits for the database, the others queue, and the next one inserts all that is
queued. A thread returns when its own row is committed. A result that comes alone waits for nobody.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from functools import cache

from django.db import InterfaceError, OperationalError, connection

from invocations.models import Callback

logger = logging.getLogger(__name__)

MAX_TOGETHER = 50
"""Rows of one INSERT. SQLite allows 250,000 parameters, PostgreSQL 65,535."""


class _Waiting:
    """A row to insert, and what has become of it."""

    def __init__(self, callback: Callback) -> None:
        self.digest = callback.digest
        body = Callback._meta.get_field("body").seal(callback, callback.body)
        now = connection.ops.adapt_datetimefield_value(callback.received_at)
        self.values = (
            callback.account_id,
            callback.digest,
            body.token,
            callback.problem,
            *(now, now, now),
        )
        self.pk = 0
        self.error: Exception | None = None

    @property
    def is_done(self) -> bool:
        return self.pk > 0 or self.error is not None


_queue: list[_Waiting] = []
_inserting = threading.Lock()


def insert_or_count(callback: Callback) -> int:
    """Commits the row; if its digest is stored already, counts the repeat, and has the result read
    again if it is unmatched. Returns the primary key of the row.
    """
    mine = _Waiting(callback)
    if connection.in_atomic_block:  # the rows of others must not depend on this transaction
        _insert([mine])
    else:
        _queue.append(mine)
        while not mine.is_done:
            with _inserting:
                if not mine.is_done:
                    _insert_each(_take())
    if mine.error:
        raise mine.error
    return mine.pk


def _take() -> list[_Waiting]:
    """The first rows of the queue. One statement cannot have two of the same digest."""
    by_digest: dict[str, _Waiting] = {}
    for row in _queue[:MAX_TOGETHER]:
        by_digest.setdefault(row.digest, row)
    taken = sorted(by_digest.values(), key=lambda row: row.digest)
    for row in taken:
        _queue.remove(row)
    return taken


def _insert_each(rows: Sequence[_Waiting]) -> None:
    """Sets `pk` or `error` of each row. One that cannot be inserted does not stop the others."""
    try:
        _insert(rows)
    except (OperationalError, InterfaceError) as error:
        for row in rows:
            row.error = error
    except Exception as error:
        for row in rows:
            if len(rows) > 1:
                _insert_each([row])
            else:
                row.error = error
    except BaseException as error:  # the process is ending
        for row in rows:
            row.error = OperationalError(type(error).__name__)
        raise


def _insert(rows: Sequence[_Waiting]) -> None:
    """Several processes that have the same digests cannot deadlock: `rows` are sorted by digest."""
    # Spares a query before each INSERT: a connection that is broken fails here just as well.
    connection.health_check_done = True  # type: ignore[attr-defined]
    try:
        pks = _execute(rows)
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block or connection.is_usable():
            raise
        connection.close()
        pks = _execute(rows)  # stored before the connection broke, it is counted as a repeat
    for row in rows:
        row.pk = pks[row.digest]


def _execute(rows: Sequence[_Waiting]) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(_statement(len(rows)), [value for row in rows for value in row.values])
        return dict(cursor.fetchall())


@cache
def _statement(count: int) -> str:
    """For `count` rows. Django's `bulk_create` could not count repeats, and names every column."""
    table = Callback._meta.db_table
    columns = "account_id, digest, body, problem, received_at, last_received_at, ask_at"
    constants = "times, is_pending, workflow_invocation_id, execution_status"
    row = "(%s, %s, %s, %s, %s, %s, %s, 1, TRUE, '', '')"
    return (
        f"INSERT INTO {table} ({columns}, {constants}) VALUES {', '.join([row] * count)}"  # noqa: S608
        f" ON CONFLICT (digest) DO UPDATE SET times = {table}.times + 1,"  # nosec B608  # no value
        " last_received_at = excluded.last_received_at, ask_at = excluded.ask_at,"
        f" is_pending = {table}.invocation_id IS NULL RETURNING {table}.digest, {table}.id"
    )
