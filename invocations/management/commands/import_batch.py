"""`manage.py import_batch`: a file of recipients from a shell, past the same gate as the page."""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError

from invocations.batches import approvals, checking, column_json, error_words
from invocations.batches.approval_rules import NeedsApproval
from invocations.batches.change import refusal_of
from invocations.batches.column_json import Choice
from invocations.batches.columns import ColumnMap
from invocations.batches.dry_check import CheckedFile, dry_check
from invocations.batches.mending import leave_out
from invocations.batches.reading import Asked, Reading
from invocations.batches.recipient_file import LIMITS, FileRefused
from invocations.batches.row_marks import RowMark
from invocations.batches.same_file import sent_before
from invocations.batches.start import start
from invocations.batches.stored_parts import found_in, parts_of
from invocations.batches.summary import Summary
from invocations.batches.upload import begin, fill
from invocations.management.import_options import home, pairs, separator
from invocations.management.import_report import (
    MOST_BAD,
    as_json,
    bad_in,
    lines_of,
    mapping_refusal,
    refusal_json,
)
from invocations.management.invoke_text import printable
from invocations.management.options import moment_from, workflow_named
from invocations.management.progress_bar import ProgressBar
from invocations.models import Batch, WorkflowInstance
from invocations.sending.record import NotSendable

ALL_OK, SOME_BAD, REFUSED, NO_DATABASE = 0, 1, 2, 3
STANDARD_INPUT = "-"
KINDS = {
    "faults": RowMark.FAULT,
    "repeats": RowMark.REPEAT,
    "sent-lately": RowMark.SENT_LATELY,
}
WHERE = (
    "recipient, recipient2, reference, a value's key (both channels), or 1:KEY, 2:KEY (one channel)"
)


