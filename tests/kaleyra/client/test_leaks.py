"""Calls leave no thread and no open file, however they end."""

import threading
from typing import Any

from invocations.kaleyra.reply import Reply
from tests.faults.behaviours import (
    answers,
    by_connection,
    floods,
    in_turn,
    reads_and_resets,
    stalls_after,
)
from tests.faults.ports import closed_port, open_files
from tests.faults.server import FaultServer

from ..samples import ACCEPTED
from .calls import ACCEPTED_REPLY, CALM, client, invoke, outcome_of
from .faults import HUGE, MIB, ONE_TOO_FEW


def test_200_calls_leave_no_thread_and_no_open_file() -> None:
    faults = [
        answers(ACCEPTED),
        reads_and_resets(),
        answers(ONE_TOO_FEW),
        floods(HUGE["announced"], b"x" * MIB, 300),
    ]
    turns = iter(faults * 50)

    def behaviour(visit: Any) -> None:
        next(turns)(visit)

    refused = client(f"127.0.0.1:{closed_port()}")
    with FaultServer(behaviour) as server:
        outcome_of(client(server.api_domain)), outcome_of(refused)
        server.settled()
        files, threads = open_files(), threading.active_count()
        for _ in range(100):
            outcome_of(client(server.api_domain)), outcome_of(refused)
        server.settled(100)
        assert threading.active_count() <= threads
        assert open_files() <= files


def test_a_closed_connection_leaves_no_open_file() -> None:
    with FaultServer(in_turn(*[answers(ACCEPTED)] * 3)) as server:
        invoke(client(server.api_domain))
        server.settled()
        files = open_files()
        connection = client(server.api_domain).connection()
        for _ in range(2):
            assert outcome_of(connection) == ACCEPTED_REPLY
        connection.close()
        server.settled()
        assert open_files() <= files


def test_200_posts_over_one_connection_leave_no_thread_and_no_open_file() -> None:
    with (
        FaultServer(in_turn(*[answers(ACCEPTED)] * 201)) as server,
        client(server.api_domain, **CALM).connection() as connection,
    ):
        invoke(connection)
        files, threads = open_files(), threading.active_count()
        for _ in range(200):
            assert outcome_of(connection) == ACCEPTED_REPLY
        assert server.connections == 1
        assert threading.active_count() <= threads
        assert open_files() <= files


def test_100_faults_with_reconnections_leave_no_thread_and_no_open_file() -> None:
    faults = [
        in_turn(answers(ACCEPTED), fault)
        for fault in (reads_and_resets(), answers(ONE_TOO_FEW), answers(b""), answers(ACCEPTED))
    ]
    with (
        FaultServer(by_connection(answers(ACCEPTED), *faults * 25)) as server,
        client(server.api_domain, **CALM).connection() as connection,
    ):
        invoke(connection)
        connection.close()
        server.settled()
        files, threads = open_files(), threading.active_count()
        for _ in range(100):
            outcome_of(connection), outcome_of(connection)
            server.settled()  # the server has closed it: the next post notices before it writes
        connection.close()
        assert server.connections == 101
        assert threading.active_count() <= threads
        assert open_files() <= files


def test_stalled_answers_leave_no_thread_and_no_open_file() -> None:
    faults = [in_turn(answers(ACCEPTED), stalls_after(ONE_TOO_FEW))] * 3
    with (
        FaultServer(by_connection(answers(ACCEPTED), *faults)) as server,
        client(server.api_domain).connection() as connection,
    ):
        invoke(connection)
        connection.close()
        server.settled()
        files, threads = open_files(), threading.active_count()
        for _ in range(3):
            assert [outcome_of(connection), outcome_of(connection)] == [
                ACCEPTED_REPLY,
                (Reply, "doubtful: broken_off"),
            ]
        server.settled(3)
        assert threading.active_count() <= threads
        assert open_files() <= files
