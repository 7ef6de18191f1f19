"""The history as a file: CSV or XLSX, as much as the current filter holds, with what this person may see.

A short one is written while the person waits. A long one becomes an `Export`: whoever runs the dispatcher writes it into EXPORTS_DIR,
and the person who asked finds it under "Exports" for a day. Values that were sent are in none.
"""

from __future__ import annotations

import csv
import io
import logging
import re
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import xlsxwriter
from django.conf import settings
from django.contrib.auth.models import User
from django.db import InterfaceError, OperationalError, close_old_connections, connection
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from invocations.history.detail import Detail
from invocations.history.export_columns import COLUMNS
from invocations.history.filters import narrow, values_in
from invocations.history.report import prefetch_results
from invocations.models import Export, Invocation
from invocations.models.permissions import Viewer

logger = logging.getLogger(__name__)

State = Export.State

MAX_INLINE_ROWS = 5_000
"""Rows that are written while a person waits."""
MAX_ROWS = 1_000_000
"""Of one file. A sheet of Excel ends at 1,048,576 (Microsoft, "Excel specifications and limits")."""
COLUMN_WIDTH = 22
"""Of a sheet, in characters: a moment or a number is read without pulling."""
ROWS_PER_QUERY = 1_000
EXPORT_LEASE = timedelta(minutes=5)
EXPORTS_KEPT_FOR = timedelta(days=1)
MOST_ATTEMPTS = 3
LOOK_EVERY = 2.0
"""Seconds between two looks for something to write."""
FORMULA_START = re.compile("[=+\\-@\t\r\n\0\uff1d\uff0b\uff0d\uff20]")
"""How a cell begins that a spreadsheet would calculate (OWASP, "CSV injection"), in full width as well."""


Line = list[str]


def without_formula(cell: object) -> str:
    """`cell` as text that no spreadsheet calculates: what could be a formula begins with an apostrophe."""
    text = str(cell)
    return f"'{text}" if FORMULA_START.match(text) else text


def export_rows(
    found: QuerySet[Invocation], viewer: Viewer, *, most: int = MAX_ROWS
) -> Iterator[Line]:
    """The head, then a line for each of `found`, newest first, `most` at most: read `CHUNK` by `CHUNK`, so that memory stays flat."""
    yield [
        without_formula(f"{column.title} ({viewer.zone})" if column.is_time else column.title)
        for column in COLUMNS
    ]
    wide = ["note"] if viewer.sees_numbers else ["note", "payload"]
    rows = (
        found.select_related("workflow_instance", "account__pod", "created_by")
        .defer(*wide)
        .order_by("-id")
    )
    rows = rows.prefetch_related(prefetch_results(), "version", "workflow_instance__channels")
    before, left = None, most
    while left > 0:
        chunk = list(
            (rows if before is None else rows.filter(id__lt=before))[: min(ROWS_PER_QUERY, left)]
        )
        for row in chunk:
            detail = Detail(row, viewer)
            yield [without_formula(column.cell(detail)) for column in COLUMNS]
        if len(chunk) < ROWS_PER_QUERY:
            return
        before, left = chunk[-1].pk, left - len(chunk)


# --- the two formats --------------------------------------------------------------------------------------------------


def as_csv(some: Iterator[Line]) -> Iterator[bytes]:
    """RFC 4180, in UTF-8 with the mark by which Excel knows it. One piece for some lines, so that the first leaves at once."""
    text = io.StringIO()
    write = csv.writer(text, quoting=csv.QUOTE_ALL).writerow
    text.write("\ufeff")
    for number, line in enumerate(some):
        write(line)
        if number % 100 == 0:
            yield text.getvalue().encode("utf-8", "replace")
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode("utf-8", "replace")


def write_xlsx(some: Iterator[Line], path: Path) -> None:
    """A workbook of one sheet whose cells are all text, ready to be filtered. It is written row by row, in constant memory."""
    with xlsxwriter.Workbook(path, {"constant_memory": True, "tmpdir": str(path.parent)}) as book:
        sheet = book.add_worksheet(_("History"))
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(COLUMNS) - 1, COLUMN_WIDTH)
        head = book.add_format({"bold": True})
        for number, line in enumerate(some):
            for place, cell in enumerate(line):
                sheet.write_string(
                    number, place, cell[:32_767], None if number else head
                )  # a cell of Excel holds no more
        sheet.autofilter(0, 0, number, len(COLUMNS) - 1)


# --- long ones, in the background -------------------------------------------------------------------------------------


def request_export(person: User, filters: str, format: str) -> Export | None:
    """Notes that `person` wants what `filters` (as in the history's address) hold now, in their time zone. None if there is nothing."""
    newest = Invocation.objects.order_by("-id").values_list("pk", flat=True).first()
    if newest is None:
        return None
    zone = timezone.get_current_timezone_name()
    return Export.objects.create(
        person=person, filters=filters, format=format, newest=newest, zone=zone
    )


