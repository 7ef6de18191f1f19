"""The practice pod over real sockets: its answers, duplicates, start and end."""

import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import pytest
import requests

from invocations.sandbox import PRACTICE_SID
from invocations.sandbox.server import PracticePod

from .calls import HEADERS, address, connect, payload, plug, post, raw_post

# --- the scenarios on the wire --------------------------------------------------------------------


@pytest.mark.parametrize("code", ["202", "400", "401", "404", "429", "500"])
def test_a_plain_scenario_answers_with_its_code(pod: PracticePod, code: str) -> None:
    status, answer = post(pod, payload("9198765" + code))
    assert (status, answer["status"]) == (int(code), int(code))
    assert bool(pod.accepted) is (code == "202")


def test_a_workflow_id_can_choose_a_scenario_too(pod: PracticePod) -> None:
    assert post(pod, payload("9198765202"), address(workflow="0011-400"))[0] == 400


@pytest.mark.parametrize(
    ("code", "accepts"), [("301", False), ("502", True), ("503", False), ("299", True)]
)
def test_a_gateway_answers_with_a_web_page(pod: PracticePod, code: str, accepts: bool) -> None:
    answer = requests.post(
        f"http://{pod.api_domain}{address()}",
        json=payload("9198765" + code),
        headers=HEADERS,
        allow_redirects=False,
        timeout=5,
    )
    assert answer.status_code == (202 if code == "299" else int(code))
    assert answer.headers["content-type"].startswith("text/html")
    assert bool(pod.accepted) is accepts
    assert answer.headers.get("location", "").startswith("https://elsewhere.invalid") is (
        code == "301"
    )
    assert (answer.headers.get("retry-after") == "5") is (code == "503")


def test_a_429_has_a_retry_after(pod: PracticePod) -> None:
    connection = connect(pod)
    connection.request("POST", address(), json.dumps(payload("9198765429")), HEADERS)
    assert connection.getresponse().headers["retry-after"] == "5"


def test_the_slow_scenario_accepts_at_once_and_answers_later(pod: PracticePod) -> None:
    connection, started = connect(pod), monotonic()
    connection.request("POST", address(), json.dumps(payload("9198765200", "slow")), HEADERS)
    pod.wait_for(1)
    assert pod.accepted == ["slow"]
    assert connection.getresponse().status == 202
    assert monotonic() - started >= 0.2


def test_the_silent_scenario_accepts_and_keeps_the_connection_open(pod: PracticePod) -> None:
    with plug(pod) as line:
        line.sendall(raw_post(json.dumps(payload("9198765408", "silent")).encode()))
        pod.wait_for(1)
        line.settimeout(0.3)
        with pytest.raises(TimeoutError):
            line.recv(1)
    assert pod.accepted == ["silent"]


def test_the_silent_scenario_closes_the_connection_in_the_end() -> None:
    with PracticePod(silent_seconds=0.1) as pod, plug(pod) as line:
        line.sendall(raw_post(json.dumps(payload("9198765408")).encode()))
        assert line.recv(1) == b""


def test_the_reset_scenario_accepts_and_resets(pod: PracticePod) -> None:
    with plug(pod) as line:
        line.sendall(raw_post(json.dumps(payload("9198765499", "reset")).encode()))
        with pytest.raises(ConnectionResetError):
            line.recv(1)
    assert pod.accepted == ["reset"]


def test_the_cut_off_scenario_announces_more_than_it_sends(pod: PracticePod) -> None:
    connection = connect(pod)
    connection.request("POST", address(), json.dumps(payload("9198765298")), HEADERS)
    answer = connection.getresponse()
    assert answer.status == 202
    with pytest.raises(http.client.IncompleteRead) as broken:
        answer.read()
    assert broken.value.partial.startswith(b'{"requestId"')
    assert len(pod.accepted) == 1


# --- the same request id --------------------------------------------------------------------------


def test_an_accepted_request_id_is_rejected_the_second_time(pod: PracticePod) -> None:
    post(pod, payload(request_id="once"))
    status, answer = post(pod, payload("9198765429", request_id="once"))
    assert (status, answer["executionStatus"]) == (400, "REJECTED")
    assert answer["errors"] == ["Request ID [once] has already been submitted."]
    assert pod.accepted == ["once"]


def test_a_request_id_that_was_not_accepted_may_come_again(pod: PracticePod) -> None:
    assert post(pod, payload("9198765500", request_id="again"))[0] == 500
    assert post(pod, payload(request_id="again"))[0] == 202


def test_two_accounts_may_use_the_same_request_id(pod: PracticePod) -> None:
    sids = [PRACTICE_SID, "HXPRACTICE02EU"]
    assert [post(pod, payload(request_id="same"), address(sid))[0] for sid in sids] == [202, 202]


def test_of_many_requests_at_once_with_one_id_one_is_accepted(pod: PracticePod) -> None:
    with ThreadPoolExecutor(20) as crowd:
        statuses = [
            status
            for status, _ in crowd.map(lambda _: post(pod, payload(request_id="one")), range(40))
        ]
    assert sorted(statuses) == [202] + [400] * 39
    assert pod.accepted == ["one"]


# --- its start and its end ------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.com", ""])
def test_it_serves_this_machine_only(host: str) -> None:
    with pytest.raises(ValueError, match="this machine only"):
        PracticePod(host)


def test_a_port_in_use_is_an_error(pod: PracticePod) -> None:
    with pytest.raises(OSError, match="in use"):
        PracticePod(port=int(pod.api_domain.rpartition(":")[2]))


def test_a_stopped_pod_serves_nobody_and_keeps_nobody_waiting(pod: PracticePod) -> None:
    kept_alive, waiting = connect(pod), connect(pod)
    kept_alive.request("POST", address(), json.dumps(payload()), HEADERS)
    kept_alive.getresponse().read()
    waiting.request("POST", address(), json.dumps(payload("9198765408")), HEADERS)
    pod.wait_for(2)
    pod.stop()
    with pytest.raises(http.client.RemoteDisconnected):
        waiting.getresponse()
    kept_alive.auto_open = 0
    with pytest.raises((http.client.HTTPException, OSError)):
        kept_alive.request("POST", address(), json.dumps(payload()), HEADERS)
        kept_alive.getresponse()
    with pytest.raises(ConnectionRefusedError):
        plug(pod)
    assert len(pod.accepted) == 2
