"""Posts one invocation, or reads the callback profiles. The only module that makes HTTP requests.

An answer is returned as a `Reply`. `NotSent` and `NoAnswer` (see `connection`) are raised where
there is none. On a connection that is reused there is no connect: every failure is `NoAnswer`.

Requests are sent through requests' adapter, without a `Session`: a session would add credentials
from ~/.netrc, proxies from HTTP_PROXY, cookies, and redirects. Over a connection that is open
already they are sent without the adapter too (`kept_connection`).
"""

from __future__ import annotations

import ipaddress
import os
import re
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import NamedTuple, Self

import requests
from urllib3.exceptions import HTTPError

from invocations.kaleyra import kept_connection
from invocations.kaleyra.address import invoke_url, is_public_address, profiles_url
from invocations.kaleyra.connection import NoAnswer, NotSent, SingleConnectionAdapter, WatchedSocket
from invocations.kaleyra.hosts import may_have_keys
from invocations.kaleyra.patterns import SearchPattern
from invocations.kaleyra.payload import CONTENT_TYPE, KEY_HEADER
from invocations.kaleyra.plain_answer import PlainAnswer
from invocations.kaleyra.profiles import KeyCheck, read_profiles
from invocations.kaleyra.reply import MAX_REPLY_BYTES, Reply, Verdict, read_reply

CONNECT_SECONDS = 5.0
READ_SECONDS = 10.0
TOTAL_SECONDS = 15.0
IDLE_SECONDS = 5.0


@dataclass(frozen=True)
class KaleyraClient:
    """Sends requests for one account.

    `allow_loopback` makes it use http, without a proxy, to a practice pod on this machine.
    `extra_api_domains`: hosts beside Kaleyra's that may have the key (`hosts.may_have_keys`).
    `duplicate`: see `read_reply`. Times are in seconds.
    """

    api_domain: str
    sid: str
    api_key: str = field(repr=False)
    allow_loopback: bool = False
    proxy_url: str = field(default="", repr=False)  # it may hold a password
    ca_bundle: str = ""
    duplicate: SearchPattern | None = None
    extra_api_domains: tuple[str, ...] = ()
    connect_seconds: float = CONNECT_SECONDS
    read_seconds: float = READ_SECONDS
    total_seconds: float = TOTAL_SECONDS
    idle_seconds: float = IDLE_SECONDS

    def invoke(self, workflow_instance_id: str, request_id: str, body: str) -> Reply:
        """Posts `body` once, over a new connection. Raises `NotSent` or `NoAnswer`."""
        with self.connection() as connection:
            return connection.invoke(workflow_instance_id, request_id, body)

    def callback_profiles(self) -> KeyCheck:
        """Reads the account's callback profiles with a GET. Raises `NotSent` or `NoAnswer`."""
        with self.connection() as connection:
            return connection.callback_profiles()

    def connection(self) -> ClientConnection:
        """A connection for several POSTs, one after another."""
        return ClientConnection(self)

    def _may_be_peer(self, address: str) -> bool:
        """Whether a request may be sent to the IP address to which the host name resolved."""
        if self.allow_loopback:
            return ipaddress.ip_address(address.partition("%")[0]).is_loopback
        return bool(self.proxy_url) or is_public_address(address)


