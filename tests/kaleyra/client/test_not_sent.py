"""Failures before the connection stands: `NotSent`, and the server received nothing."""

import ipaddress
import socket
import time
from typing import Any

import pytest

from invocations.kaleyra import connection
from invocations.kaleyra.client import KaleyraClient
from invocations.kaleyra.connection import NoAnswer, NotSent
from tests.faults.behaviours import answers, resets_after
from tests.faults.ports import closed_port, full_backlog
from tests.faults.server import FaultServer

from ..samples import ACCEPTED, KEY, SID
from .calls import ACCEPTED_REPLY, HOST, client, full_text_of, invoke, outcome_of


def test_a_closed_port_means_not_sent() -> None:
    assert outcome_of(client(f"127.0.0.1:{closed_port()}")) == (NotSent, "refused")


def test_a_host_that_accepts_no_connection_means_not_sent() -> None:
    with full_backlog() as port:
        assert outcome_of(client(f"127.0.0.1:{port}")) == (NotSent, "connect_timeout")


def test_a_name_that_is_not_found_means_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*args: object, **kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    assert outcome_of(client(HOST, allow_loopback=False)) == (NotSent, "name")


@pytest.mark.parametrize(
    "host",
    [
        "a" * 64 + ".io",
        "127.0.0.1:99999",
        "xn--a.io",
        "api.in.kaleyra.io/x",
        "user@host",
        "évil.io",
        "",
    ],
)
def test_an_invalid_host_means_not_sent(host: str) -> None:
    assert outcome_of(client(host, allow_loopback=False))[0] is NotSent


def test_a_connection_made_after_the_deadline_is_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with FaultServer(answers(ACCEPTED)) as server:
        resolve = socket.getaddrinfo

        def slow(*args: Any, **kwargs: Any) -> Any:
            time.sleep(0.1)
            return resolve(*args, **kwargs)

        monkeypatch.setattr(socket, "getaddrinfo", slow)
        late = client(server.api_domain, total_seconds=0.05)
        assert outcome_of(late) == (NotSent, "connect_timeout")
        assert server.settled() == [b""]


def test_nothing_is_sent_to_a_private_address_behind_a_public_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolve = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *args, **kwargs: resolve("127.0.0.1", *args, **kwargs)
    )
    with FaultServer(answers(ACCEPTED)) as server:
        public = client(f"{HOST}:{server.port}", allow_loopback=False)
        assert outcome_of(public) == (NotSent, "address")
        assert server.connections == 0


