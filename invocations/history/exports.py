"""The history as a CSV or XLSX file, filtered, with what the viewer may see, without sent values.

A short export is written in the request. A long one becomes an `Export` row: the dispatcher's
thread, or a Celery task, writes its file into EXPORTS_DIR, where it is kept for
`EXPORTS_KEPT_FOR`. Every attempt writes a file of its own and holds the row by a lease, so that
a writer that lost the row changes nothing.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User
from django.db import (
    InterfaceError,
    OperationalError,
    close_old_connections,
    connection,
    transaction,
)
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from invocations.audit import verbs
from invocations.audit.record import record
from invocations.history.detail import Detail
from invocations.history.export_columns import EXPORT_COLUMNS, Column
from invocations.history.export_formats import Line as Line
from invocations.history.export_formats import as_csv as as_csv
from invocations.history.export_formats import without_formula as without_formula
from invocations.history.export_formats import write_xlsx as write_xlsx
from invocations.history.filters import narrow, values_in
from invocations.history.notes import prefetch_notes
from invocations.history.report import prefetch_results
from invocations.models import Export, Invocation
from invocations.models.attempts import read_answers
from invocations.models.reading import WHOLE
from invocations.models.viewer import Viewer

logger = logging.getLogger(__name__)

State = Export.State

MAX_INLINE_ROWS = 5_000
"""Up to this many rows, the file is written in the request."""
MAX_ROWS = 1_000_000
"""Rows of one file. A sheet of Excel ends at 1,048,576.

