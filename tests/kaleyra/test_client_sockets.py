"""The client against a server that misbehaves on purpose: real sockets, real TLS, and the server's own log as the witness."""

import gzip
import logging
import os
import socket
import ssl
import threading
import time
import traceback
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from invocations.kaleyra import profiles as profile_room
from invocations.kaleyra.client import IDLE_SECONDS, ClientConnection, KaleyraClient
from invocations.kaleyra.connection import NoAnswer, NotSent
from invocations.kaleyra.profiles import KeyCheck
from invocations.kaleyra.reply import MAX_REPLY_BYTES, Reply, Verdict
from tests.faults.certificates import Authority
from tests.faults.server import (
    FaultServer,
    Verb,
    accepts_and_says_nothing,
    answers,
    breaks_tls,
    by_connection,
    closed_port,
    drips,
    floods,
    full_backlog,
    hangs_up_after,
    in_turn,
    interrupts,
    open_files,
    reads_and_resets,
    resets_after,
    stalls_after,
    stalls_after_headers,
    tunnels_to,
)

from .samples import (
    ACCEPTED,
    BODY,
    KEY,
    NUMBER,
    PATH,
    REQUEST_ID,
    SID,
    WORKFLOW,
    accepted,
    http,
    rejected,
)

HOST = "api.in.kaleyra.io"
TOTAL = 1.5
LATE = 3.0
"""Seconds after a deadline that a busy machine may take to notice it; whoever noticed none of them would need five."""
HURRY: dict[str, Any] = {"connect_seconds": 0.8, "read_seconds": 0.8, "total_seconds": 2}
PATIENT: dict[str, Any] = {"connect_seconds": 5, "read_seconds": 5, "total_seconds": TOTAL}
"""Only the total deadline can end these."""
CALM: dict[str, Any] = {"connect_seconds": 10, "read_seconds": 10, "total_seconds": 10}
"""For many good answers in a row, of which none may be late."""


def client(api_domain: str, **changes: Any) -> KaleyraClient:
    return KaleyraClient(api_domain, SID, KEY, **{"allow_loopback": True, **HURRY, **changes})


def invoke(way: KaleyraClient | ClientConnection) -> Reply:
    return way.invoke(WORKFLOW, REQUEST_ID, BODY)


