"""A process that is killed between storing a result and reading it: the next process reads it."""

import os
import signal
import socket

import pytest
import requests

from invocations.models import Callback, ChannelResult
from invocations.results import endpoints, inbox, pending
from tests.results.conftest import body, stored_result
from tests.stored_results import read_results
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)

DIES_WHILE_READING = """
import django; django.setup()
import os, signal
from invocations.results import pending
real = pending.update_from_results
def update(*words):
    real(*words)
    os.kill(os.getpid(), signal.SIGKILL)
pending.update_from_results = update
pending.read_pending()
"""


@pytest.fixture
def messages(in_status):
    return [
        in_status("accepted", workflow_invocation_id=f"K{n}", reason="accepted") for n in range(3)
    ]


@pytest.fixture
def web_server(process):
    """web_server(): gunicorn with one worker, and its address."""

    def web_server():
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        words = ["--worker-class", "gthread", "--threads", "4", "--no-control-socket"]
        server = process(
            "-m", "gunicorn", "fallback_console.wsgi", "--bind", f"127.0.0.1:{port}", *words
        )

        def answers():
            with socket.socket() as line:
                return line.connect_ex(("127.0.0.1", port)) == 0

        until(answers)
        return server, f"http://127.0.0.1:{port}"

    return web_server


def post(base, address, content):
    headers = {endpoints.SECRET_HEADER: address.secret}
    answer = requests.post(
        f"{base}{endpoints.path_of(address)}", content, headers=headers, timeout=30
    )
    assert answer.status_code == 200


def test_what_a_killed_web_server_has_answered_is_read_by_the_next_one(
    web_server, account, messages
):
    address = endpoints.ensure_address(account, None)
    server, base = web_server()
    for message in messages:
        post(base, address, body(message.workflow_invocation_id, "TIMEOUT", "DELIVERED"))
    os.killpg(server.pid, signal.SIGKILL)
    assert pending.pending_results().count() == 3, "it was killed before it read them"
    _server, base = web_server()
    assert requests.get(f"{base}/healthz", timeout=30).status_code == 200
    until(lambda: not pending.pending_results().exists())
    assert {stored_result(message) for message in messages} == {("completed", 2, True)}


def test_a_dispatcher_reads_what_a_killed_web_server_has_answered(
    web_server, account, messages, manage
):
    address = endpoints.ensure_address(account, None)
    server, base = web_server()
    post(base, address, body("K0", "READ"))
    os.killpg(server.pid, signal.SIGKILL)
    assert pending.pending_results().count() == 1
    manage("dispatch")
    until(lambda: stored_result(messages[0]) == ("completed", 1, False))


def test_a_reader_that_is_killed_before_its_commit_leaves_all_to_the_next(
    account, messages, process
):
    for message in messages:
        inbox.store_result(account, body(message.workflow_invocation_id, "READ"))
    assert process("-c", DIES_WHILE_READING).wait(60) == -signal.SIGKILL
    assert pending.pending_results().count() == 3 and not ChannelResult.objects.exists()
    assert {stored_result(message)[0] for message in messages} == {""}
    read_results()
    assert {stored_result(message) for message in messages} == {("completed", 1, False)}
    assert ChannelResult.objects.count() == Callback.objects.count() == 3