Source: Microsoft, "Excel specifications and limits".
"""
ROWS_PER_QUERY = 1_000
EXPORT_LEASE = timedelta(minutes=5)
EXPORTS_KEPT_FOR = timedelta(days=1)
MAX_EXPORT_ATTEMPTS = 3
EXPORT_POLL_SECONDS = 2.0
"""Between two looks for an export to write."""


def head_of(columns: Iterable[Column], viewer: Viewer) -> Line:
    return [
        without_formula(f"{column.title} ({viewer.zone})" if column.is_time else column.title)
        for column in columns
    ]


def export_rows(
    found: QuerySet[Invocation], viewer: Viewer, *, most: int = MAX_ROWS
) -> Iterator[Line]:
    """The head, then a line for each invocation, newest first, at most `most`.

    Reads `ROWS_PER_QUERY` at a time, so that memory use stays constant.
    """
    yield head_of(EXPORT_COLUMNS, viewer)
    unread = ["note"] if viewer.sees_numbers else ["note", "payload"]
    rows = (
        found.select_related("workflow_instance", "account__pod", "target", "created_by")
        .prefetch_related(
            prefetch_results(), prefetch_notes(), "version", "workflow_instance__channels"
        )
        .defer(*unread)
        .order_by("-id")
    )
    before, left = None, most
    while left > 0:
        older = rows if before is None else rows.filter(id__lt=before)
        chunk = list(older[: min(ROWS_PER_QUERY, left)])
        read_answers(chunk)
        for row in chunk:
            detail = Detail(row, viewer)
            yield [without_formula(column.cell(detail)) for column in EXPORT_COLUMNS]
        if len(chunk) < ROWS_PER_QUERY:
            return
        before, left = chunk[-1].pk, left - len(chunk)


# --- in the background ----------------------------------------------------------------------------


def request_export(
    person: User, filters: str, format: str, with_numbers: bool = False
) -> Export | None:
    """Queues what `filters`, a query string of the history, match now. None without invocations.

    Later invocations are left out. Days in the filters are in the current time zone.
    """
    newest = WHOLE.invocations().order_by("-id").values_list("pk", flat=True).first()
    if newest is None:
        return None
    zone = timezone.get_current_timezone_name()
    with transaction.atomic():
        export = Export.objects.create(
            person=person,
            filters=filters,
            format=format,
            newest=newest,
            zone=zone,
            with_numbers=with_numbers,
        )
        facts = {"format": format, "whole_numbers": with_numbers}
        record(verbs.EXPORTED, by=person, about=export, facts=facts)
    return export


def export_path(export: Export) -> Path:
    """The file of the current attempt."""
    return Path(settings.EXPORTS_DIR) / f"{export.pk}.{export.attempt}.{export.format}"


def cancel(export: Export) -> bool:
    """Returns whether the export was still waiting or being written."""
    unfinished = _unfinished().filter(pk=export.pk)
    end = {"state": State.CANCELLED, "lease_until": None, "ended_at": timezone.now()}
    with transaction.atomic():
        if not unfinished.update(**end):
            return False
        record(verbs.EXPORT_STOPPED, by=export.person, about=export)
    return True


def write_next_export() -> bool:
    """Writes the export that has waited longest. Returns False if there was none."""
    now = timezone.now()
    is_abandoned = Q(state=State.WRITING, lease_until__lt=now)
    due = Export.objects.filter(Q(state=State.WAITING) | is_abandoned).order_by("asked_at")
    export = due.select_related("person").first()
    if export is None:
        return False
    if not _claim(export, now):
        return True  # another writer has it, and there may be a further export
    claimed = Export.objects.filter(pk=export.pk, attempt=export.attempt, state=State.WRITING)
    try:
        _write(export, claimed)
    except _Stopped:
        logger.info("export %s was stopped", export.pk)
    except Exception as error:  # only its type is logged: its text may quote a row
        logger.error("export %s broke: %s", export.pk, type(error).__name__)
        if export.attempt >= MAX_EXPORT_ATTEMPTS or not isinstance(error, OSError):
            claimed.update(state=State.FAILED, lease_until=None, ended_at=timezone.now())
    else:
        return True
    export_path(export).unlink(missing_ok=True)
    return True


class _Stopped(Exception):
    """The export was cancelled, or another writer claimed it."""


def _unfinished() -> QuerySet[Export]:
    return Export.objects.filter(state__in=[State.WAITING, State.WRITING])


def _claim(export: Export, now: datetime) -> bool:
    """Starts the next attempt, in the row and in `export`. False if another writer was first."""
    claimed = (
        _unfinished()
        .filter(pk=export.pk, attempt=export.attempt)
        .update(
            state=State.WRITING,
            attempt=F("attempt") + 1,
            lease_until=now + EXPORT_LEASE,
            rows=0,
        )
    )
    if claimed:
        export.attempt += 1
    return bool(claimed)


def _write(export: Export, claimed: QuerySet[Export]) -> None:
    """Writes the file. `claimed` finds the row as long as this attempt holds it."""
    viewer = Viewer.of(export.person, export.time_zone)
    viewer = viewer.revealing() if export.with_numbers else viewer
    with timezone.override(export.time_zone):  # days in filters are in this zone
        _write_file(export, claimed, viewer)
    if not claimed.update(
        state=State.READY,
        lease_until=None,
        ended_at=timezone.now(),
        with_numbers=viewer.sees_numbers,
        read_as=viewer.reading.as_json(),
    ):
        raise _Stopped


def _write_file(export: Export, claimed: QuerySet[Export], viewer: Viewer) -> None:
    path = export_path(export)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    recorded_by_then = viewer.invocations().filter(id__lte=export.newest)
    found = narrow(recorded_by_then, values_in(export.filters))
    claimed.update(total=found.order_by().values("pk")[:MAX_ROWS].count())
    lines = _counted(export_rows(found, viewer), claimed)
    path.touch(mode=0o600)
    if export.format == Export.Format.XLSX:
        write_xlsx(lines, path)
    else:
        with path.open("wb") as file:
            file.writelines(as_csv(lines))


def _counted(lines: Iterator[Line], claimed: QuerySet[Export]) -> Iterator[Line]:
    """Passes `lines` on. Every `ROWS_PER_QUERY` lines, stores the progress and extends the lease.

    Raises `_Stopped` once the row is not held any more.
    """
    for number, line in enumerate(lines):
        if number % ROWS_PER_QUERY == 0 and not claimed.update(
            rows=number, lease_until=timezone.now() + EXPORT_LEASE
        ):
            raise _Stopped
        yield line
    if not claimed.update(rows=number):
        raise _Stopped


def delete_old_exports(now: datetime) -> int:
    """Deletes exports that ended before `EXPORTS_KEPT_FOR`, and files without a row.

    Returns how many rows were deleted. A killed writer leaves files without a row.
    """
    ended = Export.objects.filter(ended_at__lt=now - EXPORTS_KEPT_FOR)
    old = list(ended.values_list("pk", flat=True))
    if old:
        with transaction.atomic():
            Export.objects.filter(pk__in=old).delete()
            record(verbs.EXPORTS_DELETED, by=None, facts={"exports": len(old)})
    kept = {str(pk) for pk in Export.objects.values_list("pk", flat=True)}
    for path in Path(settings.EXPORTS_DIR).glob("*-*-*-*-*.*.*"):
        if path.name.partition(".")[0] not in kept:
            path.unlink(missing_ok=True)
    return len(old)


def run_worker(stopping: threading.Event) -> None:
    """Writes and deletes exports until `stopping`, in a thread beside the dispatcher."""
    try:
        while not stopping.is_set():
            try:
                delete_old_exports(timezone.now())
                while not stopping.is_set() and write_next_export():
                    pass
            except (OperationalError, InterfaceError) as error:
                kind = type(error).__name__
                logger.error("the database does not answer (%s); trying again", kind)
                close_old_connections()
            stopping.wait(EXPORT_POLL_SECONDS)
    finally:
        connection.close()  # belongs to this thread
