"""When a connection is reused for the next POST, and when it is not."""

import time
from typing import Any

import pytest

from invocations.kaleyra.client import IDLE_SECONDS, KaleyraClient
from invocations.kaleyra.connection import NoAnswer, NotSent
from invocations.kaleyra.reply import MAX_REPLY_BYTES, Reply, Verdict
from tests.faults.behaviours import Behaviour, answers, by_connection, floods, in_turn, stalls_after
from tests.faults.server import FaultServer

from ..samples import ACCEPTED, BODY, KEY, PATH, REQUEST_ID, SID, WORKFLOW, accepted, http, rejected
from .calls import ACCEPTED_REPLY, HOST, client, full_text_of, invoke, outcome_of
from .faults import CHUNKED, HUGE, IN_CHUNKS, MIB, NO_WHOLE_ANSWER, ONE_TOO_FEW

ON_A_KEPT_CONNECTION = {
    name: fault
    for name, fault in NO_WHOLE_ANSWER.items()
    if name != "closed before the request is read"
}


def with_header(header: str, answer: bytes = ACCEPTED) -> bytes:
    return answer.replace(b"\r\n", f"\r\n{header}\r\n".encode(), 1)


def test_three_posts_share_one_tcp_connection() -> None:
    with FaultServer(in_turn(*[answers(with_header("Set-Cookie: a=b"))] * 3)) as server:
        with client(server.api_domain).connection() as connection:
            for workflow, body in [
                (WORKFLOW, BODY),
                ("another", '{"requestId":"नमस्ते"}'),
                (WORKFLOW, "{}"),
            ]:
                assert connection.invoke(workflow, REQUEST_ID, body).verdict is Verdict.ACCEPTED
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
def test_a_fault_on_a_kept_connection_means_no_answer(fault: str) -> None:
    behaviour, reason = ON_A_KEPT_CONNECTION[fault]
    with (
        FaultServer(in_turn(answers(ACCEPTED), behaviour)) as server,
        client(server.api_domain).connection() as connection,
    ):
        assert outcome_of(connection) == ACCEPTED_REPLY
        with pytest.raises(NoAnswer) as caught:
            invoke(connection)
        assert caught.value.reason == reason
        assert KEY not in full_text_of(caught.value)
        assert server.connections == 1


def test_an_answer_with_two_lengths_is_not_believed_on_any_connection() -> None:
    two = with_header("Content-Length: 3")
    for behaviour, earlier in [(answers(two), 0), (in_turn(answers(ACCEPTED), answers(two)), 1)]:
        with (
            FaultServer(behaviour) as server,
            client(server.api_domain).connection() as connection,
        ):
            for _ in range(earlier):
                assert outcome_of(connection) == ACCEPTED_REPLY
            assert outcome_of(connection) == (NoAnswer, "broken_off")
            assert server.connections == 1


UNKEPT: dict[str, Behaviour] = {
    "one byte too few": stalls_after(ONE_TOO_FEW),
    "the last chunk missing": stalls_after(CHUNKED + IN_CHUNKS),
    "too much": answers(http("202 Accepted", accepted(message="x" * MAX_REPLY_BYTES))),
    "too much, refused": answers(http("404 Not Found", b"x" * MAX_REPLY_BYTES * 2)),
    "a redirect without end": floods(HUGE["in a redirect"], b"x" * MIB, 3),
    "another request's": answers(http("202 Accepted", accepted(requestId="another"))),
    "unreadable": answers(http("202 Accepted", b"<html>")),
    "slow down": answers(http("429 Too Many", b"", "Retry-After: 3")),
    "a rejection without a request ID": answers(http("400 Bad Request", rejected(requestId=None))),
    "a server error": answers(http("503 Unavailable", b"", "Retry-After: 3")),
    "another protocol": answers(b"HTTP/1.1 101 Switching Protocols\r\n\r\n"),
    "early hints before the answer": answers(
        b"HTTP/1.1 103 Early Hints\r\n\r\n" + http("400 Bad Request", rejected(requestId=None))
    ),
}


@pytest.mark.parametrize("answer", UNKEPT)
def test_an_answer_that_is_partial_or_doubtful_or_names_no_request_closes_the_connection(
    answer: str,
) -> None:
    behaviour = by_connection(in_turn(UNKEPT[answer], answers(ACCEPTED)), answers(ACCEPTED))
    with FaultServer(behaviour) as server, client(server.api_domain).connection() as connection:
        assert outcome_of(connection)[0] is Reply
        assert outcome_of(connection) == ACCEPTED_REPLY
        assert server.connections == 2
        assert [received.count(b"POST ") for received in server.settled()] == [1, 1]


