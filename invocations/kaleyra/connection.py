"""The TCP connection of a client: peer check, total deadline, and whether anything was sent.

`NotSent` means that nothing has left this machine; `NoAnswer` that something may have left and no
answer settles it. The class of requests' exception does not distinguish the two: a reset raises
`ConnectionError` before the request as well as after it. The place where it is raised does: until
`connect` has returned, nothing of the request has been sent.

requests limits the connect and each single read. A server that sends one byte now and then passes
both limits for ever. So a watchdog thread shuts the socket down at the deadline of the whole call.
"""

from __future__ import annotations

import os
import socket
import ssl
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
from urllib3.util.connection import create_connection
from urllib3.util.ssl_ import create_urllib3_context

from invocations.kaleyra.address import addresses_of
from invocations.kaleyra.interim_responses import FinalResponse
from invocations.kaleyra.watchdog import WATCHDOG


class NotSent(Exception):
    """Nothing has left this machine.

    `reason` is `refused`, `name`, `connect_timeout` or `proxy` (a later attempt may succeed), or
    `certificate`, `address` or `key` (the configuration has to be corrected first).
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NoAnswer(Exception):
    """Something may have left, and no answer settles it.

    `reason` is `timeout`, `broken_off` or `too_slow`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class WatchedSocket:
    """The socket of one `ClientConnection`: checks its peer and ends each call at its deadline.

    `may_be_peer` takes an IP address. Times are `time.monotonic()` seconds.
    """

    def __init__(self, may_be_peer: Callable[[str], bool]) -> None:
        self._may_be_peer = may_be_peer
        self._socket: socket.socket | None = None
        self._process = os.getpid()
        self.ends_at = self._used_at = 0.0

    @contextmanager
    def call(self, seconds: float) -> Iterator[None]:
        """Runs one call, and shuts the socket down if it lasts longer than `seconds`."""
        self.ends_at = time.monotonic() + seconds
        WATCHDOG.watch(self)
        try:
            yield
        finally:
            WATCHDOG.forget(self)
            self._used_at = time.monotonic()

    @property
    def is_over(self) -> bool:
        """Whether the deadline of the last call has passed."""
        return time.monotonic() >= self.ends_at

    def is_fresh(self, idle_seconds: float) -> bool:
        """Whether this process used it in the last `idle_seconds`.

        After a longer pause the server may be closing the connection just now.
        """
        return time.monotonic() - self._used_at <= idle_seconds and self._process == os.getpid()

    def allowed_addresses(self, host: str, port: int) -> list[str]:
        """The IP addresses of `host`. Raises `NotSent` if one of them must not be connected to.

        So a port on such a host is never tried, and whether it is open does not show.
        """
        addresses = addresses_of(host, port)
        if not addresses or not all(self._may_be_peer(address) for address in addresses):
            raise NotSent("address")
        return addresses

    def watch(self, opened: socket.socket) -> socket.socket:
        """Puts `opened` under the deadline of the call, and returns it.

        Raises `NotSent` if the deadline has passed or the peer's address is not allowed.
        """
        self.release()
        # TLS takes over the original object; the duplicate still refers to the same connection.
        self._socket = opened.dup()
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
        """Turns every exception of a connect into `NotSent`: no byte of the request has left."""
        try:
            yield
        except NotSent:
            raise
        except Exception as error:
            reason = "connect_timeout" if self.is_over else _why_unconnected(error, proxy)
            raise NotSent(reason) from None

    def shut_down(self) -> None:
        if self._socket:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # the peer has closed the connection already

    def release(self) -> None:
        # The lock keeps the watchdog from shutting down a new socket with the same descriptor.
        with WATCHDOG.lock:
            if self._socket:
                self._socket.close()
            self._socket = None


def _why_unconnected(error: Exception, proxy: object) -> str:
    # SSLError: the peer's certificate is not trusted, or the CA bundle cannot be read.
    if isinstance(error, ssl.SSLCertVerificationError | SSLError):
        return "certificate"
    if proxy:
        return "proxy"
    if isinstance(error, NameResolutionError):
        return "name"
    if isinstance(error, NewConnectionError):
        return "refused"
    return "connect_timeout" if isinstance(error, ConnectTimeoutError | TimeoutError) else "refused"


class PlainConnection(HTTPConnection):
    """urllib3's connection over a `WatchedSocket`."""

    watched: WatchedSocket
    response_class = FinalResponse

    def _new_conn(self) -> socket.socket:
        # The name is resolved once: a second answer of the name server could name another host.
        try:
            addresses = self.watched.allowed_addresses(self._dns_host, self.port)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from None
        for address in addresses[:-1]:
            try:
                return self.watched.watch(self._dialled(address))
            except OSError:
                continue
        return self.watched.watch(self._dialled(addresses[-1]))

    def _dialled(self, address: str) -> socket.socket:
        return create_connection(
            (address, self.port),
            self.timeout,
            source_address=self.source_address,
            socket_options=self.socket_options,
        )

    def connect(self) -> None:
        with self.watched.connecting(self.proxy):
            super().connect()


class TLSConnection(PlainConnection, HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        # urllib3 verifies an https proxy with the same CA bundle, and needs its path for that.
        needs_path = self.proxy and self.proxy.scheme == "https"
        if self.ca_certs and not needs_path:
            self.ssl_context, self.ca_certs = _ssl_context(self.ca_certs), None
        return super()._new_conn()


def _ssl_context(ca_certs: str) -> ssl.SSLContext:
    """A context that trusts the CA bundle at `ca_certs`, cached until the file changes.

    urllib3 would load the bundle for each connection; loading it takes longer than 20 POSTs.
    """
    try:
        return _load_ssl_context(ca_certs, os.stat(ca_certs).st_mtime_ns)
    except OSError as error:
        raise SSLError(error) from None


@lru_cache(maxsize=4)
def _load_ssl_context(ca_certs: str, changed_at: int) -> ssl.SSLContext:
    context = create_urllib3_context()
    context.load_verify_locations(ca_certs)
    return context


class SingleConnectionAdapter(HTTPAdapter):
    """requests' adapter with one connection at a time, over `watched`, and without retries."""

    def __init__(self, watched: WatchedSocket) -> None:
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)
        self._watched = watched
        self._pool: Any = None
        self._connection: HTTPConnection | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is a connection, and the server has not announced that it closes it."""
        return self._connection is not None and not self._connection.is_closed

    @property
    def idle_socket(self) -> Any:
        """The socket of the open connection. None if it was closed, or has something to read: that
        is no answer to what is not sent yet.
        """
        connection = self._connection
        return connection.sock if connection is not None and connection.is_connected else None

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        if self._pool is None:
            self._pool = super().get_connection_with_tls_context(*args, **kwargs)
            self._pool.ConnectionCls = self._new_connection
        return self._pool

    def _new_connection(self, **options: Any) -> HTTPConnection:
        connection_class = TLSConnection if self._pool.scheme == "https" else PlainConnection
        connection = connection_class(**options)
        connection.watched = self._watched
        self._connection = connection
        return connection

    def close(self) -> None:
        super().close()
        self._pool = self._connection = None
