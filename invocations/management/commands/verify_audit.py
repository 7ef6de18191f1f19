"""`manage.py verify_audit`: names every row of the trail that was changed, removed or inserted."""

from __future__ import annotations

import re
import sys
from argparse import ArgumentParser, FileType
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError

from invocations.audit.checking import Check
from invocations.audit.sealing import current_head
from invocations.management.progress_bar import ProgressBar
from invocations.models import TrailHead


class Command(BaseCommand):
    help = (
        "Checks the trail of who did what: every MAC and every link of its chain. Changes nothing. "
        "Exit code: 0 it is whole, 1 it is not (what is broken is named)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--head",
            metavar="SEQ:MAC",
            help="a head from a log or an export, which the trail must still contain",
        )
        parser.add_argument(
            "--log",
            type=FileType(encoding="utf-8", errors="replace"),
            metavar="FILE",
            help="a log (- for standard input), all of whose heads the trail must still contain",
        )
        parser.add_argument(
            "--at-most", type=int, default=100, metavar="N", help="faults to name (default: 100)"
        )

    def handle(
        self, *args: Any, head: str | None, log: TextIO | None = None, at_most: int, **options: Any
    ) -> None:
        bar = ProgressBar(sys.stderr, 0)
        expected = TrailHead.objects.filter(pk=1).values_list("seq", flat=True).first() or 0
        anchors = [*_anchors(head), *_heads_in(log)]
        if log and not anchors:
            raise CommandError("--log has no head of the trail. Is LOG_LEVEL above INFO?")
        check = Check(anchors, lambda rows: bar.show(f"checked of {expected:,}:", rows))
        found = 0
        for fault in check.faults():
            found += 1
            if found <= at_most:
                bar.clear()
                self.stdout.write(fault)
        bar.clear()
        self.stdout.write(f"{check.sealed:,} rows are sealed, {check.unsealed:,} are not yet.")
        if found:
            self.stdout.write(f"The trail is broken: {found} faults.")
            raise SystemExit(1)
        self.stdout.write(f"The trail is whole. Its head: {current_head() or 'none yet'}")


_HEAD = r"([1-9][0-9,]{0,22}):([a-p]{64})"


def _anchors(head: str | None) -> list[tuple[int, str]]:
    if head is None:
        return []
    if not (match := re.fullmatch(_HEAD, head)):
        raise CommandError("--head takes what the log says: a number, a colon, 64 letters.")
    return [_anchor(match)]


def _heads_in(log: TextIO | None) -> list[tuple[int, str]]:
    if log is None:
        return []
    with log:
        found = (re.search(rf"head of the trail: {_HEAD}", line) for line in log)
        return [_anchor(match) for match in found if match]


def _anchor(match: re.Match[str]) -> tuple[int, str]:
    return int(match[1].replace(",", "")), match[2]
