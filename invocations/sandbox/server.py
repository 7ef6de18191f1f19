"""The practice pod as a server: start it, read what it has received, stop it."""

import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Self

from invocations.sandbox.flows import DefaultFlows, Flows, is_this_machine
from invocations.sandbox.handler import PodHandler, PodState
from invocations.sandbox.ledger import Ledger, Received
from invocations.sandbox.reporter import Posted, Reporter
from invocations.sandbox.results import Tempo


class PracticePod:
    """A server on this machine that answers like the Fallback Invocation API and sends no messages.

        with PracticePod() as pod:
            url = f"http://{pod.api_domain}/v1/{PRACTICE_SID}/workflow/v1/instances/…/invoke"
            requests.post(url, …)
        assert pod.accepted == [request_id]

    It listens as soon as it is constructed. Use it as a context manager (served by a thread) or
    call serve_forever(). `port` 0 selects a free port. `log_path` gets one line of JSON per
    request, `say` one line of text; neither contains a number, a value or a key. `slow_seconds` and
    `silent_seconds` are the delays of the scenarios 200 and 408. `flows` is the configuration, with
    the callback profile to which results are posted; `tempo` says when they are due.
    Raises ValueError for a host that is not this machine, OSError if the port or the log cannot be
    opened.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        log_path: Path | None = None,
        *,
        say: Callable[[str], object] | None = None,
        slow_seconds: float = 6.0,
        silent_seconds: float = 60.0,
        flows: Flows | None = None,
        tempo: Tempo | None = None,
    ) -> None:
        if not is_this_machine(host):
            raise ValueError(
                "The practice pod has no lock on its door and serves this machine only, "
                f"not {host!r}."
            )
        flows = flows or DefaultFlows()
        self._reporter = Reporter(flows, tempo or Tempo(), say)
        self._ledger = Ledger(log_path, say, flows, self._reporter)
        state = PodState(
            ledger=self._ledger,
            reporter=self._reporter,
            api_domain=lambda: self.api_domain,
            slow_seconds=slow_seconds,
            silent_seconds=silent_seconds,
        )
        self._server = PodServer((host, port), partial(PodHandler, state))
        self._thread = Thread(target=self.serve_forever, name="practice pod", daemon=True)

    @property
    def api_domain(self) -> str:
        """The `api_domain` to configure for an account's pod: 127.0.0.1:PORT."""
        host, port = self._server.server_address[:2]
        return f"[{host!s}]:{port}" if ":" in str(host) else f"{host!s}:{port}"

    @property
    def received(self) -> list[Received]:
        """The last 1,000 requests, oldest first, with the refused ones, without page views."""
        return self._ledger.received()

    @property
    def accepted(self) -> list[str]:
        """The accepted request ids, oldest first: Kaleyra would now send their messages."""
        return self._ledger.accepted()

    @property
    def posted(self) -> list[Posted]:
        """The last 50 results that were posted, oldest first."""
        return self._reporter.posted()

    def wait_for(self, count: int, seconds: float = 5.0) -> list[Received]:
        """Waits for `count` requests and returns them; TimeoutError after `seconds`."""
        if not self._ledger.wait_for(count, seconds):
            raise TimeoutError(f"{len(self.received)} of {count} requests came in {seconds} s.")
        return self.received

    def serve_forever(self) -> None:
        """Serves until the context ends or an exception (Ctrl-C), then closes all connections."""
        try:
            self._server.serve_forever(poll_interval=0.02)
        finally:
            self._server.server_close()
            self._reporter.stop()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stops a pod before its context ends. Calling it again has no effect."""
        self._server.shutdown()
        self._thread.join()


class PodServer(ThreadingHTTPServer):
    """ThreadingHTTPServer that closes its connections when it stops.

    It does not report clients that disconnect.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: Callable[..., PodHandler]) -> None:
        self._open: set[socket.socket] = set()
        self._open_lock = Lock()
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, handler)

    def server_bind(self) -> None:
        # HTTPServer's method would look up its own name in DNS, which can take seconds.
        TCPServer.server_bind(self)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Closes the listening socket and all connections, which keep-alive would leave open."""
        super().server_close()
        with self._open_lock:
            for connection in self._open:
                with suppress(OSError):  # the client may have closed it already
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignores clients that disconnect. Of a bug it prints only the type.

        The message of the exception might quote the request.
        """
        error = sys.exception()
        if not isinstance(error, ConnectionError | TimeoutError):
            print(f"practice pod: {type(error).__name__} while answering", file=sys.stderr)
