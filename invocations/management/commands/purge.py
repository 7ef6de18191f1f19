"""`manage.py purge`: removes what is kept for longer than accounts and workflows say."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand

from invocations.privacy.purge import Purge, end_run


class Command(BaseCommand):
    help = (
        "Removes numbers, values, notes and codes whose time is over, as accounts and workflows"
        " say. The background sender does it by itself; it may run beside it, and be killed at any"
        " moment. IDs, digests, statuses and counts stay."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        purge, removed = Purge(), Counter[str]()
        for step in purge.steps():
            removed += step
            if options["verbosity"] > 1:
                self.stdout.write(counts_text(removed))
        end_run()
        self.stdout.write(f"Removed: {counts_text(removed)}. Longest step: {purge.slowest:.2f} s.")


def counts_text(counts: Counter[str]) -> str:
    parts = [f"{count} {kind.replace('_', ' ')}" for kind, count in sorted(counts.items())]
    return ", ".join(parts) or "nothing"
