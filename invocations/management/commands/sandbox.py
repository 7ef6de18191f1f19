"""`manage.py sandbox`: run the practice pod until Ctrl-C or SIGTERM."""

import errno
import signal
import threading
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from invocations.sandbox import PRACTICE_KEY_PREFIX, PRACTICE_SID
from invocations.sandbox.server import PracticePod


class Command(BaseCommand):
    help = "Runs the practice pod: a server on this machine that answers as Kaleyra's API does and sends nothing."
    requires_system_checks = []  # it needs neither settings nor database to be right

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="an address of this machine (default: 127.0.0.1)")
        parser.add_argument("--port", type=int, default=8100, help="default: 8100; 0 takes any free one")
        parser.add_argument("--log", type=Path, metavar="FILE", help="append a line of JSON a request, numbers masked")

    def handle(self, *args: Any, host: str, port: int, log: Path | None, **options: Any) -> None:
        pod = self.open_pod(host, port, log)
        if threading.current_thread() is threading.main_thread():  # Python hears signals nowhere else
            signal.signal(signal.SIGTERM, end)
            signal.signal(signal.SIGINT, end)  # a shell that starts it with & has Ctrl-C ignored
        try:
            self.say(f"Practice pod at http://{pod.api_domain}/ (its page lists the codes). It sends nothing.")
            self.say(f"API domain {pod.api_domain}, SID {PRACTICE_SID}, any key that starts with {PRACTICE_KEY_PREFIX}")
            self.say("Ctrl-C ends it.")
            pod.serve_forever()
        except KeyboardInterrupt:
            self.say("The practice pod has ended.")

    def open_pod(self, host: str, port: int, log: Path | None) -> PracticePod:
        """The pod, listening; or a CommandError that names what is in the way, and the way out."""
        try:
            return PracticePod(host, port, log, say=self.say)
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
        with suppress(BrokenPipeError):  # nobody reads the terminal's lines any more; the pod serves on
            self.stdout.write(line)
            self.stdout.flush()


def end(number: int, frame: FrameType | None) -> None:
    """Both signals end the pod in the same way."""
    raise KeyboardInterrupt
