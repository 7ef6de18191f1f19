"""Answers that break off or are no HTTP: a doubtful reply, or `NoAnswer`."""

import gzip
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from invocations.kaleyra.connection import NoAnswer
from invocations.kaleyra.reply import Reply
from tests.faults.behaviours import Behaviour, answers, drips, stalls_after, stalls_after_headers
from tests.faults.server import FaultServer

from ..samples import ACCEPTED, http, rejected
from .calls import client, invoke, outcome_of
from .faults import (
    CHUNKED,
    CONTINUE,
    EARLY_HINTS,
    IN_CHUNKS,
    NO_WHOLE_ANSWER,
    ONE_TOO_FEW,
    PROCESSING,
    WHOLE,
)

REFUSED = http("400 Bad Request", rejected())


@pytest.mark.parametrize("fault", NO_WHOLE_ANSWER)
def test_a_fault_before_the_headers_end_means_no_answer(fault: str) -> None:
    behaviour, reason = NO_WHOLE_ANSWER[fault]
    with FaultServer(behaviour) as server:
        assert outcome_of(client(server.api_domain)) == (NoAnswer, reason)


ANSWERS: dict[str, tuple[Behaviour, str]] = {
    "in chunks": (answers(CHUNKED + IN_CHUNKS + b"0\r\n\r\n"), "accepted: accepted"),
    "until the connection ends": (
        answers(b"HTTP/1.0 202 Accepted\r\n\r\n" + WHOLE),
        "accepted: accepted",
    ),
    "after two 100 Continue": (answers(CONTINUE + CONTINUE + ACCEPTED), "accepted: accepted"),
    **{
        f"after {name}": (answers(interim + ACCEPTED), "accepted: accepted")
        for name, interim in {
            "103 with headers": EARLY_HINTS,
            "102, 103 and 100, each twice": (PROCESSING + EARLY_HINTS + CONTINUE) * 2,
            "300 interim responses": (PROCESSING + EARLY_HINTS + CONTINUE) * 100,
            "199": b"HTTP/1.1 199 Whatever\r\nX: y\r\n\r\n",
        }.items()
    },
    "a rejection after 103": (answers(EARLY_HINTS + REFUSED), "rejected: rejected"),
    "another protocol after 103": (
        answers(EARLY_HINTS + b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + ACCEPTED),
        "doubtful: undocumented_status",
    ),
    "an answer that breaks off after 103": (
        answers(EARLY_HINTS + ONE_TOO_FEW),
        "doubtful: broken_off",
    ),
    "byte by byte, in time": (drips(ACCEPTED, every=0.0001), "accepted: accepted"),
    "and then silence": (stalls_after(ACCEPTED), "accepted: accepted"),
    "one byte too few": (answers(ONE_TOO_FEW), "doubtful: broken_off"),
    "silence after the headers": (stalls_after_headers(), "doubtful: broken_off"),
    "silence within the body": (stalls_after(ONE_TOO_FEW), "doubtful: broken_off"),
    "byte by byte, too slow": (drips(ACCEPTED, every=0.02, at_once=100), "doubtful: broken_off"),
    "the last chunk missing": (answers(CHUNKED + IN_CHUNKS), "doubtful: broken_off"),
    "a chunk cut short": (answers(CHUNKED + IN_CHUNKS[:-20]), "doubtful: broken_off"),
    "a chunk of no length": (answers(CHUNKED + b"zz\r\n" + WHOLE), "doubtful: broken_off"),
    "compressed though not asked for": (
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
def test_an_answer_is_a_reply_even_if_it_breaks_off(fault: str) -> None:
    behaviour, outcome = ANSWERS[fault]
    with FaultServer(behaviour) as server:
        assert outcome_of(client(server.api_domain)) == (Reply, outcome)


def test_an_answer_cut_off_by_a_reset_is_a_reply() -> None:
    def behaviour(visit: Any) -> None:
        visit.read_request()
        visit.send(ONE_TOO_FEW)
        visit.reset()

    with FaultServer(behaviour) as server:
        assert outcome_of(client(server.api_domain)) in [
            (Reply, "doubtful: broken_off"),
            (NoAnswer, "broken_off"),
        ]


def test_the_text_received_before_the_break_is_kept() -> None:
    with FaultServer(answers(http("202 Accepted", b'{"requestId"', length=999))) as server:
        assert invoke(client(server.api_domain)).text == '{"requestId"'


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
def test_any_bytes_in_return_give_a_reply_or_no_answer(raw: bytes) -> None:
    with FaultServer(answers(raw)) as server:
        assert outcome_of(client(server.api_domain))[0] in (Reply, NoAnswer)
