"""Posts one invocation, or asks for the callback profiles. The only room that opens a socket outward.

An answer is a `Reply`. `NotSent` says that certainly nothing left; `NoAnswer` that something may have left and no answer settles
it. The class of requests' exception does not tell which is which (a reset is a `ConnectionError` before the request as after it).
The proof is where it was raised: until a connection's `connect` is over, nothing of the request has left. On a connection that
was kept there is no such moment: whatever fails there is doubt.

What posts is requests' adapter. A session would add what is not wanted: ~/.netrc and HTTP_PROXY, cookies, and redirects.
"""

from __future__ import annotations

import ipaddress
import math
import os
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple, Self

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    SSLError,
)
from urllib3.util.ssl_ import create_urllib3_context

from invocations.kaleyra.address import invoke_url, profiles_url
from invocations.kaleyra.payload import CONTENT_TYPE, KEY_HEADER
from invocations.kaleyra.profiles import KeyCheck, read_profiles
from invocations.kaleyra.reply import DUPLICATE, MAX_BODY_BYTES, Reply, Verdict, read_reply

CONNECT_SECONDS = 5.0
READ_SECONDS = 10.0
TOTAL_SECONDS = 15.0
IDLE_SECONDS = 5.0


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
    """One account's way to Kaleyra. `allow_loopback` lets it speak http, past any proxy, to a practice pod on this machine.

    `duplicate` recognises the refusal of a request id that was used before.
    """

    api_domain: str
    sid: str
    api_key: str = field(repr=False)
    allow_loopback: bool = False
    proxy_url: str = field(default="", repr=False)  # it may hold a password
    ca_bundle: str = ""
    duplicate: re.Pattern[str] = DUPLICATE
    connect_seconds: float = CONNECT_SECONDS
    read_seconds: float = READ_SECONDS
    total_seconds: float = TOTAL_SECONDS
    idle_seconds: float = IDLE_SECONDS

    def invoke(self, workflow_instance_id: str, request_id: str, body: str) -> Reply:
        """Posts `body` once, over a connection of its own, and reads the answer. Raises `NotSent` or `NoAnswer`."""
        with self.line() as line:
            return line.invoke(workflow_instance_id, request_id, body)

    def callback_profiles(self) -> KeyCheck:
        """Asks for the account's callback profiles: a GET that changes nothing. Raises `NotSent` or `NoAnswer`."""
        with self.line() as line:
            return line.callback_profiles()

    def line(self) -> Line:
        """A way for many POSTs, one after another."""
        return Line(self)

    def _may_be_peer(self, address: str) -> bool:
        """Whether the request may go to this IP address, whatever the name promised that led there."""
        peer = ipaddress.ip_address(address.partition("%")[0])
        if self.allow_loopback:
            return peer.is_loopback
        return bool(self.proxy_url) or peer.is_global