def export_path(export: Export) -> Path:
    """Where its file stands, once it is ready: each attempt has a file of its own."""
    return Path(settings.EXPORTS_DIR) / f"{export.pk}.{export.attempt}.{export.format}"


def cancel(export: Export) -> bool:
    """Stops one that is not ready. Returns whether it still could be."""
    going = Export.objects.filter(pk=export.pk, state__in=[State.WAITING, State.WRITING])
    return bool(going.update(state=State.CANCELLED, lease_until=None, ended_at=timezone.now()))


def write_next_export() -> bool:
    """Writes the export that waits longest, or whose writer died. Returns whether there was one."""
    now = timezone.now()
    to_do = Export.objects.filter(
        Q(state=State.WAITING) | Q(state=State.WRITING, lease_until__lt=now)
    ).order_by("asked_at")
    export = to_do.select_related("person").first()
    if export is None:
        return False
    mine = Export.objects.filter(
        pk=export.pk, attempt=export.attempt, state__in=[State.WAITING, State.WRITING]
    )
    if not mine.update(
        state=State.WRITING, attempt=F("attempt") + 1, lease_until=now + EXPORT_LEASE, rows=0
    ):
        return True  # somebody else has it; there may be another
    export.attempt += 1
    mine = Export.objects.filter(pk=export.pk, attempt=export.attempt, state=State.WRITING)
    try:
        viewer = Viewer.of(export.person, export.time_zone)
        with timezone.override(export.time_zone):  # of which the filters' days are
            _write(export, mine, viewer)
        if not mine.update(
            state=State.READY,
            lease_until=None,
            ended_at=timezone.now(),
            with_numbers=viewer.sees_numbers,
        ):
            raise _Stopped
        return True
    except _Stopped:
        logger.info("export %s was stopped", export.pk)
    except Exception as error:  # its text could hold a row
        logger.error("export %s broke: %s", export.pk, type(error).__name__)
        if export.attempt >= MOST_ATTEMPTS or not isinstance(error, OSError):
            mine.update(state=State.FAILED, lease_until=None, ended_at=timezone.now())
    export_path(export).unlink(missing_ok=True)
    return True


class _Stopped(Exception):
    """It was cancelled, or another writer took it over."""


def _write(export: Export, mine: QuerySet[Export], viewer: Viewer) -> None:
    path = export_path(export)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    recorded_by_then = Invocation.objects.filter(id__lte=export.newest)
    narrowed = narrow(recorded_by_then, values_in(export.filters))
    mine.update(total=narrowed.order_by().values("pk")[:MAX_ROWS].count())
    some = _counted(export_rows(narrowed, viewer), mine)
    path.touch(mode=0o600)
    if export.format == Export.Format.XLSX:
        write_xlsx(some, path)
    else:
        with path.open("wb") as file:
            file.writelines(as_csv(some))


def _counted(some: Iterator[Line], mine: QuerySet[Export]) -> Iterator[Line]:
    """The lines as they are. Now and then the row says how far they have come, and is asked whether to go on."""
    for number, line in enumerate(some):
        if number % ROWS_PER_QUERY == 0 and not mine.update(
            rows=number, lease_until=timezone.now() + EXPORT_LEASE
        ):
            raise _Stopped
        yield line
    if not mine.update(rows=number):
        raise _Stopped


def delete_old_exports(now: datetime) -> int:
    """Takes away what ended more than a day ago, with its file, and whatever a killed writer left. Returns how many exports went."""
    old = list(
        Export.objects.filter(ended_at__lt=now - EXPORTS_KEPT_FOR).values_list("pk", flat=True)
    )
    Export.objects.filter(pk__in=old).delete()
    known = {str(pk) for pk in Export.objects.values_list("pk", flat=True)}
    for path in Path(settings.EXPORTS_DIR).glob("*-*-*-*-*.*.*"):
        if path.name.partition(".")[0] not in known:
            path.unlink(missing_ok=True)
    return len(old)


def run_worker(stopping: threading.Event) -> None:
    """Writes what is asked for, and clears away what is old, until `stopping`: in a thread of its own, beside the dispatcher."""
    try:
        while not stopping.is_set():
            try:
                delete_old_exports(timezone.now())
                while not stopping.is_set() and write_next_export():
                    pass
            except (OperationalError, InterfaceError) as error:
                logger.error(
                    "the database does not answer (%s); trying again", type(error).__name__
                )
                close_old_connections()
            stopping.wait(LOOK_EVERY)
    finally:
        connection.close()  # it is this thread's own
