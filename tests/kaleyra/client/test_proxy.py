"""A proxy is used if it is configured, and its failures mean that nothing was sent."""

import time

import pytest

from invocations.kaleyra.connection import NotSent
from invocations.kaleyra.reply import Verdict
from tests.faults.behaviours import (
    Behaviour,
    accepts_and_says_nothing,
    answers,
    by_connection,
    drips,
    in_turn,
    resets_after,
    tunnels_to,
)
from tests.faults.certificates import Authority
from tests.faults.ports import closed_port
from tests.faults.server import FaultServer

from ..samples import ACCEPTED, BODY, KEY, http
from .calls import (
    ACCEPTED_REPLY,
    HOST,
    LATE,
    PATIENT,
    TOTAL,
    client,
    client_behind,
    invoke,
    outcome_of,
)


def test_the_configured_proxy_is_used_and_sees_neither_key_nor_request(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    with (
        FaultServer(answers(ACCEPTED), tls=authority.server(HOST)) as server,
        FaultServer(tunnels_to(server.port)) as proxy,
    ):
        assert invoke(client_behind(proxy.api_domain, authority)).verdict is Verdict.ACCEPTED
        [received], [connect] = server.settled(), proxy.settled()
    assert connect.startswith(f"CONNECT {HOST}:443 HTTP/1.".encode())
    assert KEY.encode() not in connect
    assert received.endswith(BODY.encode())
    assert b"Proxy-Authorization" not in received


def test_the_certificate_is_verified_behind_a_proxy(authority: Authority) -> None:
    with (
        FaultServer(answers(ACCEPTED), tls=authority.server("api.eu.kaleyra.io")) as server,
        FaultServer(tunnels_to(server.port)) as proxy,
    ):
        assert outcome_of(client_behind(proxy.api_domain, authority)) == (NotSent, "certificate")
        assert server.settled() == []


def test_an_unreachable_proxy_means_not_sent(authority: Authority) -> None:
    assert outcome_of(client_behind(f"127.0.0.1:{closed_port()}", authority)) == (NotSent, "proxy")


@pytest.mark.parametrize(
    "behaviour",
    [
        answers(http("407 Proxy Authentication Required")),
        answers(http("502 Bad Gateway")),
        answers(b"nonsense\r\n\r\n"),
        accepts_and_says_nothing(),
        resets_after(0),
    ],
    ids=["407", "502", "nonsense", "silence", "reset"],
)
def test_a_proxy_that_opens_no_tunnel_means_not_sent(
    authority: Authority, behaviour: Behaviour
) -> None:
    with FaultServer(behaviour) as proxy:
        assert outcome_of(client_behind(proxy.api_domain, authority)) == (NotSent, "proxy")


def test_a_slow_proxy_ends_at_the_deadline(authority: Authority) -> None:
    with FaultServer(drips(b"HTTP/1.1 200 " + b"x" * 1000, every=0.02)) as proxy:
        begun = time.monotonic()
        patient = client_behind(proxy.api_domain, authority, **PATIENT)
        assert outcome_of(patient) == (NotSent, "connect_timeout")
        assert time.monotonic() - begun < TOTAL + LATE


@pytest.mark.parametrize(
    "proxy_url",
    ["http://", "ftp://127.0.0.1:1", "socks5://127.0.0.1:1", "http://[", "http://127.0.0.1:99999"],
)
def test_an_invalid_proxy_url_means_not_sent(authority: Authority, proxy_url: str) -> None:
    assert outcome_of(client(HOST, allow_loopback=False, proxy_url=proxy_url))[0] is NotSent


def test_calls_to_the_practice_pod_bypass_the_proxy() -> None:
    with FaultServer(answers(ACCEPTED)) as server:
        assert (
            invoke(client(server.api_domain, proxy_url=f"http://127.0.0.1:{closed_port()}")).verdict
            is Verdict.ACCEPTED
        )


def test_a_proxy_tunnel_is_kept_and_reopened_once_it_is_closed(authority: Authority) -> None:
    turns = by_connection(in_turn(*[answers(ACCEPTED)] * 2), answers(ACCEPTED))
    with (
        FaultServer(turns, tls=authority.server(HOST)) as server,
        FaultServer(tunnels_to(server.port)) as proxy,
        client_behind(proxy.api_domain, authority).connection() as connection,
    ):
        for _ in range(2):
            assert outcome_of(connection) == ACCEPTED_REPLY
        server.settled()
        time.sleep(0.2)  # until the proxy has passed the FIN on
        assert outcome_of(connection) == ACCEPTED_REPLY
        assert (server.connections, proxy.connections) == (2, 2)
