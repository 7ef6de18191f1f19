"""The practice pod as a server: start it, ask it what it has seen, stop it."""

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
    """A server on this machine that answers as the Fallback Invocation API does, and sends nothing.

        with PracticePod() as pod:
            requests.post(f"http://{pod.api_domain}/v1/{PRACTICE_SID}/workflow/v1/instances/…/invoke", …)
        assert pod.accepted == [request_id]

    It listens from the moment it is made. Either use it as a context manager (a thread serves) or call serve_forever().
    `port` 0 takes any free one. `log_path` gets one line of JSON a request, `say` one line of text; neither holds a
    number, a value or a key. `slow_seconds` and `silent_seconds` are the patience of the scenarios 200 and 408. `flows` is
    what is set up there, with the callback profile that results are posted to, at the pace of `tempo`.
    Raises ValueError for a host that is not this machine, OSError for a port or a log that cannot be had.
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
                f"The practice pod has no lock on its door and serves this machine only, not {host!r}."
            )
        flows = flows or DefaultFlows()
        self._reporter = Reporter(flows, tempo or Tempo(), say)
        self._ledger = Ledger(log_path, say, flows, self._reporter)
        desk = PodState(
            self._ledger, self._reporter, lambda: self.api_domain, slow_seconds, silent_seconds
        )
        self._server = PodServer((host, port), partial(PodHandler, desk))
        self._thread = Thread(target=self.serve_forever, name="practice pod", daemon=True)

    @property
    def api_domain(self) -> str:
        """What an account's pod has as its API domain: 127.0.0.1:PORT."""
        host, port = self._server.server_address[:2]
        return f"[{host!s}]:{port}" if ":" in str(host) else f"{host!s}:{port}"

    @property
    def received(self) -> list[Received]:
        """The last 1,000 requests, oldest first, refused ones among them; visits to the pod's own pages are not."""
        return self._ledger.received()

    @property
    def accepted(self) -> list[str]:
        """The request ids accepted, oldest first: the messages that Kaleyra would now send."""
        return self._ledger.accepted()

    @property
    def posted(self) -> list[Posted]:
        """The last 50 results that were posted, oldest first."""
        return self._reporter.posted()

    def wait_for(self, count: int, seconds: float = 5.0) -> list[Received]:
        """What was received, as soon as it is so many requests; TimeoutError if it does not come to that."""
        if not self._ledger.wait_for(count, seconds):
            raise TimeoutError(f"{len(self.received)} of {count} requests came in {seconds} s.")
        return self.received

    def serve_forever(self) -> None:
        """Serve until the context ends or an exception (Ctrl-C) breaks in, then hang up on everyone."""
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
        """End the thread of a pod used as a context manager before its context does; a second time does nothing."""
        self._server.shutdown()
        self._thread.join()


class PodServer(ThreadingHTTPServer):
    """ThreadingHTTPServer that ends its connections with itself, and keeps quiet about clients that vanish."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: Callable[..., PodHandler]) -> None:
        self._open: set[socket.socket] = set()
        self._open_lock = Lock()
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, handler)

    def server_bind(self) -> None:
        TCPServer.server_bind(
            self
        )  # HTTPServer's would ask DNS for its own name, which can take seconds

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Close the door and hang up: a kept-alive connection would else be served on after the end."""
        super().server_close()
        with self._open_lock:
            for connection in self._open:
                with suppress(OSError):  # the client may have been faster
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A vanished client is ordinary. A mistake of ours is named by its type: its text might quote the request."""
        error = sys.exception()
        if not isinstance(error, ConnectionError | TimeoutError):
            print(f"practice pod: {type(error).__name__} while answering", file=sys.stderr)
