"""`manage.py sandbox`: runs the practice pod until Ctrl-C or SIGTERM.

The pod posts the results of its flows to the practice account's callback address in this console.
"""

import errno
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error, connection

from invocations.models import Account, Channel
from invocations.models.encryption import Unreadable
from invocations.results import endpoints
from invocations.sandbox import PRACTICE_KEY_PREFIX, PRACTICE_SID
from invocations.sandbox.flows import DefaultFlows, Flows, Profile
from invocations.sandbox.server import PracticePod

Result = TypeVar("Result")


class Command(BaseCommand):
    help = (
        "Runs the practice pod: a server on this machine that answers as Kaleyra's API does "
        "and sends nothing."
    )
    # The pod answers without settings and database; only its results need them.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--host", default="127.0.0.1", help="an address of this machine (default: 127.0.0.1)"
        )
        parser.add_argument(
            "--port", type=int, default=8100, help="default: 8100; 0 takes any free one"
        )
        parser.add_argument(
            "--console",
            default="http://127.0.0.1:8000",
            help="where results are posted, on this machine (default: http://127.0.0.1:8000)",
        )
        parser.add_argument(
            "--log",
            type=Path,
            metavar="FILE",
            help="append a line of JSON a request, numbers masked",
        )

    def handle(
        self, *args: Any, host: str, port: int, console: str, log: Path | None, **options: Any
    ) -> None:
        pod = self.open_pod(host, port, self.flows(console), log)
        # Python allows signal handlers only in the main thread. A test may run this in another.
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, interrupt)
            # A shell starts a background process (&) with SIGINT ignored.
            signal.signal(signal.SIGINT, interrupt)
        url, domain = f"http://{pod.api_domain}/", pod.api_domain
        credentials = f"SID {PRACTICE_SID}, any key that starts with {PRACTICE_KEY_PREFIX}"
        try:
            self.say(f"Practice pod at {url} (its page lists the codes). It sends nothing.")
            self.say(f"API domain {domain}, {credentials}")
            self.say("Ctrl-C ends it.")
            pod.serve_forever()
        except KeyboardInterrupt:
            self.say("The practice pod has ended.")

    def flows(self, console: str) -> Flows:
        try:
            Profile(console)
        except ValueError as error:
            raise CommandError(
                f"--console {console}: {error} For example http://127.0.0.1:8000."
            ) from error
        return ConfiguredFlows(console.rstrip("/"), self.say)

    def open_pod(self, host: str, port: int, flows: Flows, log: Path | None) -> PracticePod:
        """The listening pod. Raises `CommandError` with the cause and the remedy."""
        try:
            return PracticePod(host, port, log, say=self.say, flows=flows)
        except ValueError as error:
            raise CommandError(f"{error} Use 127.0.0.1, ::1 or localhost.") from error
        except OverflowError as error:
            raise CommandError(f"--port {port}: a port is a number from 0 to 65535.") from error
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise CommandError(
                    f"Port {port} is in use, perhaps by another practice pod. End that one, "
                    "or choose another port with --port (0 takes any free one)."
                ) from error
            raise CommandError(f"The practice pod cannot start: {error}") from error

    def say(self, line: str) -> None:
        # If the reader of standard output has gone, the pod still answers.
        with suppress(BrokenPipeError):
            self.stdout.write(line)
            self.stdout.flush()


class ConfiguredFlows:
    """Flows and callback address of the practice account, read from the database at each call."""

    def __init__(self, console: str, say: Callable[[str], object]) -> None:
        self._console, self._say, self._has_warned = console, say, False

    def channels(self, sid: str, workflow_instance_id: str) -> tuple[str, ...]:
        kinds = self._query(lambda: self._kinds(sid, workflow_instance_id))
        return kinds or DefaultFlows().channels(sid, workflow_instance_id)

    def profile(self, sid: str) -> Profile | None:
        return self._query(lambda: self._profile(sid))

    def _kinds(self, sid: str, workflow_instance_id: str) -> tuple[str, ...]:
        found = Channel.objects.filter(
            workflow_instance__account=practice_account(sid),
            workflow_instance__workflow_instance_id=workflow_instance_id,
        )
        return tuple(found.order_by("position").values_list("kind", flat=True))

    def _profile(self, sid: str) -> Profile | None:
        account = practice_account(sid)
        address = endpoints.current_address(account) if account else None
        if address is None:
            return None
        return Profile(
            self._console + endpoints.path_of(address), {endpoints.SECRET_HEADER: address.secret}
        )

    def _query(self, query: Callable[[], Result]) -> Result | None:
        """The result of `query`, or None without a usable database: the pod goes on without it."""
        try:
            return query()
        except (Error, Unreadable, ValueError) as error:
            if not self._has_warned:
                cause = type(error).__name__
                self._say(
                    f"The console's database cannot be asked for the callback address ({cause})."
                )
            self._has_warned = True
            return None
        finally:
            connection.close()  # each thread of the pod opens its own


def practice_account(sid: str) -> Account | None:
    """The account with this SID whose pod is on this machine."""
    accounts = Account.objects.filter(sid=sid).select_related("pod")
    return next((account for account in accounts if account.pod.is_practice), None)


def interrupt(number: int, frame: FrameType | None) -> None:
    """Handles SIGTERM and SIGINT alike."""
    raise KeyboardInterrupt
