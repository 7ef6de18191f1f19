"""`manage.py dispatch`: delivers what is due and settles what was interrupted, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from invocations.history import exports as exporting
from invocations.monitoring import sweep
from invocations.sending import dispatcher as dispatching


class Command(BaseCommand):
    help = "Delivers what is due and settles what was interrupted. Run it beside the web server; several may run at once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="until nothing is due, then end")
        parser.add_argument(
            "--threads",
            type=int,
            default=dispatching.THREADS,
            metavar="N",
            help=f"POSTs at the same time (default: {dispatching.THREADS})",
        )

    def handle(self, *args: Any, once: bool, threads: int, **options: Any) -> None:
        if once:
            self.stdout.write(f"{sweep.run_once(threads)} moved")
            return
        dispatcher = dispatching.Dispatcher(sweep.sweep, threads)
        if (
            threading.current_thread() is threading.main_thread()
        ):  # Python hears signals nowhere else
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: dispatcher.stop())
        self.stdout.write("The dispatcher is at work. Ctrl-C ends it.")
        # Who waits for an export must not keep a message back: the dispatcher's own threads never write one.
        exports = threading.Event()
        threading.Thread(
            target=exporting.run_worker, args=(exports,), name="exports", daemon=True
        ).start()
        dispatcher.run()
        exports.set()
        self.stdout.write(f"The dispatcher has ended: {dispatcher.figures}.")
