"""`manage.py dispatch`: goes on with what was put off or interrupted, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import InterfaceError, OperationalError, close_old_connections

from invocations import dispatching


class Command(BaseCommand):
    help = "Delivers what is due and settles what was interrupted. Run it beside the web server; several may run at once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="one round, then end")
        parser.add_argument("--pause", type=float, default=2.0, metavar="SECONDS", help="between rounds that found nothing (default: 2)")

    def handle(self, *args: Any, once: bool, pause: float, **options: Any) -> None:
        if once:
            self.stdout.write(f"{dispatching.run_once()} moved")
            return
        ended = threading.Event()
        if threading.current_thread() is threading.main_thread():  # Python hears signals nowhere else
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: ended.set())
        self.stdout.write("The dispatcher is at work. Ctrl-C ends it.")
        while not ended.is_set():
            close_old_connections()
            try:
                moved = dispatching.run_once(ended=ended.is_set)
            except (OperationalError, InterfaceError) as error:  # what it says could hold a row
                self.stderr.write(f"The database does not answer ({type(error).__name__}). Trying again.")
                moved = 0
            if not moved:
                ended.wait(pause)