class ClientConnection:
    """Sends one thread's requests for one account, over a connection that is kept between POSTs.

    The connection is reused if its last answer was read to the end, named its request ID and was
    not doubtful (a late copy of that answer would name the request ID too), if it was idle for at
    most `idle_seconds`, and if the server has not closed it. Otherwise the next POST opens a new
    one. One race remains: if the server closes the connection while the next request is on its way,
    that is `NoAnswer`.
    """

    def __init__(self, client: KaleyraClient) -> None:
        self._client = client
        self._socket = WatchedSocket(client._may_be_peer)
        self._adapter = SingleConnectionAdapter(self._socket)
        self._request: requests.PreparedRequest | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection. The next POST opens a new one."""
        self._adapter.close()
        self._socket.release()

    def invoke(self, workflow_instance_id: str, request_id: str, body: str) -> Reply:
        """Posts `body` once and reads the answer. Raises `NotSent` or `NoAnswer`.

        After `total_seconds` nothing is sent or read any more. A call can last longer only because
        of a slow name server, or a name with many unreachable addresses.
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
            # The answer may belong to an earlier request; then every later one would be off by one.
            self.close()
        return reply

    def callback_profiles(self) -> KeyCheck:
        """Reads the account's callback profiles. Raises `NotSent` or `NoAnswer`."""
        client = self._client
        try:
            url = profiles_url(client.api_domain, client.sid, http=client.allow_loopback)
            answer = self._exchange(self._request_for("GET", url))
        except ValueError:
            raise NotSent("address") from None
        return read_profiles(answer.http_status, answer.body, complete=answer.complete)

    def _exchange(self, request: requests.PreparedRequest) -> _Answer:
        client, may_be_kept = self._client, False
        if not self._socket.is_fresh(client.idle_seconds):
            self.close()
        try:
            with self._socket.call(client.total_seconds):
                opened = self._adapter.idle_socket
                answer = self._over(opened, request) if opened else self._through_adapter(request)
            may_be_kept = answer.complete and self._adapter.is_open
            return answer
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema):
            raise NotSent("address") from None
        except (requests.RequestException, HTTPError, HTTPException, OSError) as error:
            is_timeout = isinstance(error, requests.Timeout | TimeoutError)
            reason = "timeout" if is_timeout else "broken_off"
            raise NoAnswer("too_slow" if self._socket.is_over else reason) from None
        finally:
            if not may_be_kept:
                self.close()

    def _through_adapter(self, request: requests.PreparedRequest) -> _Answer:
        with self._send(request) as response:
            raw = response.raw
            body, complete = _read_body(raw.read1, lambda: raw.length_remaining, self._socket)
        return _Answer(response.status_code, response.headers, body, complete)

    def _over(self, opened: socket.socket, request: requests.PreparedRequest) -> _Answer:
        response = kept_connection.answer_over(opened, request, self._client.read_seconds)
        if isinstance(response, PlainAnswer):
            headers = {"Retry-After": response.retry_after}
            return _Answer(response.http_status, headers, response.body, not self._socket.is_over)
        with response:
            body, complete = _read_body(response.read1, lambda: response.length, self._socket)
        if response.will_close:
            self.close()
        headers = kept_connection.retry_after(response)
        return _Answer(response.status, headers, body, complete)

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
        """The POST to send. It is prepared once; after that only its URL and body change."""
        client = self._client
        try:
            url = invoke_url(
                client.api_domain, client.sid, workflow_instance_id, http=client.allow_loopback
            )
            if self._request is None:
                self._request = self._request_for("POST", url)
        except ValueError:  # includes requests' InvalidURL
            raise NotSent("address") from None
        self._request.url = url
        self._request.body = body.encode("utf-8")
        self._request.headers["Content-Length"] = str(len(self._request.body))
        return self._request

    def _request_for(self, method: str, url: str) -> requests.PreparedRequest:
        return requests.Request(method, url, headers=self._headers()).prepare()

    def _headers(self) -> dict[str, str]:
        client = self._client
        if not may_have_keys(
            client.api_domain, extra=client.extra_api_domains, practice=client.allow_loopback
        ):
            raise NotSent("address")
        if not re.fullmatch("[!-~]+", self._client.api_key):
            # requests would raise too, with the key in its message.
            raise NotSent("key")
        return {
            **requests.utils.default_headers(),
            "Content-Type": CONTENT_TYPE,
            KEY_HEADER: self._client.api_key,
            "Accept-Encoding": "identity",
        }


class _Answer(NamedTuple):
    http_status: int
    headers: Mapping[str, str]
    body: bytes
    complete: bool


def _read_body(
    read1: Callable[[int], bytes], remaining: Callable[[], int | None], watched: WatchedSocket
) -> tuple[bytes, bool]:
    """The body, at most `MAX_REPLY_BYTES`, and whether it is complete.

    `remaining`: how many bytes are still to come; None if the answer does not say. A body that
    breaks off is not an error: its status still says something.
    """
    body = b""
    try:
        while not watched.is_over:
            chunk = read1(MAX_REPLY_BYTES)
            body += chunk
            if len(body) > MAX_REPLY_BYTES or (not chunk and remaining()):
                break
            if not chunk or remaining() == 0:
                return body, not watched.is_over
    except (HTTPError, HTTPException, OSError, ValueError):
        pass  # the part that was read is returned as incomplete
    return body[:MAX_REPLY_BYTES], False
