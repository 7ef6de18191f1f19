"""Each call ends at its deadline, in every thread and in a forked child."""

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from invocations.kaleyra.connection import NoAnswer
from tests.faults.behaviours import accepts_and_says_nothing, answers, by_connection, in_turn
from tests.faults.server import FaultServer

from ..samples import ACCEPTED
from .calls import ACCEPTED_REPLY, CALM, LATE, PATIENT, TOTAL, client, outcome_of
from .faults import SLOW_ANSWERS


@pytest.mark.parametrize("fault", SLOW_ANSWERS)
def test_a_slow_answer_ends_at_the_deadline_and_is_doubtful(fault: str) -> None:
    behaviour, outcome = SLOW_ANSWERS[fault]
    with FaultServer(behaviour) as server:
        begun = time.monotonic()
        assert outcome_of(client(server.api_domain, **PATIENT)) == outcome
        assert TOTAL <= time.monotonic() - begun < TOTAL + LATE


@pytest.mark.parametrize("fault", SLOW_ANSWERS)
def test_a_slow_answer_on_a_kept_connection_ends_at_the_deadline_and_is_doubtful(
    fault: str,
) -> None:
    behaviour, outcome = SLOW_ANSWERS[fault]
    with (
        FaultServer(in_turn(answers(ACCEPTED), behaviour)) as server,
        client(server.api_domain, **PATIENT).connection() as connection,
    ):
        assert outcome_of(connection) == ACCEPTED_REPLY
        begun = time.monotonic()
        assert outcome_of(connection) == outcome
        assert TOTAL <= time.monotonic() - begun < TOTAL + LATE
        assert server.connections == 1


def test_each_call_on_a_kept_connection_has_its_own_deadline() -> None:
    total = 2.5

    def late(visit: Any) -> None:
        visit.read_request()
        time.sleep(total * 0.6)
        visit.send(ACCEPTED)

    with (
        FaultServer(in_turn(answers(ACCEPTED), late, answers(ACCEPTED))) as server,
        client(server.api_domain, **PATIENT | {"total_seconds": total}).connection() as connection,
    ):
        assert outcome_of(connection) == ACCEPTED_REPLY
        time.sleep(total * 0.6)
        assert outcome_of(connection) == ACCEPTED_REPLY
        time.sleep(total)  # the deadline of an earlier call leaves the connection alone
        assert outcome_of(connection) == ACCEPTED_REPLY
        assert server.connections == 1


def test_calls_in_many_threads_end_each_at_its_own_deadline() -> None:
    late: dict[float, float] = {}

    def call(server: FaultServer, seconds: float) -> None:
        own = client(server.api_domain, **PATIENT | {"total_seconds": seconds})
        with own.connection() as connection:
            begun = time.monotonic()
            assert outcome_of(connection) == (NoAnswer, "too_slow")
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


def result_in_a_child(work: Callable[[], bool]) -> bool:
    """The result of `work` in a forked child of this process."""
    child = os.fork()
    if not child:
        result = False
        with suppress(BaseException):
            result = work()
        os._exit(0 if result else 1)
    return os.waitpid(child, 0)[1] == 0


def test_deadlines_hold_in_a_forked_child() -> None:
    def ends_on_time() -> bool:
        begun = time.monotonic()
        return (
            outcome_of(patient) == (NoAnswer, "too_slow")
            and time.monotonic() - begun < TOTAL + LATE
        )

    with FaultServer(accepts_and_says_nothing()) as server:
        patient = client(server.api_domain, **PATIENT)
        assert ends_on_time()
        assert result_in_a_child(ends_on_time)


def test_a_fork_during_a_call_does_not_disturb_it() -> None:
    def late(visit: Any) -> None:
        visit.read_request()
        time.sleep(0.4)
        visit.send(ACCEPTED)

    outcomes = []
    with FaultServer(late) as server:
        thread = threading.Thread(
            target=lambda: outcomes.append(outcome_of(client(server.api_domain, **CALM)))
        )
        thread.start()
        time.sleep(0.1)
        hasty = client(server.api_domain, **PATIENT | {"total_seconds": 0.1})
        assert result_in_a_child(lambda: outcome_of(hasty)[0] is NoAnswer)
        thread.join()
    assert outcomes == [ACCEPTED_REPLY]


def test_a_forked_child_does_not_use_the_connection_of_its_parent() -> None:
    turns = by_connection(in_turn(*[answers(ACCEPTED)] * 2), answers(ACCEPTED))
    with FaultServer(turns) as server, client(server.api_domain).connection() as connection:
        assert outcome_of(connection) == ACCEPTED_REPLY
        assert result_in_a_child(
            lambda: outcome_of(connection) == ACCEPTED_REPLY and not connection.close()
        )
        assert outcome_of(connection) == ACCEPTED_REPLY
        assert [received.count(b"POST ") for received in server.settled(2)] == [2, 1]