def names(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[object]:
    """Lets a name server give these answers in turn. Returns the names it is asked for."""
    asked: list[object] = []

    def getaddrinfo(host: str, port: int, *args: object, **kwargs: object) -> list[Any]:
        try:
            addresses = [str(ipaddress.ip_address(host))]
        except ValueError:
            asked.append(host)
            addresses = answers[min(len(asked), len(answers)) - 1]
        families = [socket.AF_INET6 if ":" in each else socket.AF_INET for each in addresses]
        return [
            (family, socket.SOCK_STREAM, 6, "", (address, port))
            for family, address in zip(families, addresses, strict=True)
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.parametrize("position", [0, 1])
def test_every_address_of_a_name_is_checked_before_any_is_connected_to(
    monkeypatch: pytest.MonkeyPatch, position: int
) -> None:
    addresses = ["8.8.8.8", "8.8.4.4"]
    addresses[position] = "127.0.0.1"
    dialled: list[object] = []
    monkeypatch.setattr(connection, "create_connection", lambda to, *_, **__: dialled.append(to))
    names(monkeypatch, addresses)
    assert outcome_of(client(HOST, allow_loopback=False)) == (NotSent, "address")
    assert dialled == []


def test_the_address_that_was_checked_is_the_one_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = names(monkeypatch, ["8.8.8.8"], ["127.0.0.1"])
    dialled: list[object] = []

    def refuse(to: object, *args: object, **kwargs: object) -> None:
        dialled.append(to)
        raise ConnectionRefusedError

    monkeypatch.setattr(connection, "create_connection", refuse)
    assert outcome_of(client(HOST, allow_loopback=False)) == (NotSent, "refused")
    assert asked == [HOST] and dialled == [("8.8.8.8", 443)]


def test_the_next_address_of_a_name_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer(answers(ACCEPTED)) as server:
        names(monkeypatch, ["127.0.0.9", "127.0.0.1"])
        assert outcome_of(client(f"localhost:{server.port}")) == ACCEPTED_REPLY


@pytest.mark.parametrize("port", [22, 443, 6379])
def test_an_open_port_of_this_network_answers_as_a_closed_one(
    monkeypatch: pytest.MonkeyPatch, port: int
) -> None:
    with FaultServer(answers(ACCEPTED)) as server:
        names(monkeypatch, ["127.0.0.1"])
        outcomes = {
            outcome_of(client(f"{HOST}:{each}", allow_loopback=False))
            for each in (server.port, closed_port(), port)
        }
        assert outcomes == {(NotSent, "address")} and server.connections == 0


@pytest.mark.parametrize(
    ("address", "may"),
    [
        *[
            (address, False)
            for address in (
                *("0.1.2.3", "100.127.255.254", "169.254.170.2", "168.63.129.16", "192.0.0.192"),
                *("192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1", "192.88.99.1"),
                *("224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "100.100.100.200"),
                *("64:ff9b::a00:1", "64:ff9b::808:808", "64:ff9b:1::1", "64:ff9b:1:2::808:808"),
                *("2002:a00:1::1", "2002:808:808::1", "2001::1", "2001:0:4136:e378::1"),
                *("::ffff:8.8.8.8", "::8.8.8.8", "::127.0.0.1", "::ffff:169.254.169.254"),
                *("::ffff:0:8.8.8.8", "fec0::1", "fe80::1", "ff02::1", "ff0e::1", "fd00:ec2::254"),
                *("2001:db8::1", "3fff::1", "100::1", "2001:2::1", "5f00::1", "4000::1"),
                "no address",
            )
        ],
        ("1.1.1.1", True),
        ("2606:4700:4700::1111", True),
        ("127.0.0.1", False),
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("::", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("8.8.8.8", True),
        ("2a00:1450:4001:800::200e", True),
    ],
)
def test_only_a_public_address_may_be_the_peer(address: str, may: bool) -> None:
    assert client(HOST, allow_loopback=False)._may_be_peer(address) is may


def test_a_client_of_the_practice_pod_connects_to_this_machine_only() -> None:
    practice_client = client("localhost")
    assert practice_client._may_be_peer("127.0.0.1")
    assert practice_client._may_be_peer("::1")
    assert not practice_client._may_be_peer("8.8.8.8")


@pytest.mark.parametrize(
    "key",
    [
        f"{KEY}\n",
        f"{KEY}\r\nX-Evil: 1",
        f" {KEY}",
        f"{KEY} ",
        f"{KEY}\0",
        f"{KEY}é",
        f"{KEY} {KEY}",
        "",
        " ",
    ],
)
def test_a_key_that_no_header_can_hold_means_not_sent_and_is_not_shown(key: str) -> None:
    with FaultServer(answers(ACCEPTED)) as server:
        broken = KaleyraClient(server.api_domain, SID, key, allow_loopback=True)
        with pytest.raises(NotSent) as caught:
            invoke(broken)
        assert caught.value.reason == "key"
        assert KEY not in full_text_of(caught.value)
        assert server.connections == 0


def test_a_reset_at_once_is_not_an_answer() -> None:
    with FaultServer(resets_after(0)) as server:
        assert outcome_of(client(server.api_domain)) in [
            (NotSent, "refused"),
            (NoAnswer, "broken_off"),
        ]
