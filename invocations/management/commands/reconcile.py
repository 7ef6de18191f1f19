"""`manage.py reconcile`: names every invocation that contradicts its attempts. Changes nothing."""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand

from invocations.models import Invocation
from invocations.monitoring import consistency


class Command(BaseCommand):
    help = (
        "Checks that every message agrees with its attempts. "
        "Exit code: 0 all agree, 1 some do not (each is named)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--at-most", type=int, default=100, metavar="N", help="rows to name (default: 100)"
        )

    def handle(self, *args: Any, at_most: int, **options: Any) -> None:
        counts = consistency.counts_by_status()
        total = sum(counts.values())
        present = [status for status in Invocation.Status.values if counts[status]]
        by_status = ", ".join(f"{counts[status]} {status}" for status in present)
        self.stdout.write(f"{total} invocations: {by_status or 'none'}")
        found: Counter[str] = Counter()
        for contradiction in consistency.contradictions():
            found[contradiction.what] += 1
            if sum(found.values()) <= at_most:
                self.stdout.write(f"invocation {contradiction.request_id}: {contradiction.what}")
        if found:
            by_kind = "; ".join(f"{count} × {what}" for what, count in found.most_common())
            self.stdout.write(f"{sum(found.values())} do not agree: {by_kind}")
            raise SystemExit(1)
        self.stdout.write("All agree.")
