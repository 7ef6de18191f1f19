"""`manage.py erase NUMBER`: erases one person; without --yes it lists what would go."""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from invocations.composing.error_text import number_text
from invocations.kaleyra import recipients
from invocations.management.commands.purge import counts_text
from invocations.privacy import erasure
from invocations.privacy.erasure import Found, StillOpen


class Command(BaseCommand):
    help = (
        "Erases a person: all messages to a phone number, in any spelling, and the number wherever"
        " it stands. Without --yes it changes nothing and lists what there is. Exit code: 0 done,"
        " 1 refused, or something left, because messages may still leave, 2 wrong usage."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number", help="with its country code, for example +919876543210")
        parser.add_argument("--yes", action="store_true", help="erase; this cannot be undone")

    def handle(self, *args: Any, number: str, yes: bool, **options: Any) -> None:
        try:
            digits = recipients.clean(number).digits
        except recipients.RecipientError as error:
            raise CommandError(str(number_text(error)), returncode=2) from None
        found = erasure.find(digits)
        if not yes or not found.may_be_erased:
            self._list(found)
        if not yes:
            self.stdout.write("Nothing was changed. Erase it with --yes; that cannot be undone.")
            return
        try:
            begun = erasure.start(digits, None)
        except StillOpen:
            words = "Nothing was erased: wait until they are final, or cancel them first."
            raise CommandError(words, returncode=1) from None
        erasure.work_off(begun)
        if begun.done_at is None:
            words = (
                "Not all is erased yet: something was sent to the number meanwhile. A dispatcher"
                " goes on once it is final."
            )
            raise CommandError(words, returncode=1)
        self.stdout.write(f"Erased: {counts_text(Counter(begun.removed))}.")
        self.stdout.write(f"Receipt {begun.pk}, {begun.done_at:%Y-%m-%d %H:%M} UTC.")
        if begun.texts_left:
            words = (
                f"{begun.texts_left} texts still have the number: of messages to others that are"
                " not final, or of records that never change. Erase it again once those are final."
            )
            raise CommandError(words, returncode=1)

    def _list(self, found: Found) -> None:
        self.stdout.write(f"{found.messages} messages, {found.open} of them not final.")
        if found.unfed:
            self.stdout.write(f"{len(found.unfed)} rows of batches wait to be sent.")
        self.stdout.write(
            "With them go their answers, results, notes and reasons, exports, and the number in"
            " every other text: rows of files, tickets, saved values, the change history."
        )
