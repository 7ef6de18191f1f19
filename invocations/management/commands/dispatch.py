"""`manage.py dispatch`: sends due invocations and settles interrupted ones.

It runs until Ctrl-C or SIGTERM; then it finishes the requests in progress and ends.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection

from invocations.batches import worker
from invocations.batches.feed import feed_due
from invocations.history import exports
from invocations.monitoring import sweep
from invocations.results import pending_worker
from invocations.sending.dispatcher import LOOK_EVERY, THREADS, Dispatcher
from invocations.sending.high_water import (
    OLDER_DATABASE_EXIT_CODE,
    HighWaterMark,
    WillNotDispatch,
)

logger = logging.getLogger(__name__)

START_PATIENCE = 60.0
"""Seconds that it waits for a database that does not answer yet when it starts."""


class Command(BaseCommand):
    help = (
        "The background sender: sends what is due, and looks after what was interrupted. Run it"
        " beside the web server; "
        "several may run at once. Exit code 3: the database may be an older copy of the one it "
        "worked on (manage.py after_restore)."
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
        try:
            self._dispatch(threads, once=once)
        except WillNotDispatch as refusal:
            logger.error("%s", refusal)
            raise CommandError(str(refusal), returncode=OLDER_DATABASE_EXIT_CODE) from None

    def _dispatch(self, threads: int, *, once: bool) -> None:
        mark = HighWaterMark()
        if once:
            worker.check_all()
            self.stdout.write(f"{sweep.run_once(threads, mark)} moved")
            return
        _wait_for_database()
        mark.check()
        dispatcher = Dispatcher(sweep.sweep, threads, mark, feed_due)
        # Python allows signal handlers only in the main thread. A test may run this in another.
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: dispatcher.stop())
        self.stdout.write("The background sender is running. Ctrl-C ends it.")
        # Each has a thread of its own, and the check of a file a process, so that a long one delays
        # no message.
        stopping = threading.Event()
        workers = {
            "exports": exports.run_worker,
            "results": pending_worker.run_worker,
            "checks": worker.run_worker,
        }
        others = {
            name: threading.Thread(target=work, args=(stopping,), name=name, daemon=True)
            for name, work in workers.items()
        }
        for thread in others.values():
            thread.start()
        try:
            dispatcher.run()
        finally:
            stopping.set()
            others["checks"].join(timeout=5)  # it ends the process that checks
        self.stdout.write(f"The background sender has ended: {dispatcher.figures}.")


def _wait_for_database() -> None:
    """A machine starts all its servers at once, and a database that was killed first recovers."""
    ends = time.monotonic() + START_PATIENCE
    while True:
        try:
            return connection.ensure_connection()
        except OperationalError as error:
            if time.monotonic() > ends:
                raise
            logger.error("the database does not answer (%s); trying again", type(error).__name__)
            time.sleep(LOOK_EVERY)