def what_comes_of(way: KaleyraClient | ClientConnection) -> tuple[type, str]:
    """The kind of the outcome and its reason."""
    try:
        reply = invoke(way)
    except (NotSent, NoAnswer) as error:
        return type(error), error.reason
    return Reply, f"{reply.verdict}: {reply.reason}"


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def names_lead_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name resolves to this machine, and this machine counts as public."""
    resolve = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *args, **kwargs: resolve("127.0.0.1", *args, **kwargs)
    )
    monkeypatch.setattr(KaleyraClient, "_may_be_peer", lambda self, address: True)


Over = Callable[..., KaleyraClient]


@pytest.fixture
def over_tls(names_lead_here: None, authority: Authority) -> Over:
    """over_tls(server): a client that knows the server as `api.in.kaleyra.io` and trusts the throw-away CA."""
    trusting = {"allow_loopback": False, "ca_bundle": str(authority.bundle)}
    return lambda server, **changes: client(f"{HOST}:{server.port}", **{**trusting, **changes})


# --- what goes over the wire ------------------------------------------------------------------------------------------


def test_the_request_is_what_the_documentation_asks_for_and_nothing_else_carries_the_key() -> None:
    with FaultServer(answers(ACCEPTED)) as server:
        reply = invoke(client(server.api_domain))
        [received] = server.settled()
    head, _, body = received.partition(b"\r\n\r\n")
    line, *fields = head.decode().split("\r\n")
    headers = dict(field.split(": ", 1) for field in fields)
    assert reply.verdict is Verdict.ACCEPTED
    assert line == f"POST {PATH} HTTP/1.1"
    assert body == BODY.encode()
    assert (headers["Content-Type"], headers["api-key"]) == ("application/json", KEY)
    assert headers.keys() == {
        *(
            "Host",
            "User-Agent",
            "Accept",
            "Accept-Encoding",
            "Connection",
            "Content-Type",
            "Content-Length",
            "api-key",
        ),
    }
    assert received.count(KEY.encode()) == 1


def test_each_call_has_a_connection_of_its_own() -> None:
    with FaultServer(
        answers(ACCEPTED.replace(b"\r\n", b"\r\nSet-Cookie: a=b\r\nConnection: keep-alive\r\n", 1))
    ) as server:
        for _ in range(3):
            assert invoke(client(server.api_domain)).verdict is Verdict.ACCEPTED
        received = server.settled(3)
    assert len(received) == 3
    assert b"Cookie" not in b"".join(received)


def test_the_environment_turns_nothing_aside_and_adds_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text(
        "machine 127.0.0.1 login canary password canary\ndefault login canary password canary\n"
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with FaultServer(answers(ACCEPTED)) as server, FaultServer(answers(ACCEPTED)) as proxy:
        for name in (
            "http_proxy",
            "HTTP_PROXY",
            "https_proxy",
            "HTTPS_PROXY",
            "all_proxy",
            "ALL_PROXY",
        ):
            monkeypatch.setenv(name, f"http://canary:canary@{proxy.api_domain}")
        assert invoke(client(server.api_domain)).verdict is Verdict.ACCEPTED
        [received] = server.settled()
    assert proxy.connections == 0
    assert b"authorization" not in received.lower()


def test_nothing_secret_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    for name in ("", "urllib3", "requests"):
        caplog.set_level(logging.DEBUG, name)
    with FaultServer(answers(ACCEPTED)) as server:
        invoke(client(server.api_domain))
    assert server.api_domain.partition(":")[0] in caplog.text
    assert KEY not in caplog.text
    assert NUMBER not in caplog.text


# --- certainly not sent -----------------------------------------------------------------------------------------------


def test_a_closed_port_means_not_sent() -> None:
    assert what_comes_of(client(f"127.0.0.1:{closed_port()}")) == (NotSent, "refused")


def test_a_host_that_does_not_take_connections_means_not_sent() -> None:
    with full_backlog() as port:
        assert what_comes_of(client(f"127.0.0.1:{port}")) == (NotSent, "connect_timeout")


def test_a_name_that_is_not_found_means_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*args: object, **kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    assert what_comes_of(client(HOST, allow_loopback=False)) == (NotSent, "name")


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
def test_a_host_that_is_none_means_not_sent(host: str) -> None:
    assert what_comes_of(client(host, allow_loopback=False))[0] is NotSent


def test_a_connection_that_stands_only_after_the_deadline_is_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with FaultServer(answers(ACCEPTED)) as server:
        resolve = socket.getaddrinfo

        def slow(*args: Any, **kwargs: Any) -> Any:
            time.sleep(0.1)
            return resolve(*args, **kwargs)

        monkeypatch.setattr(socket, "getaddrinfo", slow)
        assert what_comes_of(client(server.api_domain, total_seconds=0.05)) == (
            NotSent,
            "connect_timeout",
        )
        assert server.settled() == [b""]


def test_a_private_peer_gets_nothing_whatever_its_name_promised(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolve = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *args, **kwargs: resolve("127.0.0.1", *args, **kwargs)
    )
    with FaultServer(answers(ACCEPTED)) as server:
        assert what_comes_of(client(f"{HOST}:{server.port}", allow_loopback=False)) == (
            NotSent,
            "address",
        )
        assert server.settled() == [b""]


@pytest.mark.parametrize(
    ("address", "may"),
    [
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


def test_practice_reaches_this_machine_alone() -> None:
    practising = client("localhost")
    assert practising._may_be_peer("127.0.0.1")
    assert practising._may_be_peer("::1")
    assert not practising._may_be_peer("8.8.8.8")


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
def test_a_key_that_no_header_can_carry_means_not_sent_and_is_not_told(key: str) -> None:
    with FaultServer(answers(ACCEPTED)) as server:
        broken = KaleyraClient(server.api_domain, SID, key, allow_loopback=True)
        with pytest.raises(NotSent) as caught:
            invoke(broken)
        assert caught.value.reason == "key"
        assert KEY not in everything_said_by(caught.value)
        assert server.connections == 0


def test_a_reset_at_once_is_not_taken_for_an_answer() -> None:
    with FaultServer(resets_after(0)) as server:
        assert what_comes_of(client(server.api_domain)) in [
            (NotSent, "refused"),
            (NoAnswer, "broken_off"),
        ]


# --- something may have left ------------------------------------------------------------------------------------------

WHOLE = ACCEPTED.partition(b"\r\n\r\n")[2]
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
SILENCE: dict[str, tuple[Verb, str]] = {
    "reset within the request": (resets_after(50), "broken_off"),
    "reset after the request": (reads_and_resets(), "broken_off"),
    "goodbye before the request is read": (hangs_up_after(0), "broken_off"),
    "goodbye within the request": (hangs_up_after(50), "broken_off"),
    "goodbye after the request": (answers(b""), "broken_off"),
    "goodbye within the status line": (answers(b"HTTP/1.1 20"), "broken_off"),
    "silence": (accepts_and_says_nothing(), "timeout"),
    "silence within the headers": (stalls_after(b"HTTP/1.1 202 Accepted\r\nContent-"), "timeout"),
    "not HTTP": (answers(b"SSH-2.0-OpenSSH_9.2\r\n"), "broken_off"),
    "no status": (answers(b"HTTP/1.1 abc\r\n\r\n"), "broken_off"),
    "a status line without end": (floods(b"", b"HTTP" * 10_000, 10_000), "broken_off"),
    "a header without end": (
        floods(b"HTTP/1.1 202 Accepted\r\nX: ", b"x" * 60_000, 10_000),
        "broken_off",
    ),
    "headers without end": (
        floods(b"HTTP/1.1 202 Accepted\r\n", b"X: x\r\n" * 5_000, 10_000),
        "broken_off",
    ),
}
TOO_SLOW: dict[str, tuple[Verb, tuple[type, str]]] = {
    "silence": (accepts_and_says_nothing(), (NoAnswer, "too_slow")),
    "a drip of status line": (drips(ACCEPTED, every=0.3), (NoAnswer, "too_slow")),
    "promises without end": (floods(b"", CONTINUE * 100, 1_000_000), (NoAnswer, "too_slow")),
    "a drip of headers": (drips(ACCEPTED, every=0.02, at_once=30), (Reply, "doubtful: broken_off")),
    "a body without end": (
        stalls_after(b"HTTP/1.0 202 Accepted\r\n\r\n" + WHOLE),
        (Reply, "doubtful: broken_off"),
    ),
    "a drip of body": (drips(ACCEPTED, every=0.02, at_once=150), (Reply, "doubtful: broken_off")),
}


@pytest.mark.parametrize("fault", SILENCE)
def test_no_whole_answer_is_doubt(fault: str) -> None:
    verb, reason = SILENCE[fault]
    with FaultServer(verb) as server:
        assert what_comes_of(client(server.api_domain)) == (NoAnswer, reason)


@pytest.mark.parametrize("fault", TOO_SLOW)
def test_an_answer_slower_than_the_deadline_is_doubt_on_time(fault: str) -> None:
    verb, outcome = TOO_SLOW[fault]
    with FaultServer(verb) as server:
        begun = time.monotonic()
        assert what_comes_of(client(server.api_domain, **PATIENT)) == outcome
        assert TOTAL <= time.monotonic() - begun < TOTAL + LATE


# --- an answer, whole or not ------------------------------------------------------------------------------------------

CHUNKED = b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n"
IN_CHUNKS = b"%x\r\n%s\r\n" % (len(WHOLE), WHOLE)
ONE_TOO_FEW = http("202 Accepted", accepted(), length=len(WHOLE) + 1)
ANSWERS: dict[str, tuple[Verb, str]] = {
    "at once": (answers(ACCEPTED), "accepted: accepted"),
    "in chunks": (answers(CHUNKED + IN_CHUNKS + b"0\r\n\r\n"), "accepted: accepted"),
    "until the connection ends": (
        answers(b"HTTP/1.0 202 Accepted\r\n\r\n" + WHOLE),
        "accepted: accepted",
    ),
    "after a promise": (answers(CONTINUE + CONTINUE + ACCEPTED), "accepted: accepted"),
    "drop by drop, in time": (drips(ACCEPTED, every=0.0001), "accepted: accepted"),
    "and then silence": (stalls_after(ACCEPTED), "accepted: accepted"),
    "one byte too few": (answers(ONE_TOO_FEW), "doubtful: broken_off"),
    "silence after the headers": (stalls_after_headers(), "doubtful: broken_off"),
    "silence within the body": (stalls_after(ONE_TOO_FEW), "doubtful: broken_off"),
    "drop by drop, too slow": (drips(ACCEPTED, every=0.02, at_once=100), "doubtful: broken_off"),
    "the last chunk missing": (answers(CHUNKED + IN_CHUNKS), "doubtful: broken_off"),
    "a chunk cut short": (answers(CHUNKED + IN_CHUNKS[:-20]), "doubtful: broken_off"),
    "a chunk of no length": (answers(CHUNKED + b"zz\r\n" + WHOLE), "doubtful: broken_off"),
    "no body": (answers(http("202 Accepted")), "doubtful: unreadable"),
    "zipped though nobody asked": (
        answers(http("202 Accepted", gzip.compress(WHOLE), "Content-Encoding: gzip")),
        "doubtful: unreadable",
    ),
    "another protocol": (
        answers(b"HTTP/1.1 101 Switching Protocols\r\n\r\n"),
        "doubtful: undocumented_status",
    ),
    "a rejection that breaks off": (
        answers(http("400 Bad Request", b"{", length=9)),
        "doubtful: broken_off",
    ),
    "slow down, and it breaks off": (
        answers(http("429 Too Many", b"{", "Retry-After: 3", length=9)),
        "busy: asked_to_wait",
    ),
}


@pytest.mark.parametrize("fault", ANSWERS)
def test_an_answer_is_a_reply_whole_or_not(fault: str) -> None:
    verb, outcome = ANSWERS[fault]
    with FaultServer(verb) as server:
        assert what_comes_of(client(server.api_domain)) == (Reply, outcome)


def test_an_answer_that_reset_cuts_off_is_a_reply() -> None:
    def verb(visit: Any) -> None:
        visit.read_request()
        visit.send(ONE_TOO_FEW)
        visit.reset()

    with FaultServer(verb) as server:
        assert what_comes_of(client(server.api_domain)) in [
            (Reply, "doubtful: broken_off"),
            (NoAnswer, "broken_off"),
        ]


def test_what_came_before_the_break_is_kept() -> None:
    with FaultServer(answers(http("202 Accepted", b'{"requestId"', length=999))) as server:
        assert invoke(client(server.api_domain)).text == '{"requestId"'


# --- too much ---------------------------------------------------------------------------------------------------------

MIB = 1024 * 1024
HUGE: dict[str, bytes] = {
    "announced": b"HTTP/1.1 202 Accepted\r\nContent-Length: 314572800\r\n\r\n",
    "not announced": b"HTTP/1.1 202 Accepted\r\n\r\n",
    "with a server error": b"HTTP/1.1 500 Oh\r\nContent-Length: 314572800\r\n\r\n",
    "in a redirect": b"HTTP/1.1 302 Found\r\nLocation: https://elsewhere.invalid/\r\nContent-Length: 314572800\r\n\r\n",
}


@pytest.fixture
def peak() -> Iterator[Callable[[], int]]:
    """peak(): the most bytes that were in use at a time, beyond those at the start of the test."""
    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()


@pytest.mark.parametrize("kind", HUGE)
def test_of_300_megabytes_only_the_first_64_kib_are_read(
    kind: str, peak: Callable[[], int]
) -> None:
    with FaultServer(floods(HUGE[kind], b"x" * MIB, 300)) as server:
        reply = invoke(client(server.api_domain))
        server.settled()
        assert server.visits[0].sent < 20 * MIB
    assert len(reply.text) == MAX_REPLY_BYTES
    assert peak() < 5 * MIB


@pytest.mark.parametrize("line", ["202 Accepted", "302 Found"])
def test_a_bomb_is_not_unpacked(line: str, peak: Callable[[], int]) -> None:
    bomb = http(
        line,
        gzip.compress(bytes(50 * MIB), 1),
        "Content-Encoding: gzip",
        "Location: https://elsewhere.invalid/",
    )
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    with FaultServer(answers(bomb)) as server:
        assert len(invoke(client(server.api_domain)).text) <= MAX_REPLY_BYTES
    assert peak() - before < 5 * MIB


def test_a_body_of_exactly_64_kib_is_whole() -> None:
    padded = accepted(message="")
    room = MAX_REPLY_BYTES - len(http("", padded).partition(b"\r\n\r\n")[2])
    with FaultServer(answers(http("202 Accepted", accepted(message="x" * room)))) as server:
        assert invoke(client(server.api_domain)).verdict is Verdict.ACCEPTED
    with FaultServer(answers(http("202 Accepted", accepted(message="x" * (room + 1))))) as server:
        assert what_comes_of(client(server.api_domain)) == (Reply, "doubtful: broken_off")


# --- redirects --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"]
)
def test_a_redirect_is_never_followed(line: str) -> None:
    with FaultServer(answers(ACCEPTED)) as elsewhere:
        redirect = http(line, b"", f"Location: http://{elsewhere.api_domain}{PATH}")
        with FaultServer(answers(redirect)) as server:
            assert what_comes_of(client(server.api_domain)) == (Reply, "refused: redirect")
            server.settled()
        assert elsewhere.connections == 0


@pytest.mark.parametrize(
    "location",
    [
        "http://[::1",
        "\xff\xfe",
        "//",
        "http://:::/",
        "data:,",
        "http://a b/",
        "\t",
        "http://" + "é" * 70,
    ],
)
def test_a_redirect_to_nowhere_is_still_a_redirect(location: str) -> None:
    with FaultServer(answers(http("302 Found", b"", f"Location: {location}"))) as server:
        assert what_comes_of(client(server.api_domain)) == (Reply, "refused: redirect")


# --- TLS --------------------------------------------------------------------------------------------------------------


def test_a_private_authority_is_trusted_when_told_so(over_tls: Over, authority: Authority) -> None:
    with FaultServer(answers(ACCEPTED), tls=authority.server(HOST)) as server:
        assert invoke(over_tls(server)).verdict is Verdict.ACCEPTED
        [received] = server.settled()
    assert received.startswith(f"POST {PATH} ".encode())


def test_an_untrusted_certificate_means_not_sent(over_tls: Over, authority: Authority) -> None:
    with FaultServer(answers(ACCEPTED), tls=authority.server(HOST)) as server:
        assert what_comes_of(over_tls(server, ca_bundle="")) == (NotSent, "certificate")
        assert server.settled() == []


def test_the_environment_cannot_make_a_certificate_trusted(
    over_tls: Over, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(authority.bundle))
    with FaultServer(answers(ACCEPTED), tls=authority.server(HOST)) as server:
        assert what_comes_of(over_tls(server, ca_bundle="")) == (NotSent, "certificate")


@pytest.mark.parametrize(
    "fault",
    [{"host": "api.eu.kaleyra.io"}, {"host": HOST, "expired": True}],
    ids=["other host", "expired"],
)
def test_a_wrong_certificate_means_not_sent(
    over_tls: Over, authority: Authority, fault: dict[str, Any]
) -> None:
    with FaultServer(answers(ACCEPTED), tls=authority.server(**fault)) as server:
        assert what_comes_of(over_tls(server)) == (NotSent, "certificate")
        assert server.settled() == []


def test_an_authority_that_cannot_be_read_means_not_sent(
    over_tls: Over, authority: Authority, tmp_path: Path
) -> None:
    (tmp_path / "garbage.pem").write_text("no certificate")
    with FaultServer(answers(ACCEPTED), tls=authority.server(HOST)) as server:
        assert what_comes_of(over_tls(server, ca_bundle=str(tmp_path / "garbage.pem"))) == (
            NotSent,
            "certificate",
        )
        assert what_comes_of(over_tls(server, ca_bundle=str(tmp_path / "missing.pem"))) == (
            NotSent,
            "certificate",
        )
    assert server.received == []


@pytest.mark.parametrize(
    ("verb", "reason"),
    [
        (accepts_and_says_nothing(), "connect_timeout"),
        (resets_after(0), "refused"),
        (resets_after(20), "refused"),
        (hangs_up_after(20), "refused"),
        (interrupts(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "refused"),
    ],
    ids=["silence", "reset at once", "reset", "goodbye", "plain http"],
)
def test_a_handshake_that_fails_means_not_sent(over_tls: Over, verb: Verb, reason: str) -> None:
    with FaultServer(verb) as server:
        assert what_comes_of(over_tls(server)) == (NotSent, reason)
        assert KEY.encode() not in b"".join(server.settled())


def test_a_drip_of_handshake_ends_on_time(over_tls: Over) -> None:
    with FaultServer(drips(b"\x16\x03\x03\x40\x00" + bytes(16_384), every=0.02)) as server:
        begun = time.monotonic()
        assert what_comes_of(over_tls(server, **PATIENT)) == (NotSent, "connect_timeout")
        assert time.monotonic() - begun < TOTAL + LATE


def test_old_tls_is_not_spoken(over_tls: Over, authority: Authority) -> None:
    old = authority.server(HOST)
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    with FaultServer(answers(ACCEPTED), tls=old) as server:
        assert what_comes_of(over_tls(server)) == (NotSent, "refused")


@pytest.mark.parametrize(
    ("verb", "outcome"),
    [
        (breaks_tls(), (NoAnswer, "broken_off")),
        (reads_and_resets(), (NoAnswer, "broken_off")),
        (accepts_and_says_nothing(), (NoAnswer, "timeout")),
        (answers(ACCEPTED), (Reply, "accepted: accepted")),
        (answers(ONE_TOO_FEW), (Reply, "doubtful: broken_off")),
        (stalls_after_headers(), (Reply, "doubtful: broken_off")),
    ],
    ids=[
        "a broken record",
        "reset",
        "silence",
        "a whole answer",
        "goodbye",
        "silence after the headers",
    ],
)
def test_once_tls_stands_a_fault_is_doubt(
    over_tls: Over, authority: Authority, verb: Verb, outcome: tuple[type, str]
) -> None:
    with FaultServer(verb, tls=authority.server(HOST)) as server:
        assert what_comes_of(over_tls(server)) == outcome


def test_a_drip_through_tls_ends_on_time(over_tls: Over, authority: Authority) -> None:
    with FaultServer(drips(ACCEPTED, every=0.02, at_once=30), tls=authority.server(HOST)) as server:
        begun = time.monotonic()
        assert what_comes_of(over_tls(server, **PATIENT)) == (Reply, "doubtful: broken_off")
        assert TOTAL <= time.monotonic() - begun < TOTAL + LATE


# --- a proxy ----------------------------------------------------------------------------------------------------------


def through(proxy: str, authority: Authority, **changes: Any) -> KaleyraClient:
    return client(
        HOST,
        **{
            "allow_loopback": False,
            "proxy_url": f"http://user:secret@{proxy}",
            "ca_bundle": str(authority.bundle),
            **changes,
        },
    )


def test_the_proxy_that_was_set_is_used_and_sees_nothing(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    with (
        FaultServer(answers(ACCEPTED), tls=authority.server(HOST)) as server,
        FaultServer(tunnels_to(server.port)) as proxy,
    ):
        assert invoke(through(proxy.api_domain, authority)).verdict is Verdict.ACCEPTED
        [received], [asked] = server.settled(), proxy.settled()
    assert asked.startswith(f"CONNECT {HOST}:443 HTTP/1.".encode())
    assert KEY.encode() not in asked
    assert received.endswith(BODY.encode())
    assert b"Proxy-Authorization" not in received


def test_behind_a_proxy_the_certificate_is_still_asked_for(authority: Authority) -> None:
    with (
        FaultServer(answers(ACCEPTED), tls=authority.server("api.eu.kaleyra.io")) as server,
        FaultServer(tunnels_to(server.port)) as proxy,
    ):
        assert what_comes_of(through(proxy.api_domain, authority)) == (NotSent, "certificate")
        assert server.settled() == []


def test_a_proxy_that_is_not_there_means_not_sent(authority: Authority) -> None:
    assert what_comes_of(through(f"127.0.0.1:{closed_port()}", authority)) == (NotSent, "proxy")


@pytest.mark.parametrize(
    "verb",
    [
        answers(http("407 Proxy Authentication Required")),
        answers(http("502 Bad Gateway")),
        answers(b"nonsense\r\n\r\n"),
        accepts_and_says_nothing(),
        resets_after(0),
    ],
    ids=["407", "502", "nonsense", "silence", "reset"],
)
def test_a_proxy_that_opens_no_tunnel_means_not_sent(authority: Authority, verb: Verb) -> None:
    with FaultServer(verb) as proxy:
        assert what_comes_of(through(proxy.api_domain, authority)) == (NotSent, "proxy")


def test_a_drip_from_the_proxy_ends_on_time(authority: Authority) -> None:
    with FaultServer(drips(b"HTTP/1.1 200 " + b"x" * 1000, every=0.02)) as proxy:
        begun = time.monotonic()
        assert what_comes_of(through(proxy.api_domain, authority, **PATIENT)) == (
            NotSent,
            "connect_timeout",
        )
        assert time.monotonic() - begun < TOTAL + LATE


@pytest.mark.parametrize(
    "proxy_url",
    ["http://", "ftp://127.0.0.1:1", "socks5://127.0.0.1:1", "http://[", "http://127.0.0.1:99999"],
)
def test_a_proxy_that_is_none_means_not_sent(authority: Authority, proxy_url: str) -> None:
    assert what_comes_of(client(HOST, allow_loopback=False, proxy_url=proxy_url))[0] is NotSent


def test_practice_goes_past_the_proxy() -> None:
    with FaultServer(answers(ACCEPTED)) as server:
        assert (
            invoke(client(server.api_domain, proxy_url=f"http://127.0.0.1:{closed_port()}")).verdict
            is Verdict.ACCEPTED
        )


# --- a kept connection ------------------------------------------------------------------------------------------------

ACCEPTANCE = (Reply, "accepted: accepted")
ON_A_KEPT_CONNECTION = {
    name: fault for name, fault in SILENCE.items() if name != "goodbye before the request is read"
}


def with_header(header: str, answer: bytes = ACCEPTED) -> bytes:
    return answer.replace(b"\r\n", f"\r\n{header}\r\n".encode(), 1)


def test_a_line_keeps_its_connection_from_one_post_to_the_next() -> None:
    with FaultServer(in_turn(*[answers(with_header("Set-Cookie: a=b"))] * 3)) as server:
        with client(server.api_domain).connection() as line:
            for workflow, body in [
                (WORKFLOW, BODY),
                ("another", '{"requestId":"नमस्ते"}'),
                (WORKFLOW, "{}"),
            ]:
                assert line.invoke(workflow, REQUEST_ID, body).verdict is Verdict.ACCEPTED
        [received] = server.settled()
    assert server.connections == 1
    first, second, third = (b"POST " + part for part in received.split(b"POST ")[1:])
    assert first.startswith(f"POST {PATH} HTTP/1.1".encode())
    assert first.endswith(BODY.encode())
    assert b"/instances/another/invoke HTTP/1.1\r\n" in second
    assert second.endswith('\r\n\r\n{"requestId":"नमस्ते"}'.encode())
    assert third == first.replace(BODY.encode(), b"{}").replace(
        b"Length: %d" % len(BODY.encode()), b"Length: 2"
    )
    assert b"Cookie" not in received


@pytest.mark.parametrize("fault", ON_A_KEPT_CONNECTION)
def test_whatever_fails_on_a_kept_connection_is_doubt(fault: str) -> None:
    verb, reason = ON_A_KEPT_CONNECTION[fault]
    with (
        FaultServer(in_turn(answers(ACCEPTED), verb)) as server,
        client(server.api_domain).connection() as line,
    ):
        assert what_comes_of(line) == ACCEPTANCE
        with pytest.raises(NoAnswer) as doubt:
            invoke(line)
        assert doubt.value.reason == reason
        assert KEY not in everything_said_by(doubt.value)
        assert server.connections == 1


@pytest.mark.parametrize(
    ("verb", "reason"),
    [
        (breaks_tls(), "broken_off"),
        (reads_and_resets(), "broken_off"),
        (answers(b""), "broken_off"),
        (stalls_after(b""), "timeout"),
    ],
    ids=["a broken record", "reset", "goodbye", "silence"],
)
def test_whatever_fails_on_a_kept_connection_through_tls_is_doubt(
    over_tls: Over, authority: Authority, verb: Verb, reason: str
) -> None:
    with (
        FaultServer(in_turn(answers(ACCEPTED), verb), tls=authority.server(HOST)) as server,
        over_tls(server).connection() as line,
    ):
        assert what_comes_of(line) == ACCEPTANCE
        assert what_comes_of(line) == (NoAnswer, reason)
        assert server.connections == 1


@pytest.mark.parametrize("fault", TOO_SLOW)
def test_an_answer_slower_than_the_deadline_is_doubt_on_time_on_a_kept_connection_too(
    fault: str,
) -> None:
    verb, outcome = TOO_SLOW[fault]
    with (
        FaultServer(in_turn(answers(ACCEPTED), verb)) as server,
        client(server.api_domain, **PATIENT).connection() as line,
    ):
        assert what_comes_of(line) == ACCEPTANCE
        begun = time.monotonic()
        assert what_comes_of(line) == outcome
        assert TOTAL <= time.monotonic() - begun < TOTAL + LATE
        assert server.connections == 1


def test_a_drip_through_tls_on_a_kept_connection_ends_on_time(
    over_tls: Over, authority: Authority
) -> None:
    verb = in_turn(answers(ACCEPTED), drips(ACCEPTED, every=0.02, at_once=30))
    with (
        FaultServer(verb, tls=authority.server(HOST)) as server,
        over_tls(server, **PATIENT).connection() as line,
    ):
        assert what_comes_of(line) == ACCEPTANCE
        begun = time.monotonic()
        assert what_comes_of(line) == (Reply, "doubtful: broken_off")
        assert TOTAL <= time.monotonic() - begun < TOTAL + LATE


def test_the_deadline_of_a_call_counts_from_that_call() -> None:
    total = 2.5

    def late(visit: Any) -> None:
        visit.read_request()
        time.sleep(total * 0.6)
        visit.send(ACCEPTED)

    with (
        FaultServer(in_turn(answers(ACCEPTED), late, answers(ACCEPTED))) as server,
        client(server.api_domain, **PATIENT | {"total_seconds": total}).connection() as line,
    ):
        assert what_comes_of(line) == ACCEPTANCE
        time.sleep(total * 0.6)
        assert what_comes_of(line) == ACCEPTANCE
        time.sleep(total)  # nor does the deadline of a call that is over touch the connection
        assert what_comes_of(line) == ACCEPTANCE
        assert server.connections == 1


UNKEPT: dict[str, Verb] = {
    "one byte too few": stalls_after(ONE_TOO_FEW),
    "the last chunk missing": stalls_after(CHUNKED + IN_CHUNKS),
    "too much": answers(http("202 Accepted", accepted(message="x" * MAX_REPLY_BYTES))),
    "too much, refused": answers(http("404 Not Found", b"x" * MAX_REPLY_BYTES * 2)),
    "a redirect without end": floods(HUGE["in a redirect"], b"x" * MIB, 3),
    "another request's": answers(http("202 Accepted", accepted(requestId="another"))),
    "unreadable": answers(http("202 Accepted", b"<html>")),
    "slow down": answers(http("429 Too Many", b"", "Retry-After: 3")),
    "a rejection that does not say of what": answers(
        http("400 Bad Request", rejected(requestId=None))
    ),
    "a server error": answers(http("503 Unavailable", b"", "Retry-After: 3")),
    "another protocol": answers(b"HTTP/1.1 101 Switching Protocols\r\n\r\n"),
    "hints, and the answer later": answers(
        b"HTTP/1.1 103 Early Hints\r\n\r\n" + http("400 Bad Request", rejected(requestId=None))
    ),
}


@pytest.mark.parametrize("answer", UNKEPT)
def test_after_an_answer_that_was_not_whole_or_leaves_doubt_or_names_no_request_the_next_post_connects_anew(
    answer: str,
) -> None:
    verb = by_connection(in_turn(UNKEPT[answer], answers(ACCEPTED)), answers(ACCEPTED))
    with FaultServer(verb) as server, client(server.api_domain).connection() as line:
        assert what_comes_of(line)[0] is Reply
        assert what_comes_of(line) == ACCEPTANCE
        assert server.connections == 2
        assert [received.count(b"POST ") for received in server.settled()] == [1, 1]


def test_an_answer_that_comes_once_more_is_not_taken_for_the_next_posts() -> None:
    refusal = http("400 Bad Request", rejected(requestId=None))

    def again(visit: Any) -> None:
        visit.read_request()
        visit.send(refusal)

    verb = by_connection(in_turn(answers(refusal), again, answers(ACCEPTED)), answers(ACCEPTED))
    with FaultServer(verb) as server, client(server.api_domain).connection() as line:
        assert what_comes_of(line) == (Reply, "rejected: rejected")
        assert what_comes_of(line) == ACCEPTANCE


def test_what_cannot_be_read_of_an_answers_head_is_not_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """urllib3 warns of such a head, and quotes it."""
    echo = (
        b"HTTP/1.1 202 Accepted\r\nno header\r\n"
        + KEY.encode()
        + b" "
        + NUMBER.encode()
        + b"\r\nContent-Length: 0\r\n\r\n"
    )
    caplog.set_level(logging.INFO)
    with FaultServer(answers(echo)) as server:
        what_comes_of(client(server.api_domain))
    assert KEY not in caplog.text and NUMBER not in caplog.text


@pytest.mark.parametrize("fault", ["reset after the request", "silence", "not HTTP"])
def test_after_silence_the_next_post_connects_anew(fault: str) -> None:
    with (
        FaultServer(by_connection(SILENCE[fault][0], answers(ACCEPTED))) as server,
        client(server.api_domain).connection() as line,
    ):
        assert what_comes_of(line)[0] is NoAnswer
        assert what_comes_of(line) == ACCEPTANCE


KEPT: dict[str, tuple[bytes, str]] = {
    "in chunks": (CHUNKED + IN_CHUNKS + b"0\r\n\r\n", "accepted: accepted"),
    "a rejection": (http("400 Bad Request", rejected()), "rejected: rejected"),
    "an answer nobody asked for behind it": (
        ACCEPTED + http("400 Bad Request", rejected(requestId=None)),
        "accepted: accepted",
    ),
}


@pytest.mark.parametrize("answer", KEPT)
def test_after_a_clear_answer_the_connection_is_kept(answer: str) -> None:
    raw, outcome = KEPT[answer]
    with (
        FaultServer(in_turn(answers(raw), answers(ACCEPTED))) as server,
        client(server.api_domain).connection() as line,
    ):
        assert what_comes_of(line) == (Reply, outcome)
        assert what_comes_of(line) == ACCEPTANCE
        assert server.connections == 1


@pytest.mark.parametrize(
    "last",
    [with_header("Connection: close"), ACCEPTED.replace(b"HTTP/1.1", b"HTTP/1.0")],
    ids=["Connection: close", "HTTP/1.0"],
)
def test_a_connection_that_the_server_wants_closed_is_closed_at_once(last: bytes) -> None:
    with (
        FaultServer(by_connection(stalls_after(last), answers(ACCEPTED))) as server,
        client(server.api_domain).connection() as line,
    ):
        assert what_comes_of(line) == ACCEPTANCE
        assert server.settled()[0].count(b"POST ") == 1
        assert what_comes_of(line) == ACCEPTANCE
        assert server.connections == 2


def test_a_connection_that_the_server_has_closed_is_opened_anew_without_doubt() -> None:
    with FaultServer(answers(ACCEPTED)) as server, client(server.api_domain).connection() as line:
        for _ in range(5):
            assert what_comes_of(line) == ACCEPTANCE
            server.settled()
        assert [received.count(b"POST ") for received in server.received] == [1] * 5


def test_a_connection_that_the_server_has_closed_is_opened_anew_through_tls_too(
    over_tls: Over, authority: Authority
) -> None:
    with (
        FaultServer(answers(ACCEPTED), tls=authority.server(HOST)) as server,
        over_tls(server).connection() as line,
    ):
        for _ in range(3):
            assert what_comes_of(line) == ACCEPTANCE
            server.settled()
        assert [received.count(b"POST ") for received in server.received] == [1] * 3


def test_a_line_that_cannot_connect_again_says_that_nothing_was_sent() -> None:
    with client("127.0.0.1").connection() as line:
        assert what_comes_of(line)[0] is NotSent
    with FaultServer(answers(ACCEPTED)) as server:
        line = client(server.api_domain).connection()
        assert what_comes_of(line) == ACCEPTANCE
        server.settled()
    with line:
        assert what_comes_of(line) == (NotSent, "refused")


def test_a_connection_that_was_idle_for_long_is_not_used_again() -> None:
    assert IDLE_SECONDS == KaleyraClient(HOST, SID, KEY).idle_seconds == 5
    turns = in_turn(*[answers(ACCEPTED)] * 3)
    with (
        FaultServer(turns) as server,
        client(server.api_domain, idle_seconds=0.3).connection() as line,
    ):
        for pause, connections in [(0, 1), (0, 1), (0.4, 2), (0, 2)]:
            time.sleep(pause)
            assert what_comes_of(line) == ACCEPTANCE
            assert server.connections == connections


def test_a_line_keeps_its_tunnel_and_opens_another_when_it_is_gone(authority: Authority) -> None:
    turns = by_connection(in_turn(*[answers(ACCEPTED)] * 2), answers(ACCEPTED))
    with (
        FaultServer(turns, tls=authority.server(HOST)) as server,
        FaultServer(tunnels_to(server.port)) as proxy,
        through(proxy.api_domain, authority).connection() as line,
    ):
        for _ in range(2):
            assert what_comes_of(line) == ACCEPTANCE
        server.settled()
        time.sleep(0.2)  # the proxy passes the goodbye on
        assert what_comes_of(line) == ACCEPTANCE
        assert (server.connections, proxy.connections) == (2, 2)


def test_an_authority_that_was_mended_is_trusted_from_the_next_connection_on(
    over_tls: Over, authority: Authority, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(Authority(tmp_path, "Another CA").bundle.read_bytes())
    os.utime(bundle, (1, 1))
    with (
        FaultServer(answers(ACCEPTED), tls=authority.server(HOST)) as server,
        over_tls(server, ca_bundle=str(bundle)).connection() as line,
    ):
        assert what_comes_of(line) == (NotSent, "certificate")
        bundle.write_bytes(authority.bundle.read_bytes())
        assert what_comes_of(line) == ACCEPTANCE


# --- the watchdog -----------------------------------------------------------------------------------------------------


def test_calls_of_many_threads_end_each_at_its_own_deadline() -> None:
    late: dict[float, float] = {}

    def call(server: FaultServer, seconds: float) -> None:
        with client(server.api_domain, **PATIENT | {"total_seconds": seconds}).connection() as line:
            begun = time.monotonic()
            assert what_comes_of(line) == (NoAnswer, "too_slow")
            late[seconds] = time.monotonic() - begun - seconds

    with FaultServer(accepts_and_says_nothing()) as server:
        threads = [
            threading.Thread(target=call, args=(server, seconds))
            for seconds in (1.2, 0.8, 0.4, 1.0, 0.6, 0.2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(late) == 6
    assert all(0 <= seconds < LATE for seconds in late.values())


def outcome_in_a_child(work: Callable[[], bool]) -> bool:
    """What `work` says in a forked child of this process."""
    child = os.fork()
    if not child:
        result = False
        with suppress(BaseException):
            result = work()
        os._exit(0 if result else 1)
    return os.waitpid(child, 0)[1] == 0


def test_deadlines_are_kept_in_a_forked_child() -> None:
    def ends_on_time() -> bool:
        begun = time.monotonic()
        return (
            what_comes_of(patient) == (NoAnswer, "too_slow")
            and time.monotonic() - begun < TOTAL + LATE
        )

    with FaultServer(accepts_and_says_nothing()) as server:
        patient = client(server.api_domain, **PATIENT)
        assert ends_on_time()
        assert outcome_in_a_child(ends_on_time)


def test_a_fork_while_calls_are_under_way_disturbs_none_of_them() -> None:
    def late(visit: Any) -> None:
        visit.read_request()
        time.sleep(0.4)
        visit.send(ACCEPTED)

    outcomes = []
    with FaultServer(late) as server:
        thread = threading.Thread(
            target=lambda: outcomes.append(what_comes_of(client(server.api_domain, **CALM)))
        )
        thread.start()
        time.sleep(0.1)
        assert outcome_in_a_child(
            lambda: (
                what_comes_of(client(server.api_domain, **PATIENT | {"total_seconds": 0.1}))[0]
                is NoAnswer
            )
        )
        thread.join()
    assert outcomes == [ACCEPTANCE]


def test_a_forked_child_leaves_its_parents_connection_alone() -> None:
    turns = by_connection(in_turn(*[answers(ACCEPTED)] * 2), answers(ACCEPTED))
    with FaultServer(turns) as server, client(server.api_domain).connection() as line:
        assert what_comes_of(line) == ACCEPTANCE
        assert outcome_in_a_child(lambda: what_comes_of(line) == ACCEPTANCE and not line.close())
        assert what_comes_of(line) == ACCEPTANCE
        assert [received.count(b"POST ") for received in server.settled(2)] == [2, 1]


# --- what stays behind ------------------------------------------------------------------------------------------------


def everything_said_by(error: BaseException) -> str:
    said, chain = "".join(traceback.format_exception(error)), [error]
    for link in chain:
        said += f"{link!s} {link!r} {link.args!r}"
        chain += [
            other for other in (link.__cause__, link.__context__) if other and other not in chain
        ]
    return said


@pytest.mark.parametrize("fault", SILENCE)
def test_no_exception_tells_the_key_or_the_number(fault: str) -> None:
    with FaultServer(SILENCE[fault][0]) as server, pytest.raises(NoAnswer) as caught:
        invoke(client(server.api_domain))
    assert KEY not in everything_said_by(caught.value)
    assert NUMBER not in everything_said_by(caught.value)


def test_the_client_does_not_tell_its_secrets() -> None:
    shown = repr(client(HOST, proxy_url="http://user:secret@proxy"))
    assert HOST in shown
    assert KEY not in shown
    assert "secret" not in shown


def test_200_calls_leave_no_thread_and_no_open_file() -> None:
    faults = [
        answers(ACCEPTED),
        reads_and_resets(),
        answers(ONE_TOO_FEW),
        floods(HUGE["announced"], b"x" * MIB, 300),
    ]
    turns = iter(faults * 50)

    def verb(visit: Any) -> None:
        next(turns)(visit)

    refused = client(f"127.0.0.1:{closed_port()}")
    with FaultServer(verb) as server:
        what_comes_of(client(server.api_domain)), what_comes_of(refused)
        server.settled()
        files, threads = open_files(), threading.active_count()
        for _ in range(100):
            what_comes_of(client(server.api_domain)), what_comes_of(refused)
        server.settled(100)
        assert threading.active_count() <= threads
        assert open_files() <= files


def test_a_closed_line_leaves_no_open_file() -> None:
    with FaultServer(in_turn(*[answers(ACCEPTED)] * 3)) as server:
        invoke(client(server.api_domain))
        server.settled()
        files = open_files()
        line = client(server.api_domain).connection()
        for _ in range(2):
            assert what_comes_of(line) == ACCEPTANCE
        line.close()
        server.settled()
        assert open_files() <= files


def test_200_posts_over_one_line_leave_no_thread_and_no_open_file() -> None:
    with (
        FaultServer(in_turn(*[answers(ACCEPTED)] * 201)) as server,
        client(server.api_domain, **CALM).connection() as line,
    ):
        invoke(line)
        files, threads = open_files(), threading.active_count()
        for _ in range(200):
            assert what_comes_of(line) == ACCEPTANCE
        assert server.connections == 1
        assert threading.active_count() <= threads
        assert open_files() <= files


def test_100_faults_on_one_line_leave_no_thread_and_no_open_file() -> None:
    faults = [
        in_turn(answers(ACCEPTED), fault)
        for fault in (reads_and_resets(), answers(ONE_TOO_FEW), answers(b""), answers(ACCEPTED))
    ]
    with (
        FaultServer(by_connection(answers(ACCEPTED), *faults * 25)) as server,
        client(server.api_domain, **CALM).connection() as line,
    ):
        invoke(line)
        line.close()
        server.settled()
        files, threads = open_files(), threading.active_count()
        for _ in range(100):
            what_comes_of(line), what_comes_of(line)
            server.settled()  # it has hung up, so that the next post finds out before it writes
        line.close()
        assert server.connections == 101
        assert threading.active_count() <= threads
        assert open_files() <= files


def test_silence_on_a_line_leaves_no_thread_and_no_open_file() -> None:
    faults = [in_turn(answers(ACCEPTED), stalls_after(ONE_TOO_FEW))] * 3
    with (
        FaultServer(by_connection(answers(ACCEPTED), *faults)) as server,
        client(server.api_domain).connection() as line,
    ):
        invoke(line)
        line.close()
        server.settled()
        files, threads = open_files(), threading.active_count()
        for _ in range(3):
            assert [what_comes_of(line), what_comes_of(line)] == [
                ACCEPTANCE,
                (Reply, "doubtful: broken_off"),
            ]
        server.settled(3)
        assert threading.active_count() <= threads
        assert open_files() <= files


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    raw=st.one_of(
        st.binary(max_size=300),
        st.binary(max_size=300).map(lambda junk: b"HTTP/1.1 202 Accepted\r\n" + junk),
        st.binary(max_size=300).map(
            lambda junk: b"HTTP/1.1 302 Found\r\nLocation: " + junk + b"\r\n\r\n"
        ),
        st.binary(max_size=300).map(lambda junk: CHUNKED + junk),
        st.binary(max_size=300).map(
            lambda junk: (
                b"HTTP/1.1 202 Accepted\r\nSet-Cookie: " + junk + b"\r\nContent-Length: 0\r\n\r\n"
            )
        ),
    )
)
def test_whatever_bytes_come_back_there_is_a_reply_or_doubt(raw: bytes) -> None:
    with FaultServer(answers(raw)) as server:
        assert what_comes_of(client(server.api_domain))[0] in (Reply, NoAnswer)


# --- the callback profiles: the same guards, and a GET ----------------------------------------------------------------


def profiles(api_domain: str, **changes: Any) -> KeyCheck:
    return client(api_domain, **changes).callback_profiles()


def test_asking_for_the_profiles_is_a_get_with_the_key_in_its_header_alone() -> None:
    with FaultServer(
        answers(http("200 OK", {"code": "RBC024", "data": [], "error": {}, "status": 200}))
    ) as server:
        assert profiles(server.api_domain) == KeyCheck(200, profile_room.KeyVerdict.WORKS)
        (received,) = server.settled()
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(
        f"GET /v1/{SID}/callback/profiles?limit=25&offset=0 HTTP/1.1\r\n".encode()
    )
    assert f"\r\napi-key: {KEY}".encode() in head and received.count(KEY.encode()) == 1
    assert body == b""


def test_asking_for_the_profiles_follows_no_redirect() -> None:
    with FaultServer(answers(ACCEPTED)) as elsewhere:
        redirect = http("302 Found", b"", f"Location: http://{elsewhere.api_domain}/")
        with FaultServer(answers(redirect)) as server:
            assert profiles(server.api_domain).verdict is profile_room.KeyVerdict.UNREADABLE
        assert elsewhere.connections == 0


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (accepts_and_says_nothing(), (NoAnswer, "timeout")),
        (drips(ACCEPTED, every=0.3), (NoAnswer, "too_slow")),
        (reads_and_resets(), (NoAnswer, "broken_off")),
    ],
    ids=["silence", "a byte now and then", "a reset"],
)
def test_asking_for_the_profiles_has_an_end(
    fault: Verb, outcome: tuple[type[NoAnswer], str]
) -> None:
    with FaultServer(fault) as server, pytest.raises(NoAnswer) as silence:
        profiles(server.api_domain, **(PATIENT if outcome[1] == "too_slow" else {}))
    assert (type(silence.value), silence.value.reason) == outcome


@pytest.mark.parametrize(
    ("domain", "reason"),
    [("10.0.0.1", "address"), ("api.in.kaleyra.io/x", "address"), ("127.0.0.1:1", "refused")],
)
def test_where_the_profiles_must_not_or_cannot_be_asked_nothing_leaves(
    domain: str, reason: str
) -> None:
    with pytest.raises(NotSent) as refused:
        profiles(domain)
    assert refused.value.reason == reason