def test_a_repeated_answer_is_not_read_as_the_answer_to_the_next_post() -> None:
    refusal = http("400 Bad Request", rejected(requestId=None))

    def again(visit: Any) -> None:
        visit.read_request()
        visit.send(refusal)

    behaviour = by_connection(
        in_turn(answers(refusal), again, answers(ACCEPTED)), answers(ACCEPTED)
    )
    with FaultServer(behaviour) as server, client(server.api_domain).connection() as connection:
        assert outcome_of(connection) == (Reply, "rejected: rejected")
        assert outcome_of(connection) == ACCEPTED_REPLY


@pytest.mark.parametrize("fault", ["reset after the request", "silence", "not HTTP"])
def test_the_next_post_after_no_answer_opens_a_new_connection(fault: str) -> None:
    with (
        FaultServer(by_connection(NO_WHOLE_ANSWER[fault][0], answers(ACCEPTED))) as server,
        client(server.api_domain).connection() as connection,
    ):
        assert outcome_of(connection)[0] is NoAnswer
        assert outcome_of(connection) == ACCEPTED_REPLY


KEPT: dict[str, tuple[bytes, str]] = {
    "in chunks": (CHUNKED + IN_CHUNKS + b"0\r\n\r\n", "accepted: accepted"),
    "a rejection": (http("400 Bad Request", rejected()), "rejected: rejected"),
    "a second answer behind it": (
        ACCEPTED + http("400 Bad Request", rejected(requestId=None)),
        "accepted: accepted",
    ),
}


@pytest.mark.parametrize("answer", KEPT)
def test_the_connection_is_kept_after_a_clear_answer(answer: str) -> None:
    raw, outcome = KEPT[answer]
    with (
        FaultServer(in_turn(answers(raw), answers(ACCEPTED))) as server,
        client(server.api_domain).connection() as connection,
    ):
        assert outcome_of(connection) == (Reply, outcome)
        assert outcome_of(connection) == ACCEPTED_REPLY
        assert server.connections == 1


@pytest.mark.parametrize(
    "last",
    [with_header("Connection: close"), ACCEPTED.replace(b"HTTP/1.1", b"HTTP/1.0")],
    ids=["Connection: close", "HTTP/1.0"],
)
def test_a_connection_is_closed_when_the_answer_asks_for_it(last: bytes) -> None:
    with (
        FaultServer(by_connection(stalls_after(last), answers(ACCEPTED))) as server,
        client(server.api_domain).connection() as connection,
    ):
        assert outcome_of(connection) == ACCEPTED_REPLY
        assert server.settled()[0].count(b"POST ") == 1
        assert outcome_of(connection) == ACCEPTED_REPLY
        assert server.connections == 2


def test_the_next_post_reconnects_if_the_server_has_closed_the_connection() -> None:
    with (
        FaultServer(answers(ACCEPTED)) as server,
        client(server.api_domain).connection() as connection,
    ):
        for _ in range(5):
            assert outcome_of(connection) == ACCEPTED_REPLY
            server.settled()
        assert [received.count(b"POST ") for received in server.received] == [1] * 5


def test_a_failed_reconnection_means_not_sent() -> None:
    with client("127.0.0.1").connection() as connection:
        assert outcome_of(connection)[0] is NotSent
    with FaultServer(answers(ACCEPTED)) as server:
        connection = client(server.api_domain).connection()
        assert outcome_of(connection) == ACCEPTED_REPLY
        server.settled()
    with connection:
        assert outcome_of(connection) == (NotSent, "refused")


def test_a_connection_idle_for_longer_than_idle_seconds_is_not_reused() -> None:
    assert IDLE_SECONDS == KaleyraClient(HOST, SID, KEY).idle_seconds == 5
    turns = in_turn(*[answers(ACCEPTED)] * 3)
    with (
        FaultServer(turns) as server,
        client(server.api_domain, idle_seconds=0.3).connection() as connection,
    ):
        for pause, connections in [(0, 1), (0, 1), (0.4, 2), (0, 2)]:
            time.sleep(pause)
            assert outcome_of(connection) == ACCEPTED_REPLY
            assert server.connections == connections
