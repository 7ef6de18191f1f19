"""`manage.py after_restore`: run it once after a backup of the database was restored."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from invocations.models import Invocation
from invocations.sending import restored
from invocations.sending.high_water import HighWaterMark

WHAT_IT_DOES = """\
All sending is stopped. These become "Outcome unknown" with the reason "database restored":
{counts}.
When sending is resumed, the console asks about them with the same request IDs, where the account
allows it and their time is not over: Kaleyra refuses an ID that was used since, and the message is
then shown as accepted. One that was not sent is sent by that. Before you resume, record what
happened to those that must not leave, for example those that were cancelled since, and those that
were sent after a region, SID or workflow ID was changed: the copy has the earlier one, where
Kaleyra does not know the ID.
Messages that were saved after the copy was made are lost from it. This command cannot know
them: compare with Kaleyra's reports before you send anything again."""

_WORDS = {str(Invocation.Status.HELD): "on hold"}
"""For a status whose stored value is not the word that the pages show."""


def _moment(text: str) -> datetime:
    try:
        day = parse_date(text)
        moment = datetime(day.year, day.month, day.day) if day else parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None:
        raise ArgumentTypeError("write it like 2026-11-28 or 2026-11-28T14:00+05:30")
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)


class Command(BaseCommand):
    help = (
        "After a backup of the database was restored: stops all sending, and makes unknown what "
        "may have been sent since. Without --yes it says what it would do, and asks."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--since",
            type=_moment,
            metavar="TIME",
            help="leave older unknown outcomes alone, which the console does not check any more",
        )
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, since: datetime | None, yes: bool, **options: Any) -> None:
        counts = restored.counts_of(restored.open_in_copy(since))
        in_words = {_WORDS.get(status, status): count for status, count in counts.items()}
        by_status = ", ".join(f"{count} {words}" for words, count in sorted(in_words.items()))
        self.stdout.write(WHAT_IT_DOES.format(counts=by_status or "none"))
        if not yes and not self._is_confirmed():
            raise CommandError("Nothing was changed.")
        done = restored.mark_restored(
            since, progress=lambda n: self.stdout.write(f"{n} messages done")
        )
        HighWaterMark().forget()
        self.stdout.write(
            f"{done} messages are unknown now. All sending is stopped. Start the background"
            " senders, look at “Outcome unknown”, then resume all sending."
        )

    def _is_confirmed(self) -> bool:
        try:
            return input("Do this? Type yes: ").strip().lower() == "yes"
        except EOFError:
            self.stderr.write("Add --yes to do it without being asked.")
            return False
