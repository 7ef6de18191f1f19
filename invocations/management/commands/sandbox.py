"""`manage.py sandbox`: run the practice pod until Ctrl-C or SIGTERM. Its results go to the console's own callback address."""

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

Found = TypeVar("Found")


class Command(BaseCommand):
    help = "Runs the practice pod: a server on this machine that answers as Kaleyra's API does and sends nothing."
    requires_system_checks = []  # it answers without settings and database; only its results need them

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
        if (
            threading.current_thread() is threading.main_thread()
        ):  # Python hears signals nowhere else
            signal.signal(signal.SIGTERM, end)
            signal.signal(signal.SIGINT, end)  # a shell that starts it with & has Ctrl-C ignored
        try:
            self.say(
                f"Practice pod at http://{pod.api_domain}/ (its page lists the codes). It sends nothing."
            )
            self.say(
                f"API domain {pod.api_domain}, SID {PRACTICE_SID}, any key that starts with {PRACTICE_KEY_PREFIX}"
            )
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
        return SetUpHere(console.rstrip("/"), self.say)

    def open_pod(self, host: str, port: int, flows: Flows, log: Path | None) -> PracticePod:
        """The pod, listening; or a CommandError that names what is in the way, and the way out."""
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
        with suppress(
            BrokenPipeError
        ):  # nobody reads the terminal's lines any more; the pod serves on
            self.stdout.write(line)
            self.stdout.flush()


class SetUpHere:
    """The practice account's flows and its current callback address, as the console's database has them at that moment."""

    def __init__(self, console: str, say: Callable[[str], object]) -> None:
        self._console, self._say, self._has_complained = console, say, False

    def channels(self, sid: str, workflow_instance_id: str) -> tuple[str, ...]:
        kinds = self._asked(lambda: self._kinds(sid, workflow_instance_id))
        return kinds or DefaultFlows().channels(sid, workflow_instance_id)

    def profile(self, sid: str) -> Profile | None:
        return self._asked(lambda: self._profile(sid))

    def _kinds(self, sid: str, workflow_instance_id: str) -> tuple[str, ...]:
        found = Channel.objects.filter(
            workflow_instance__account=account_of(sid),
            workflow_instance__workflow_instance_id=workflow_instance_id,
        )
        return tuple(found.order_by("position").values_list("kind", flat=True))

    def _profile(self, sid: str) -> Profile | None:
        account = account_of(sid)
        address = endpoints.current_address(account) if account else None
        if address is None:
            return None
        return Profile(
            self._console + endpoints.path_of(address), {endpoints.SECRET_HEADER: address.secret}
        )

    def _asked(self, question: Callable[[], Found]) -> Found | None:
        """The database's answer, or None where it has none: the pod goes on without."""
        try:
            return question()
        except (Error, Unreadable, ValueError) as error:
            if not self._has_complained:
                self._say(
                    f"The console's database cannot be asked for the callback address ({type(error).__name__})."
                )
            self._has_complained = True
            return None
        finally:
            connection.close()  # each thread has one of its own, and nobody else ends it


def account_of(sid: str) -> Account | None:
    """The account with this SID that has its pod on this machine."""
    return next(
        (
            account
            for account in Account.objects.filter(sid=sid).select_related("pod")
            if account.pod.is_practice
        ),
        None,
    )


def end(number: int, frame: FrameType | None) -> None:
    """Both signals end the pod in the same way."""
    raise KeyboardInterrupt
