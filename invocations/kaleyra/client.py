"""Posts one invocation. The only room that opens a socket outward.

An answer is a `Reply`. `NotSent` says that certainly nothing left; `NoAnswer` that something may have left and no answer settles
it. Which is which was measured with requests 2.34: the class of its exception alone does not tell (a reset connection is a
`ConnectionError` before the request as after it, and so is a certificate's `SSLError`), so the proof is looked for inside it.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, HTTPError, MaxRetryError, NameResolutionError, NewConnectionError, ProxyError
from urllib3.poolmanager import PoolManager, ProxyManager

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
    """One account's way to Kaleyra. `allow_loopback` lets it speak http to a practice pod on this machine."""

    api_domain: str
    sid: str
    api_key: str = field(repr=False)
    allow_loopback: bool = False
    proxy_url: str = ""
    ca_bundle: str = ""
    connect_seconds: float = CONNECT_SECONDS
    read_seconds: float = READ_SECONDS
    total_seconds: float = TOTAL_SECONDS

    def invoke(self, workflow_instance_id: str, request_id: str, body: str) -> Reply:
        """Posts `body` once and reads the answer, all within `total_seconds`. Raises `NotSent` or `NoAnswer`."""
        try:
            url = invoke_url(self.api_domain, self.sid, workflow_instance_id, http=self.allow_loopback)
        except ValueError:
            raise NotSent("address") from None
        if not (self.api_key.isascii() and self.api_key.isprintable() and self.api_key.strip()):
            # requests would refuse it too, in a message that contains the key.
            raise NotSent("key")
        headers = {"Content-Type": CONTENT_TYPE, KEY_HEADER: self.api_key, "Accept-Encoding": "identity"}
        with _deadline(self.total_seconds, public_only=not (self.allow_loopback or self.proxy_url)) as deadline, self._session() as session:
            try:
                response = session.post(
                    url,
                    data=body.encode("utf-8"),
                    headers=headers,
                    timeout=(self.connect_seconds, self.read_seconds),
                    allow_redirects=False,
                    stream=True,
                )
                raw, complete = _read(response, deadline)
            except NotSent:
                raise
            except (requests.RequestException, HTTPError, OSError) as error:
                reason = _proof_of_not_sent(error)
                if reason:
                    raise NotSent(reason) from None
                raise NoAnswer("too_slow" if deadline.passed else _kind_of_silence(error)) from None
            return read_reply(response.status_code, raw, request_id=request_id, headers=dict(response.headers), complete=complete)

    def _session(self) -> requests.Session:
        """A fresh session for each POST: a kept connection that the server is just closing would leave a needless doubt."""
        session = requests.Session()
        session.trust_env = False  # neither ~/.netrc nor HTTP_PROXY may add a header or turn the request aside
        session.verify = self.ca_bundle or True
        session.proxies = {"http": self.proxy_url, "https": self.proxy_url} if self.proxy_url else {}
        session.mount("https://", _WatchedAdapter(max_retries=0))
        session.mount("http://", _WatchedAdapter(max_retries=0))
        return session


def _read(response: requests.Response, deadline: _Deadline) -> tuple[bytes, bool]:
    """The body, `MAX_BODY_BYTES` at most, and whether that is all of it. A body that breaks off is an answer still."""
    body = b""
    try:
        while len(body) <= MAX_BODY_BYTES and not deadline.passed:
            chunk = response.raw.read1(MAX_BODY_BYTES)
            if not chunk:
                return body, not deadline.passed
            body += chunk
    except (requests.RequestException, HTTPError, OSError, ValueError):
        pass  # what was read before is kept, as incomplete
    return body[:MAX_BODY_BYTES], False


def _proof_of_not_sent(error: BaseException) -> str | None:
    """Why certainly nothing was sent, or None where there is no proof."""
    reason = error.args[0] if error.args else error
    reason = reason.reason if isinstance(reason, MaxRetryError) else reason
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error)):
        return "certificate"
    if any(isinstance(cause, NotSent) for cause in _causes(error)):
        return next(cause.reason for cause in _causes(error) if isinstance(cause, NotSent))
    if isinstance(reason, ProxyError):
        return "proxy" if isinstance(reason.original_error, NewConnectionError | NameResolutionError | ConnectTimeoutError) else None
    if isinstance(reason, NameResolutionError):
        return "name"
    if isinstance(reason, NewConnectionError):
        return "refused"
    if isinstance(reason, ConnectTimeoutError):
        return "connect_timeout"
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidHeader):
        return "address"
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """`error` and all it wraps, whether chained, given as an argument or as urllib3's `reason`."""
    waiting, seen = [error], set()
    while waiting:
        cause = waiting.pop()
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        inner = [*cause.args, cause.__cause__, cause.__context__, getattr(cause, "reason", None), getattr(cause, "original_error", None)]
        waiting.extend(item for item in inner if isinstance(item, BaseException))


def _kind_of_silence(error: BaseException) -> str:
    return "timeout" if any(isinstance(cause, TimeoutError) for cause in _causes(error)) else "broken_off"


# --- one deadline for the whole call ----------------------------------------------------------------------------------
# requests bounds the connecting and each single read. A server that sends one byte now and then would pass that for ever, so
# every socket that a call opens is watched, and is shut when the time for the whole call is over.


class _Deadline:
    def __init__(self, seconds: float, public_only: bool) -> None:
        self.public_only = public_only
        self.ends_at = time.monotonic() + seconds
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._shut)
        self._timer.daemon = True
        self._timer.start()

    @property
    def passed(self) -> bool:
        return time.monotonic() >= self.ends_at

    def watch(self, opened: socket.socket) -> None:
        self._sockets.append(opened.dup())  # TLS takes the first one over; the copy still names the connection
        if self.passed:
            self._shut()

    def end(self) -> None:
        self._timer.cancel()
        for watched in self._sockets:
            watched.close()

    def _shut(self) -> None:
        for watched in self._sockets:
            try:
                watched.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it was closed in the meantime


_current = threading.local()


@contextmanager
def _deadline(seconds: float, public_only: bool) -> Iterator[_Deadline]:
    deadline = _current.deadline = _Deadline(seconds, public_only)
    try:
        yield deadline
    finally:
        deadline.end()
        _current.deadline = None


def _watched(opened: socket.socket) -> socket.socket:
    """Refuses a peer that is no public address, whatever its name promised, and puts the socket under the deadline."""
    deadline: _Deadline = _current.deadline
    if deadline.public_only and not ipaddress.ip_address(opened.getpeername()[0].partition("%")[0]).is_global:
        opened.close()
        raise NotSent("address")
    deadline.watch(opened)
    return opened


class _WatchedHTTPConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _watched(super()._new_conn())


class _WatchedHTTPSConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _watched(super()._new_conn())


class _WatchedHTTPPool(HTTPConnectionPool):
    ConnectionCls = _WatchedHTTPConnection


class _WatchedHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedHTTPSConnection


class _WatchedAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: object, **kwargs: object) -> None:
        super().init_poolmanager(*args, **kwargs)  # type: ignore[arg-type]
        _watch_pools(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: object) -> ProxyManager:
        manager: ProxyManager = super().proxy_manager_for(proxy, **kwargs)
        _watch_pools(manager)
        return manager


def _watch_pools(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _WatchedHTTPPool, "https": _WatchedHTTPSPool}
