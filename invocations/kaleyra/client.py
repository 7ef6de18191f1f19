"""Posts one invocation. The only room that opens a socket outward.

An answer is a `Reply`. `NotSent` says that certainly nothing left; `NoAnswer` that something may have left and no answer settles
it. The class of requests' exception does not tell which is which (a reset is a `ConnectionError` before the request as after it).
The proof is where it was raised: until a connection's `connect` is over, nothing of the request has left.
"""

from __future__ import annotations

import ipaddress
import os
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError, NewConnectionError, SSLError

from invocations.kaleyra.address import invoke_url
from invocations.kaleyra.payload import CONTENT_TYPE, KEY_HEADER
from invocations.kaleyra.reply import MAX_BODY_BYTES, Reply, read_reply

CONNECT_SECONDS = 5.0
READ_SECONDS = 10.0
TOTAL_SECONDS = 15.0


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


@dataclass(frozen=True)
class KaleyraClient:
    """One account's way to Kaleyra. `allow_loopback` lets it speak http, past any proxy, to a practice pod on this machine."""

    api_domain: str
    sid: str
    api_key: str = field(repr=False)
    allow_loopback: bool = False
    proxy_url: str = field(default="", repr=False)  # it may hold a password
    ca_bundle: str = ""
    connect_seconds: float = CONNECT_SECONDS
    read_seconds: float = READ_SECONDS
    total_seconds: float = TOTAL_SECONDS

    def invoke(self, workflow_instance_id: str, request_id: str, body: str) -> Reply:
        """Posts `body` once and reads the answer. Raises `NotSent` or `NoAnswer`.

        Once `total_seconds` are over nothing leaves and nothing is read any more. Only a slow name server, or a name with many dead
        addresses, can keep a call longer.
        """
        try:
            url = invoke_url(self.api_domain, self.sid, workflow_instance_id, http=self.allow_loopback)
        except ValueError:
            raise NotSent("address") from None
        if not re.fullmatch("[!-~]+", self.api_key):
            # requests would refuse it too, in a message that contains the key.
            raise NotSent("key")
        if self.ca_bundle and not os.path.exists(self.ca_bundle):
            raise NotSent("certificate")
        headers = {"Content-Type": CONTENT_TYPE, KEY_HEADER: self.api_key, "Accept-Encoding": "identity"}
        with _Call(self.total_seconds, self._may_be_peer) as call, self._session(call) as session:
            try:
                with session.post(
                    url,
                    data=body.encode("utf-8"),
                    headers=headers,
                    timeout=(self.connect_seconds, self.read_seconds),
                    allow_redirects=False,
                    stream=True,
                ) as response:
                    raw, complete = _read(response, call)
            except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema):
                raise NotSent("address") from None
            except (requests.RequestException, HTTPError, OSError) as error:
                reason = "timeout" if isinstance(error, requests.Timeout) else "broken_off"
                raise NoAnswer("too_slow" if call.is_over else reason) from None
        return read_reply(response.status_code, raw, request_id=request_id, headers=dict(response.headers), complete=complete)

    def _session(self, call: _Call) -> requests.Session:
        """A fresh session for each POST: a kept connection that the server is just closing would leave a needless doubt."""
        session = _Session()
        session.trust_env = False  # neither ~/.netrc nor HTTP_PROXY may add a header or turn the request aside
        session.verify = self.ca_bundle or True
        session.proxies = {"https": self.proxy_url} if self.proxy_url else {}
        session.mount("https://", _Adapter(call))
        session.mount("http://", _Adapter(call))
        return session

    def _may_be_peer(self, address: str) -> bool:
        """Whether the request may go to this IP address, whatever the name promised that led there."""
        peer = ipaddress.ip_address(address.partition("%")[0])
        if self.allow_loopback:
            return peer.is_loopback
        return bool(self.proxy_url) or peer.is_global


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """Nowhere. Told not to follow, requests still reads the whole body of a redirect, to prepare a request it never sends."""


def _read(response: requests.Response, call: _Call) -> tuple[bytes, bool]:
    """The body, `MAX_BODY_BYTES` at most, and whether that is all of it. A body that breaks off is an answer still."""
    body = b""
    try:
        while len(body) <= MAX_BODY_BYTES and not call.is_over:
            chunk = response.raw.read1(MAX_BODY_BYTES)
            if not chunk:
                return body, not call.is_over
            body += chunk
    except (HTTPError, OSError, ValueError):
        pass  # what was read before is kept, as incomplete
    return body[:MAX_BODY_BYTES], False


# --- what requests leaves open ----------------------------------------------------------------------------------------
# requests bounds the connecting and each single read. A server that sends one byte now and then would pass that for ever, so
# every socket that a call opens is watched, and is shut when the time for the whole call is over.


class _Call:
    """One call: whom it may reach, and when it is over."""

    def __init__(self, seconds: float, may_be_peer: Callable[[str], bool]) -> None:
        self._may_be_peer = may_be_peer
        self._ends_at = time.monotonic() + seconds
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._shut)
        self._timer.daemon = True

    def __enter__(self) -> _Call:
        self._timer.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._timer.cancel()
        self._timer.join()  # else it could shut a socket that got the same number since
        for watched in self._sockets:
            watched.close()

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._ends_at

    def watched(self, opened: socket.socket) -> socket.socket:
        """`opened`, from now on shut when the call is over. Raises `NotSent` if it came too late, or leads where the call may not go."""
        self._sockets.append(opened.dup())  # TLS takes the first one over; the copy still names the connection
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
            raise NotSent("connect_timeout" if self.is_over else _why_unconnected(error, proxy)) from None

    def _shut(self) -> None:
        for watched in self._sockets:
            try:
                watched.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # the other side had hung up already


def _why_unconnected(error: Exception, proxy: object) -> str:
    if isinstance(error, ssl.SSLCertVerificationError | SSLError):  # not trusted, or what is trusted cannot be read
        return "certificate"
    if proxy:
        return "proxy"
    if isinstance(error, NameResolutionError):
        return "name"
    if isinstance(error, NewConnectionError):
        return "refused"
    return "connect_timeout" if isinstance(error, ConnectTimeoutError | TimeoutError) else "refused"


class _PlainConnection(HTTPConnection):
    call: _Call

    def _new_conn(self) -> socket.socket:
        return self.call.watched(super()._new_conn())

    def connect(self) -> None:
        with self.call.connecting(self.proxy):
            super().connect()


class _TLSConnection(HTTPSConnection):
    call: _Call

    def _new_conn(self) -> socket.socket:
        return self.call.watched(super()._new_conn())

    def connect(self) -> None:
        with self.call.connecting(self.proxy):
            super().connect()


class _Adapter(HTTPAdapter):
    """Opens the connections of one call, and tries each once."""

    def __init__(self, call: _Call) -> None:
        super().__init__(max_retries=0)
        self.call = call

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        kind = _TLSConnection if pool.scheme == "https" else _PlainConnection

        def connection(**options: Any) -> HTTPConnection:
            made = kind(**options)
            made.call = self.call
            return made

        pool.ConnectionCls = connection
        return pool
