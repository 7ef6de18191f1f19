"""Posts one invocation, or asks for the callback profiles. The only room that opens a socket outward.

An answer is a `Reply`. `NotSent` says that certainly nothing left; `NoAnswer` that something may have left and no answer settles
it. The class of requests' exception does not tell which is which (a reset is a `ConnectionError` before the request as after it).
The proof is where it was raised: until a connection's `connect` is over, nothing of the request has left. On a connection that
was kept there is no such moment: whatever fails there is doubt.

What posts is requests' adapter. A session would add what is not wanted: ~/.netrc and HTTP_PROXY, cookies, and redirects.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Self

import requests
from urllib3.exceptions import HTTPError

from invocations.kaleyra.address import invoke_url, profiles_url
from invocations.kaleyra.connection import NoAnswer, NotSent, SingleConnectionAdapter, WatchedSocket
from invocations.kaleyra.payload import CONTENT_TYPE, KEY_HEADER
from invocations.kaleyra.profiles import KeyCheck, read_profiles
from invocations.kaleyra.reply import DUPLICATE, MAX_BODY_BYTES, Reply, Verdict, read_reply

CONNECT_SECONDS = 5.0
READ_SECONDS = 10.0
TOTAL_SECONDS = 15.0
IDLE_SECONDS = 5.0


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
        with self.connection() as connection:
            return connection.invoke(workflow_instance_id, request_id, body)

    def callback_profiles(self) -> KeyCheck:
        """Asks for the account's callback profiles: a GET that changes nothing. Raises `NotSent` or `NoAnswer`."""
        with self.connection() as connection:
            return connection.callback_profiles()

    def connection(self) -> ClientConnection:
        """A way for many POSTs, one after another."""
        return ClientConnection(self)

    def _may_be_peer(self, address: str) -> bool:
        """Whether the request may go to this IP address, whatever the name promised that led there."""
        peer = ipaddress.ip_address(address.partition("%")[0])
        if self.allow_loopback:
            return peer.is_loopback
        return bool(self.proxy_url) or peer.is_global


class ClientConnection:
    """One thread's way to one account. It keeps its connection from one POST to the next.

    A connection is used again if its last answer was read to the end, named its request ID and left no doubt (a copy of it that
    came late would name it too), if it was idle for `idle_seconds` at most, and if the server has not closed it. Else the next POST
    opens another. One race remains: what the server closes while the next request is on its way is `NoAnswer`.
    """

    def __init__(self, client: KaleyraClient) -> None:
        self._client = client
        self._wire = WatchedSocket(client._may_be_peer)
        self._adapter = SingleConnectionAdapter(self._wire)
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


def _read(response: requests.Response, wire: WatchedSocket) -> tuple[bytes, bool]:
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
