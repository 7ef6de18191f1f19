"""The TCP connection under a client: whom it may lead to, when a call on it is over, and whether anything had left.

`NotSent` says that certainly nothing left; `NoAnswer` that something may have left and no answer settles it. The class of
requests' exception does not tell which is which: a reset is a `ConnectionError` before the request as after it. The proof is where
it was raised: until `connect` is over, nothing of the request has left."""

from __future__ import annotations

import math
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    NameResolutionError,
    NewConnectionError,
    SSLError,
)
from urllib3.util.ssl_ import create_urllib3_context


class NotSent(Exception):
    """Certainly nothing left this machine.

    `reason` is one of `refused`, `name`, `connect_timeout`, `proxy` (try later), or of `certificate`, `address`, `key` (mend first).
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NoAnswer(Exception):
    """Something may have left, and no answer settles it. `reason`: `timeout`, `broken_off` or `too_slow`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Watchdog:
    """Shuts the wire of each call whose time is over: one thread for the process, asleep until the first of them ends.

    All calls have the same time, so that a new one is the last to end, and need not wake it.
    """

    def __init__(self) -> None:
        self._start_over()
        os.register_at_fork(
            after_in_child=self._start_over
        )  # a child inherits the calls of its parent, and not this thread

    def _start_over(self) -> None:
        self.lock = threading.Condition()
        self._wires: set[WatchedSocket] = set()
        self._wakes_at = math.inf
        self._thread: threading.Thread | None = None

    def watch(self, wire: WatchedSocket) -> None:
        with self.lock:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="deadlines of calls", daemon=True
                )
                self._thread.start()
            self._wires.add(wire)
            if wire.ends_at < self._wakes_at:
                self.lock.notify()

    def forget(self, wire: WatchedSocket) -> None:
        with self.lock:
            self._wires.discard(wire)

    def _run(self) -> None:
        with self.lock:
            while True:
                for wire in [wire for wire in self._wires if wire.is_over]:
                    wire.shut()
                    self._wires.remove(wire)
                self._wakes_at = min((wire.ends_at for wire in self._wires), default=math.inf)
                self.lock.wait(min(self._wakes_at - time.monotonic(), threading.TIMEOUT_MAX))


WATCHDOG = Watchdog()


class WatchedSocket:
    """The TCP connection under one line: whom it may lead to, and when the present call on it is over."""

    def __init__(self, may_be_peer: Callable[[str], bool]) -> None:
        self._may_be_peer = may_be_peer
        self._socket: socket.socket | None = None
        self._process = os.getpid()
        self.ends_at = self._used_at = 0.0

    @contextmanager
    def call(self, seconds: float) -> Iterator[None]:
        self.ends_at = time.monotonic() + seconds
        WATCHDOG.watch(self)
        try:
            yield
        finally:
            WATCHDOG.forget(self)
            self._used_at = time.monotonic()

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.ends_at

    def is_fresh(self, idle_seconds: float) -> bool:
        """Whether it was used a moment ago, by this process: what is idle longer a server may just be closing."""
        return time.monotonic() - self._used_at <= idle_seconds and self._process == os.getpid()

    def watched(self, opened: socket.socket) -> socket.socket:
        """`opened`, from now on shut when the call is over. Raises `NotSent` if it came too late, or leads where the call may not go."""
        self.let_go()
        self._socket = (
            opened.dup()
        )  # TLS takes the first one over; the copy still names the connection
        self._process = os.getpid()
        try:
            if self.is_over:
                raise NotSent("connect_timeout")
            if not self._may_be_peer(opened.getpeername()[0]):
                raise NotSent("address")
        except BaseException:
            opened.close()
            raise
        return opened

    @contextmanager
    def connecting(self, proxy: object) -> Iterator[None]:
        """Whatever fails in here fails before anything of the request has left."""
        try:
            yield
        except NotSent:
            raise
        except Exception as error:
            raise NotSent(
                "connect_timeout" if self.is_over else _why_unconnected(error, proxy)
            ) from None

    def shut(self) -> None:
        if self._socket:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # the other side had hung up already

    def let_go(self) -> None:
        with WATCHDOG.lock:  # else it could shut a socket that got the same number since
            if self._socket:
                self._socket.close()
            self._socket = None


def _why_unconnected(error: Exception, proxy: object) -> str:
    if isinstance(
        error, ssl.SSLCertVerificationError | SSLError
    ):  # not trusted, or what is trusted cannot be read
        return "certificate"
    if proxy:
        return "proxy"
    if isinstance(error, NameResolutionError):
        return "name"
    if isinstance(error, NewConnectionError):
        return "refused"
    return "connect_timeout" if isinstance(error, ConnectTimeoutError | TimeoutError) else "refused"


class PlainConnection(HTTPConnection):
    wire: WatchedSocket

    def _new_conn(self) -> socket.socket:
        return self.wire.watched(super()._new_conn())

    def connect(self) -> None:
        with self.wire.connecting(self.proxy):
            super().connect()


class TLSConnection(PlainConnection, HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        if self.ca_certs and not (
            self.proxy and self.proxy.scheme == "https"
        ):  # which is to be trusted by the same authorities
            self.ssl_context, self.ca_certs = _trusting(self.ca_certs), None
        return super()._new_conn()


def _trusting(ca_certs: str) -> ssl.SSLContext:
    """What urllib3 would make for each connection anew: to read all authorities takes longer than 20 POSTs."""
    try:
        return _read_authorities(ca_certs, os.stat(ca_certs).st_mtime_ns)
    except OSError as error:
        raise SSLError(error) from None


@lru_cache(maxsize=4)
def _read_authorities(ca_certs: str, changed_at: int) -> ssl.SSLContext:
    context = create_urllib3_context()
    context.load_verify_locations(ca_certs)
    return context


class SingleConnectionAdapter(HTTPAdapter):
    """Opens the connections of one line, one at a time, and tries each once."""

    def __init__(self, wire: WatchedSocket) -> None:
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)
        self._wire = wire
        self._pool: Any = None
        self._connection: HTTPConnection | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is a connection, and the server did not say that it closes it."""
        return self._connection is not None and not self._connection.is_closed

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        if self._pool is None:
            self._pool = super().get_connection_with_tls_context(*args, **kwargs)
            self._pool.ConnectionCls = self._connect
        return self._pool

    def _connect(self, **options: Any) -> HTTPConnection:
        made = (
            TLSConnection(**options) if self._pool.scheme == "https" else PlainConnection(**options)
        )
        made.wire = self._wire
        self._connection = made
        return made

    def close(self) -> None:
        super().close()
        self._pool = self._connection = None
