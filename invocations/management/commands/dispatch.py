"""`manage.py dispatch`: sends due invocations and settles interrupted ones.

It runs until Ctrl-C or SIGTERM; then it finishes the requests in progress and ends.
"""

from __future__ import annotations

import logging
import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from invocations.batches import worker
from invocations.batches.feed import feed_due
from invocations.history import exports
from invocations.monitoring import sweep
from invocations.sending.dispatcher import THREADS, Dispatcher
from invocations.sending.high_water import (
    OLDER_DATABASE_EXIT_CODE,
    HighWaterMark,
    WillNotDispatch,
)

logger = logging.getLogger(__name__)


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
        mark.check()
        dispatcher = Dispatcher(sweep.sweep, threads, mark, feed_due)
        # Python allows signal handlers only in the main thread. A test may run this in another.
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: dispatcher.stop())
        self.stdout.write("The background sender is running. Ctrl-C ends it.")
        # Exports have a thread of their own, and the check of a file a process, so that a long one
        # does not delay any message.
        stopping = threading.Event()
        others = [
            threading.Thread(target=work, args=(stopping,), name=name, daemon=True)
            for name, work in [("exports", exports.run_worker), ("checks", worker.run_worker)]
        ]
        for thread in others:
            thread.start()
        try:
            dispatcher.run()
        finally:
            stopping.set()
            others[-1].join(timeout=5)  # it ends the process that checks
        self.stdout.write(f"The background sender has ended: {dispatcher.figures}.")
