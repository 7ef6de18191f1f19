"""`manage.py check_batches`: checks files of recipients that wait.

`manage.py dispatch` starts it when there is one, so nobody has to.
"""

from __future__ import annotations

import os
import signal
import threading
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand

from invocations.batches import checking


class Command(BaseCommand):
    help = (
        "Checks files of recipients that were uploaded. The background sender starts it by itself;"
        " on a machine of its own, it takes the work off that one."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="until nothing waits, then end")
        parser.add_argument(
            "--nice", type=int, default=0, metavar="N", help="give way to others (0 to 19)"
        )

    def handle(self, *args: Any, once: bool, nice: int, **options: Any) -> None:
        if nice:
            os.nice(nice)
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, _end)
        try:
            checked = checking.run_worker(threading.Event(), until_idle=once)
        except KeyboardInterrupt:
            return
        self.stdout.write(f"{checked} checked")


def _end(number: int, frame: FrameType | None) -> None:
    """Ends wherever it is; the worker gives back the file that it checks."""
    raise SystemExit(0)
