"""Puts numbers on the do-not-contact list, or takes them off."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from invocations.management.invoke_text import printable
from invocations.sending.number_lists import (
    ReadLines,
    TooManyLines,
    allow_contact,
    read_lines,
    stop_contact,
    unwanted_entries,
)

STANDARD_INPUT = "-"


class Command(BaseCommand):
    help = (
        "Puts numbers on the do-not-contact list, or takes them off. Nothing is added if a line"
        " cannot be read, unless --skip-bad is given; each such line is named."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("numbers", nargs="*", help="with their country code")
        parser.add_argument("--file", help="one number a line; - for standard input")
        parser.add_argument("--reason", required=True, help="why; everybody reads it")
        parser.add_argument("--remove", action="store_true", help="take them off the list")
        parser.add_argument("--skip-bad", action="store_true", help="leave out unreadable lines")

    def handle(self, *args: Any, **options: Any) -> None:
        read = self._read(options)
        for line, why in read.bad:
            self.stderr.write(printable(f"Line {line}: {why}"))
        if read.bad and not options["skip_bad"]:
            raise CommandError("Nothing was changed.")
        reason = options["reason"][:300]
        if options["remove"]:
            gone = sum(
                allow_contact(entry, reason, None)
                for number in read.numbers
                for entry in unwanted_entries([number.digits])
            )
            self.stdout.write(f"{gone} taken off the list.")
            return
        added = stop_contact(read.numbers, reason, None)
        self.stdout.write(
            f"{added.added} added, {added.known} were on the list;"
            f" {added.cancelled} waiting messages cancelled."
        )

    def _read(self, options: dict[str, Any]) -> ReadLines:
        text = "\n".join(options["numbers"])
        if options["file"] == STANDARD_INPUT:
            text += "\n" * bool(text) + sys.stdin.read()
        elif options["file"]:
            try:
                with open(options["file"], encoding="utf-8", errors="replace") as file:
                    text += "\n" * bool(text) + file.read()
            except OSError as error:
                raise CommandError(f"The file cannot be opened: {error.strerror}.") from None
        try:
            return read_lines(text)
        except TooManyLines:
            raise CommandError("There are too many lines.") from None
