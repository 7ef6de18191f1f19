"""Which certificates are trusted, and faults before and after the TLS handshake."""

import os
import ssl
import time
from pathlib import Path
from typing import Any

import pytest

from invocations.kaleyra.connection import NoAnswer, NotSent
from invocations.kaleyra.reply import Reply, Verdict
from tests.faults.behaviours import (
    Behaviour,
    accepts_and_says_nothing,
    answers,
    breaks_tls,
    drips,
    hangs_up_after,
    in_turn,
    interrupts,
    reads_and_resets,
    resets_after,
    stalls_after,
    stalls_after_headers,
)
from tests.faults.certificates import Authority
from tests.faults.server import FaultServer

from ..samples import ACCEPTED, KEY, PATH
from .calls import ACCEPTED_REPLY, HOST, LATE, PATIENT, TOTAL, ClientOverTLS, invoke, outcome_of
from .faults import ONE_TOO_FEW


def test_the_authorities_in_the_ca_bundle_are_trusted(
    over_tls: ClientOverTLS, authority: Authority
) -> None:
    with FaultServer(answers(ACCEPTED), tls=authority.server(HOST)) as server:
        assert invoke(over_tls(server)).verdict is Verdict.ACCEPTED
        [received] = server.settled()
    assert received.startswith(f"POST {PATH} ".encode())


def test_an_untrusted_certificate_means_not_sent(
    over_tls: ClientOverTLS, authority: Authority
) -> None:
    with FaultServer(answers(ACCEPTED), tls=authority.server(HOST)) as server:
        assert outcome_of(over_tls(server, ca_bundle="")) == (NotSent, "certificate")
        assert server.settled() == []


def test_the_environment_cannot_make_a_certificate_trusted(
    over_tls: ClientOverTLS, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(authority.bundle))
    with FaultServer(answers(ACCEPTED), tls=authority.server(HOST)) as server:
        assert outcome_of(over_tls(server, ca_bundle="")) == (NotSent, "certificate")


@pytest.mark.parametrize(
    "fault",
    [{"host": "api.eu.kaleyra.io"}, {"host": HOST, "expired": True}],
    ids=["other host", "expired"],
)
def test_a_wrong_certificate_means_not_sent(
    over_tls: ClientOverTLS, authority: Authority, fault: dict[str, Any]
) -> None:
    with FaultServer(answers(ACCEPTED), tls=authority.server(**fault)) as server:
        assert outcome_of(over_tls(server)) == (NotSent, "certificate")
        assert server.settled() == []


def test_an_unreadable_ca_bundle_means_not_sent(
    over_tls: ClientOverTLS, authority: Authority, tmp_path: Path
) -> None:
    (tmp_path / "garbage.pem").write_text("no certificate")
    with FaultServer(answers(ACCEPTED), tls=authority.server(HOST)) as server:
        for name in ("garbage.pem", "missing.pem"):
            unreadable = over_tls(server, ca_bundle=str(tmp_path / name))
            assert outcome_of(unreadable) == (NotSent, "certificate")
    assert server.received == []


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (accepts_and_says_nothing(), "connect_timeout"),
        (resets_after(0), "refused"),
        (resets_after(20), "refused"),
        (hangs_up_after(20), "refused"),
        (interrupts(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "refused"),
    ],
    ids=["silence", "reset at once", "reset", "closed", "plain http"],
)
def test_a_handshake_that_fails_means_not_sent(
    over_tls: ClientOverTLS, behaviour: Behaviour, reason: str
) -> None:
    with FaultServer(behaviour) as server:
        assert outcome_of(over_tls(server)) == (NotSent, reason)
        assert KEY.encode() not in b"".join(server.settled())


def test_a_slow_handshake_ends_at_the_deadline(over_tls: ClientOverTLS) -> None:
    with FaultServer(drips(b"\x16\x03\x03\x40\x00" + bytes(16_384), every=0.02)) as server:
        begun = time.monotonic()
        assert outcome_of(over_tls(server, **PATIENT)) == (NotSent, "connect_timeout")
        assert time.monotonic() - begun < TOTAL + LATE