class Line:
    """One thread's way to one account. It keeps its connection from one POST to the next.

    A connection is used again if its last answer was read to the end, named its request ID and left no doubt (a copy of it that
    came late would name it too), if it was idle for `idle_seconds` at most, and if the server has not closed it. Else the next POST
    opens another. One race remains: what the server closes while the next request is on its way is `NoAnswer`.
    """

    def __init__(self, client: KaleyraClient) -> None:
        self._client = client
        self._wire = _Wire(client._may_be_peer)
        self._adapter = _Adapter(self._wire)
        self._request: requests.PreparedRequest | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Hangs up. A further POST would connect anew."""
        self._adapter.close()
        self._wire.let_go()

    def invoke(self, workflow_instance_id: str, request_id: str, body: str) -> Reply:
        """Posts `body` once and reads the answer. Raises `NotSent` or `NoAnswer`.

        Once `total_seconds` are over nothing leaves and nothing is read any more. Only a slow name server, or a name with many dead
        addresses, can keep a call longer.
        """
        answer = self._exchange(self._prepared(workflow_instance_id, body))
        reply = read_reply(
            answer.http_status,
            answer.body,
            request_id=request_id,
            headers=answer.headers,
            complete=answer.complete,
            duplicate=self._client.duplicate,
        )
        if reply.verdict is Verdict.DOUBTFUL or reply.request_id != request_id:
            self.close()  # it may be one that is out of step, and then what follows on that connection would be as well
        return reply

    def callback_profiles(self) -> KeyCheck:
        """Asks for the account's callback profiles, and reads the answer. Raises `NotSent` or `NoAnswer`."""
        client = self._client
        try:
            url = profiles_url(client.api_domain, client.sid, http=client.allow_loopback)
            answer = self._exchange(self._request_for("GET", url))
        except ValueError:
            raise NotSent("address") from None
        return read_profiles(answer.http_status, answer.body, complete=answer.complete)

    def _exchange(self, request: requests.PreparedRequest) -> _Answer:
        client, may_be_kept = self._client, False
        if not self._wire.is_fresh(client.idle_seconds):
            self.close()
        try:
            with self._wire.call(client.total_seconds), self._send(request) as response:
                body, complete = _read(response, self._wire)
            may_be_kept = complete and self._adapter.is_open
            return _Answer(response.status_code, response.headers, body, complete)
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema):
            raise NotSent("address") from None
        except (requests.RequestException, HTTPError, OSError) as error:
            reason = "timeout" if isinstance(error, requests.Timeout) else "broken_off"
            raise NoAnswer("too_slow" if self._wire.is_over else reason) from None
        finally:
            if not may_be_kept:
                self.close()

    def _send(self, request: requests.PreparedRequest) -> requests.Response:
        client = self._client
        if client.ca_bundle and not os.path.exists(client.ca_bundle):
            raise NotSent("certificate")
        return self._adapter.send(
            request,
            stream=True,
            timeout=(client.connect_seconds, client.read_seconds),
            verify=client.ca_bundle or True,
            proxies={"https": client.proxy_url} if client.proxy_url else {},
        )

    def _prepared(self, workflow_instance_id: str, body: str) -> requests.PreparedRequest:
        """The request to send. From one POST to the next only its path and its body change."""
        client = self._client
        try:
            url = invoke_url(
                client.api_domain, client.sid, workflow_instance_id, http=client.allow_loopback
            )
            if self._request is None:
                self._request = self._request_for("POST", url)
        except ValueError:  # InvalidURL is one
            raise NotSent("address") from None
        self._request.url = url
        self._request.body = body.encode("utf-8")
        self._request.headers["Content-Length"] = str(len(self._request.body))
        return self._request

    def _request_for(self, method: str, url: str) -> requests.PreparedRequest:
        return requests.Request(method, url, headers=self._headers()).prepare()

    def _headers(self) -> dict[str, str]:
        if not re.fullmatch("[!-~]+", self._client.api_key):
            # requests would refuse it too, in a message that contains the key.
            raise NotSent("key")
        own = {
            "Content-Type": CONTENT_TYPE,
            KEY_HEADER: self._client.api_key,
            "Accept-Encoding": "identity",
        }
        return {**requests.utils.default_headers(), **own}


class _Answer(NamedTuple):
    http_status: int
    headers: Mapping[str, str]
    body: bytes
    complete: bool


def _read(response: requests.Response, wire: _Wire) -> tuple[bytes, bool]:
    """The body, `MAX_BODY_BYTES` at most, and whether that is all of it. A body that breaks off is an answer still."""
    body = b""
    try:
        while not wire.is_over:
            chunk = response.raw.read1(MAX_BODY_BYTES)
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                break
            if not chunk or response.raw.length_remaining == 0:
                return body, not wire.is_over
    except (HTTPError, OSError, ValueError):
        pass  # what was read before is kept, as incomplete
    return body[:MAX_BODY_BYTES], False


# --- what requests leaves open ----------------------------------------------------------------------------------------
# requests bounds the connecting and each single read. A server that sends one byte now and then would pass that for ever, so
# the connection of a line is watched, and is shut when the time for the whole call is over.


class _Watchdog:
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
        self._wires: set[_Wire] = set()
        self._wakes_at = math.inf
        self._thread: threading.Thread | None = None

    def watch(self, wire: _Wire) -> None:
        with self.lock:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="deadlines of calls", daemon=True
                )
                self._thread.start()
            self._wires.add(wire)
            if wire.ends_at < self._wakes_at:
                self.lock.notify()

    def forget(self, wire: _Wire) -> None:
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


_WATCHDOG = _Watchdog()


class _Wire:
    """The TCP connection under one line: whom it may lead to, and when the present call on it is over."""

    def __init__(self, may_be_peer: Callable[[str], bool]) -> None:
        self._may_be_peer = may_be_peer
        self._socket: socket.socket | None = None
        self._process = os.getpid()
        self.ends_at = self._used_at = 0.0

    @contextmanager
    def call(self, seconds: float) -> Iterator[None]:
        self.ends_at = time.monotonic() + seconds
        _WATCHDOG.watch(self)
        try:
            yield
        finally:
            _WATCHDOG.forget(self)
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
        with _WATCHDOG.lock:  # else it could shut a socket that got the same number since
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


class _PlainConnection(HTTPConnection):
    wire: _Wire

    def _new_conn(self) -> socket.socket:
        return self.wire.watched(super()._new_conn())

    def connect(self) -> None:
        with self.wire.connecting(self.proxy):
            super().connect()


class _TLSConnection(_PlainConnection, HTTPSConnection):
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


class _Adapter(HTTPAdapter):
    """Opens the connections of one line, one at a time, and tries each once."""

    def __init__(self, wire: _Wire) -> None:
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
            _TLSConnection(**options)
            if self._pool.scheme == "https"
            else _PlainConnection(**options)
        )
        made.wire = self._wire
        self._connection = made
        return made

    def close(self) -> None:
        super().close()
        self._pool = self._connection = None