class Command(BaseCommand):
    help = (
        "Takes a file of recipients in (CSV, XLSX, XLS, ODS) and checks it. It stays in the console"
        " for a day, to be looked at and started there; with --start it is started at once. Exit"
        " code: 0 all rows can be sent, 1 some cannot, 2 the file or the command is refused, 3 the"
        " database does not answer."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("file", metavar="FILE", help="the file; - for standard input")
        add("--workflow", required=True, metavar="W", help="its workflow ID, or its title")
        add(
            "--map",
            action="append",
            default=[],
            metavar="COLUMN=WHERE",
            help=f"a heading, or a letter, and where its cells go: {WHERE}; - to leave it out",
        )
        words = "one text for all rows", "the text for a row whose cell is empty"
        for name, text in zip(("fixed", "fallback"), words, strict=True):
            add(f"--{name}", action="append", default=[], metavar="WHERE=TEXT", help=text)
        add("--sheet", default="", metavar="S", help="of a workbook; else the first with cells")
        add("--heading-row", type=int, metavar="N", help="the row of headings; 0: there is none")
        add("--separator", default="", metavar="C", help="of a CSV, else it is detected")
        add(
            "--home",
            metavar="REGION",
            help="the country of numbers without a country code, such as IN; none: each has one",
        )
        add("--check", action="store_true", help="only check: nothing is saved")
        add("--start", action="store_true", help="send it, if all rows can be sent")
        add(
            "--leave-out",
            action="append",
            default=[],
            choices=list(KINDS),
            help="do not send these rows, knowingly; may be repeated",
        )
        add("--again", action="store_true", help="start it although it was sent before")
        add("--reference", default="", metavar="T", help="a ticket for rows without one")
        add("--not-before", metavar="TIME", help="leave no earlier")
        add("--not-after", metavar="TIME", help="what has not left by then expires")
        add("--per-second", type=int, metavar="N", help="messages a second, at most")
        add("--json", action="store_true", help="print one JSON object")

    def execute(self, *args: Any, **options: Any) -> str | None:
        """With our exit codes: Django's 1 for every refusal would say that some rows are bad."""
        try:
            return super().execute(*args, **options)
        except CommandError as refusal:
            refusal.returncode = REFUSED
            raise
        except (OperationalError, InterfaceError) as error:
            raise CommandError(
                f"The database stopped answering ({type(error).__name__}), so it is not known how"
                " far this came. Run it again: a file that was started is not started twice.",
                returncode=NO_DATABASE,
            ) from None

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check"] and options["start"]:
            raise CommandError("--check sends nothing, and --start does: give one of them.")
        self._as_json = bool(options["json"])
        workflow = workflow_named(options["workflow"])
        asked = Asked(options["sheet"], separator(options["separator"]), options["heading_row"])
        choice = Choice(
            explicit=pairs(options["map"], "COLUMN=WHERE", last=True),
            fixed=pairs(options["fixed"], "WHERE=TEXT"),
            fallbacks=pairs(options["fallback"], "WHERE=TEXT"),
            home=home(options["home"]),
        )
        name = "" if options["file"] == STANDARD_INPUT else Path(options["file"]).name
        with _opened(options["file"]) as stream:
            bar = ProgressBar(sys.stderr, _size(stream))
            try:
                if _size(stream) > LIMITS.most_bytes:
                    raise FileRefused("too_large", most=LIMITS.most_bytes)
                if options["check"]:
                    self._check_only(workflow, bar, stream, asked, choice)
                else:
                    self._take_in(workflow, name, bar, stream, asked, choice, options)
            except FileRefused as refused:
                bar.clear()
                self._refuse(refused)

    def _check_only(
        self,
        workflow: WorkflowInstance,
        bar: ProgressBar,
        stream: BinaryIO,
        asked: Asked,
        choice: Choice,
    ) -> None:
        checked = dry_check(
            workflow,
            bar.reading(stream),
            asked=asked,
            choice=choice,
            most_bad=MOST_BAD,
            told=lambda rows: bar.show("Checked", rows),
        )
        bar.clear()
        self._report(checked)
        self._say("Nothing was saved.")
        raise SystemExit(_exit_code(checked))

    def _take_in(
        self,
        workflow: WorkflowInstance,
        name: str,
        bar: ProgressBar,
        stream: BinaryIO,
        asked: Asked,
        choice: Choice,
        options: dict[str, Any],
    ) -> None:
        batch = begin(workflow, None, name)
        batch.reading = Reading(asked=asked).to_json()
        batch.columns = column_json.to_json(ColumnMap(()), choice)
        batch.save(update_fields=["reading", "columns"])
        fill(batch, bar.reading(stream))
        if checking.claim(batch):
            checking.run_check(batch, told=lambda rows: bar.show("Checked", rows))
        bar.clear()
        if (refused := refusal_of(batch)) is not None:
            raise refused
        for kind in options["leave_out"]:
            leave_out(batch, KINDS[kind])
        checked = _as_checked(batch)
        problem = self._start(batch, options) if options["start"] else None
        is_started = bool(options["start"]) and problem is None
        more = {"batch": str(batch.uid), "started": is_started}
        self._report(checked, **more, problem=problem)
        if is_started:
            self._say(f"Batch {batch.pk} is started: {checked.counts.to_send:,} messages.")
        else:
            self._say(problem or f"Kept as batch {batch.pk} for 24 hours, and not started.")
        raise SystemExit(REFUSED if problem and not batch.to_decide else _exit_code(checked))

    def _start(self, batch: Batch, options: dict[str, Any]) -> str | None:
        """Why it is not started, or None."""
        if batch.checked_at is None:
            return "Not started: say first where the columns go."
        if batch.to_decide:
            return "Not started: some rows cannot be sent. Mend them, or give --leave-out faults."
        before = sent_before(batch).first()
        if before is not None and not options["again"]:
            return (
                f"Not started: the same file was started as batch {before.pk} at "
                f"{before.started_at:%Y-%m-%d %H:%M}. Give --again to send it once more."
            )
        choices = {
            "not_before": moment_from(options["not_before"]),
            "not_after": moment_from(options["not_after"]),
            "per_second": options["per_second"],
            "reference": options["reference"][:100],
        }
        try:
            is_started = start(batch, None, **choices)
        except NeedsApproval:
            approvals.ask(batch, None, choices)
            return "Not started yet: it waits for the approval of a second person, for a day."
        except NotSendable as refusal:
            return " ".join(["Not started:", *(each.text for each in refusal.findings)])
        return None if is_started else "Not started: somebody else has just changed the batch."

    def _report(self, checked: CheckedFile, problem: str | None = None, **more: Any) -> None:
        if self._as_json:
            self.stdout.write(json.dumps(as_json(checked) | more, ensure_ascii=True))
            if problem:
                self.stderr.write(problem)
            return
        for line in lines_of(checked):
            self.stdout.write(printable(line))

    def _say(self, text: str) -> None:
        if not self._as_json:
            self.stdout.write(text)

    def _refuse(self, refused: FileRefused) -> None:
        if self._as_json:
            self.stdout.write(json.dumps(refusal_json(refused)))
            raise SystemExit(REFUSED)
        raise CommandError(printable(error_words.text_of(refused.code, refused.facts)))


def _exit_code(checked: CheckedFile) -> int:
    if mapping_refusal(checked) is not None:
        return REFUSED
    return SOME_BAD if checked.counts.bad else ALL_OK


def _as_checked(batch: Batch) -> CheckedFile:
    summary = Summary.from_json(batch.found)
    checked = CheckedFile(
        Reading.from_json(batch.reading),
        column_json.columns_of(batch),
        summary,
        leaves_out=batch.leaves_out,
    )
    for part in parts_of(batch) if summary.faults else ():
        checked.bad += bad_in(found_in(part).faults)
        if len(checked.bad) >= MOST_BAD:
            break
    return checked


def _opened(name: str) -> BinaryIO:
    if name == STANDARD_INPUT:
        return sys.stdin.buffer
    try:
        return open(name, "rb")
    except OSError as error:
        raise CommandError(f"The file cannot be opened: {error.strerror}.") from None


def _size(stream: BinaryIO) -> int:
    """In bytes; 0 if it is not known."""
    try:
        return os.fstat(stream.fileno()).st_size
    except (OSError, ValueError):
        return 0