def test_tls_1_1_is_refused(over_tls: ClientOverTLS, authority: Authority) -> None:
    old = authority.server(HOST)
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    with FaultServer(answers(ACCEPTED), tls=old) as server:
        assert outcome_of(over_tls(server)) == (NotSent, "refused")


@pytest.mark.parametrize(
    ("behaviour", "outcome"),
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
        "closed",
        "silence after the headers",
    ],
)
def test_a_fault_after_the_handshake_is_doubtful(
    over_tls: ClientOverTLS, authority: Authority, behaviour: Behaviour, outcome: tuple[type, str]
) -> None:
    with FaultServer(behaviour, tls=authority.server(HOST)) as server:
        assert outcome_of(over_tls(server)) == outcome


def test_a_slow_answer_over_tls_ends_at_the_deadline(
    over_tls: ClientOverTLS, authority: Authority
) -> None:
    with FaultServer(drips(ACCEPTED, every=0.02, at_once=30), tls=authority.server(HOST)) as server:
        begun = time.monotonic()
        assert outcome_of(over_tls(server, **PATIENT)) == (Reply, "doubtful: broken_off")
        assert TOTAL <= time.monotonic() - begun < TOTAL + LATE


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (breaks_tls(), "broken_off"),
        (reads_and_resets(), "broken_off"),
        (answers(b""), "broken_off"),
        (stalls_after(b""), "timeout"),
    ],
    ids=["a broken record", "reset", "closed", "silence"],
)
def test_a_fault_on_a_kept_tls_connection_means_no_answer(
    over_tls: ClientOverTLS, authority: Authority, behaviour: Behaviour, reason: str
) -> None:
    with (
        FaultServer(in_turn(answers(ACCEPTED), behaviour), tls=authority.server(HOST)) as server,
        over_tls(server).connection() as connection,
    ):
        assert outcome_of(connection) == ACCEPTED_REPLY
        assert outcome_of(connection) == (NoAnswer, reason)
        assert server.connections == 1


def test_a_slow_answer_on_a_kept_tls_connection_ends_at_the_deadline(
    over_tls: ClientOverTLS, authority: Authority
) -> None:
    behaviour = in_turn(answers(ACCEPTED), drips(ACCEPTED, every=0.02, at_once=30))
    with (
        FaultServer(behaviour, tls=authority.server(HOST)) as server,
        over_tls(server, **PATIENT).connection() as connection,
    ):
        assert outcome_of(connection) == ACCEPTED_REPLY
        begun = time.monotonic()
        assert outcome_of(connection) == (Reply, "doubtful: broken_off")
        assert TOTAL <= time.monotonic() - begun < TOTAL + LATE


def test_the_next_post_reconnects_over_tls_if_the_server_has_closed_the_connection(
    over_tls: ClientOverTLS, authority: Authority
) -> None:
    with (
        FaultServer(answers(ACCEPTED), tls=authority.server(HOST)) as server,
        over_tls(server).connection() as connection,
    ):
        for _ in range(3):
            assert outcome_of(connection) == ACCEPTED_REPLY
            server.settled()
        assert [received.count(b"POST ") for received in server.received] == [1] * 3


def test_a_corrected_ca_bundle_is_read_at_the_next_connection(
    over_tls: ClientOverTLS, authority: Authority, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(Authority(tmp_path, "Another CA").bundle.read_bytes())
    os.utime(bundle, (1, 1))
    with (
        FaultServer(answers(ACCEPTED), tls=authority.server(HOST)) as server,
        over_tls(server, ca_bundle=str(bundle)).connection() as connection,
    ):
        assert outcome_of(connection) == (NotSent, "certificate")
        bundle.write_bytes(authority.bundle.read_bytes())
        assert outcome_of(connection) == ACCEPTED_REPLY
