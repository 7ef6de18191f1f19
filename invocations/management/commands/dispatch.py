"""`manage.py dispatch`: sends due invocations and settles interrupted ones.

It runs until Ctrl-C or SIGTERM; then it finishes the requests in progress and ends.
"""

from __future__ import annotations

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from invocations.history import exports
from invocations.monitoring import sweep
from invocations.sending.dispatcher import THREADS, Dispatcher


class Command(BaseCommand):
    help = (
        "Delivers what is due and settles what was interrupted. Run it beside the web server; "
        "several may run at once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="until nothing is due, then end")
        parser.add_argument(
            "--threads",
            type=int,
            default=THREADS,
            metavar="N",
            help=f"POSTs at the same time (default: {THREADS})",
        )

    def handle(self, *args: Any, once: bool, threads: int, **options: Any) -> None:
        if once:
            self.stdout.write(f"{sweep.run_once(threads)} moved")
            return
        dispatcher = Dispatcher(sweep.sweep, threads)
        # Python allows signal handlers only in the main thread. A test may run this in another.
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: dispatcher.stop())
        self.stdout.write("The dispatcher is at work. Ctrl-C ends it.")
        # Exports have a thread of their own, so that a long one does not delay any message.
        stop_exports = threading.Event()
        threading.Thread(
            target=exports.run_worker, args=(stop_exports,), name="exports", daemon=True
        ).start()
        dispatcher.run()
        stop_exports.set()
        self.stdout.write(f"The dispatcher has ended: {dispatcher.figures}.")
