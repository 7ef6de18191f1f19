"""The pod over real sockets: what it writes, remembers and shows, and whom it survives."""

import http.client
import json
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic

import pytest
import requests

from invocations.sandbox import PRACTICE_KEY_PREFIX, PRACTICE_SID
from invocations.sandbox.answers import SCENARIOS
from invocations.sandbox.ledger import REQUESTS_KEPT
from invocations.sandbox.server import PracticePod

from .calls import HEADERS, KEY, NUMBER, address, connect, get, payload, plug, post, raw_post

Capture = pytest.CaptureFixture[str]

# --- the scenarios on the wire --------------------------------------------------------------------


@pytest.mark.parametrize("code", ["202", "400", "401", "404", "429", "500"])
def test_a_plain_scenario_answers_with_its_code(pod: PracticePod, code: str) -> None:
    status, answer = post(pod, payload("9198765" + code))
    assert (status, answer["status"]) == (int(code), int(code))
    assert bool(pod.accepted) is (code == "202")


def test_a_workflow_id_can_choose_too(pod: PracticePod) -> None:
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


def test_too_many_requests_says_when_to_come_back(pod: PracticePod) -> None:
    connection = connect(pod)
    connection.request("POST", address(), json.dumps(payload("9198765429")), HEADERS)
    assert connection.getresponse().headers["retry-after"] == "5"


def test_the_slow_one_accepts_at_once_and_answers_later(pod: PracticePod) -> None:
    connection, started = connect(pod), monotonic()
    connection.request("POST", address(), json.dumps(payload("9198765200", "slow")), HEADERS)
    pod.wait_for(1)
    assert pod.accepted == ["slow"]
    assert connection.getresponse().status == 202
    assert monotonic() - started >= 0.2


def test_the_silent_one_accepts_and_holds_the_line(pod: PracticePod) -> None:
    with plug(pod) as line:
        line.sendall(raw_post(json.dumps(payload("9198765408", "silent")).encode()))
        pod.wait_for(1)
        line.settimeout(0.3)
        with pytest.raises(TimeoutError):
            line.recv(1)
    assert pod.accepted == ["silent"]


def test_the_silent_one_hangs_up_in_the_end() -> None:
    with PracticePod(silent_seconds=0.1) as pod, plug(pod) as line:
        line.sendall(raw_post(json.dumps(payload("9198765408")).encode()))
        assert line.recv(1) == b""


def test_the_resetting_one_accepts_and_resets(pod: PracticePod) -> None:
    with plug(pod) as line:
        line.sendall(raw_post(json.dumps(payload("9198765499", "reset")).encode()))
        with pytest.raises(ConnectionResetError):
            line.recv(1)
    assert pod.accepted == ["reset"]


def test_the_one_that_breaks_off_announces_more_than_it_sends(pod: PracticePod) -> None:
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


def test_of_many_at_once_with_one_request_id_one_is_accepted(pod: PracticePod) -> None:
    with ThreadPoolExecutor(20) as crowd:
        statuses = [
            status
            for status, _ in crowd.map(lambda _: post(pod, payload(request_id="one")), range(40))
        ]
    assert sorted(statuses) == [202] + [400] * 39
    assert pod.accepted == ["one"]


# --- what is remembered, and what is told ---------------------------------------------------------


def test_the_pod_remembers_the_exact_bytes(pod: PracticePod) -> None:
    body = json.dumps(payload(request_id="e574", name="Åsa")).encode()
    requests.post(f"http://{pod.api_domain}{address()}", data=body, headers=HEADERS, timeout=5)
    (received,) = pod.received
    assert (received.method, received.path, received.body) == ("POST", address(), body)
    assert (received.request_id, received.answered, received.accepted) == ("e574", 202, True)
    assert received.headers["content-type"] == "application/json"


def test_the_pod_keeps_no_more_of_the_key_than_its_end(pod: PracticePod) -> None:
    post(pod, payload(), Authorization="Basic c2VjcmV0c2VjcmV0")
    (received,) = pod.received
    assert received.headers["api-key"] == "…" + KEY[-4:]
    assert received.headers["authorization"] == "…cmV0"


def test_the_last_thousand_requests_are_remembered(pod: PracticePod) -> None:
    connection = connect(pod)
    for number in range(REQUESTS_KEPT + 1):
        connection.request("POST", "/nowhere", str(number))
        connection.getresponse().read()
    assert [received.body for received in pod.received] == [
        str(n).encode() for n in range(1, REQUESTS_KEPT + 1)
    ]


def test_waiting_ends_as_soon_as_it_came(pod: PracticePod) -> None:
    with ThreadPoolExecutor() as someone:
        waiting = someone.submit(pod.wait_for, 1, seconds=5)
        post(pod, payload(request_id="awaited"))
        assert [received.request_id for received in waiting.result(timeout=2)] == ["awaited"]


def test_waiting_for_what_does_not_come_ends(pod: PracticePod) -> None:
    with pytest.raises(TimeoutError, match="0 of 1"):
        pod.wait_for(1, seconds=0.01)


def test_page_json_log_and_terminal_tell_no_number_no_key_and_no_value(tmp_path: Path) -> None:
    log, said = tmp_path / "pod.jsonl", list[str]()
    with PracticePod(log_path=log, say=said.append) as pod:
        post(pod, payload(NUMBER, "e574", name="Asha"))
        post(pod, payload("+919876501234", name="Asha"), address() + f"?key={KEY}&to={NUMBER}")
        post(pod, payload(), f"/{KEY}/{NUMBER}")
        told = get(pod, "/")[1], get(pod, "/received")[1], log.read_text(), "\n".join(said)
    assert all(
        secret not in text for secret in (KEY, NUMBER, "9876501234", "Asha") for text in told
    )
    assert all(
        "…3210" in json.dumps(text, ensure_ascii=False) or r"\u20263210" in text
        for text in told[:3]
    )
    assert [row["path"] for row in json.loads(told[1])] == [
        "(another address)",
        address(),
        address(),
    ]
    assert len(said) == 3
    assert re.fullmatch(r"\d\d:\d\d:\d\d  POST  202   Accepted", said[0])


def test_the_log_has_a_line_for_each_request_before_the_answer_is_out(tmp_path: Path) -> None:
    log = tmp_path / "pod.jsonl"
    log.write_text("{}\n")
    with PracticePod(log_path=log) as pod:
        post(pod, payload(request_id="first"))
        post(pod, payload("9198765400", request_id="second"))
        lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [
        (line.get("request_id"), line.get("answered"), line.get("accepted")) for line in lines
    ] == [
        (None, None, None),
        ("first", 202, True),
        ("second", 400, False),
    ]


# --- the pod's own page ---------------------------------------------------------------------------


def test_the_page_shows_every_scenario_and_how_to_reach_the_pod(pod: PracticePod) -> None:
    answer, page = get(pod, "/")
    assert answer.status == 200
    assert answer.headers["content-security-policy"] == "default-src 'none'; style-src 'self'"
    assert all(f"<code>{row.code}</code></th>\n<td>{row.title}</td>" in page for row in SCENARIOS)
    assert all(
        f"<code>{word}</code>" in page
        for word in (pod.api_domain, PRACTICE_SID, PRACTICE_KEY_PREFIX)
    )
    assert not re.search(r"<script|<style|style=|\son\w+=", page)


def test_its_style_is_a_file(pod: PracticePod) -> None:
    answer, style = get(pod, "/style.css")
    assert answer.headers["content-type"].startswith("text/css")
    assert "--ground" in style


def test_the_page_shows_the_last_fifty_newest_first_and_escaped(pod: PracticePod) -> None:
    for number in range(51):
        post(pod, payload(request_id=f"<b>{number:02}"))
    shown = re.findall(r"&lt;b&gt;(\d\d)", get(pod, "/")[1])
    assert shown == [f"{number:02}" for number in range(50, 0, -1)]
    assert [row["request_id"] for row in json.loads(get(pod, "/received")[1])][:2] == [
        "<b>50",
        "<b>49",
    ]


def test_half_a_surrogate_pair_does_not_break_the_page(pod: PracticePod) -> None:
    assert post(pod, payload(request_id="\ud800"))[1]["requestId"] == "\ud800"
    assert get(pod, "/")[0].status == 200


def test_looking_at_the_pod_is_not_a_request_to_the_api(pod: PracticePod) -> None:
    assert [get(pod, path)[0].status for path in ("/", "/received", "/favicon.ico")] == [
        200,
        200,
        404,
    ]
    assert pod.received == []
    assert get(pod, address())[0].status == 404
    assert len(pod.received) == 1


# --- odd clients ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "noise",
    [
        b"\x16\x03\x01\x02\x00",
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"POST / HTTP/9.9\r\n\r\n",
        b"\x00" * 70_000 + b"\n",
    ],
)
def test_garbage_does_not_hurt(pod: PracticePod, noise: bytes, capfd: Capture) -> None:
    with plug(pod) as line:
        line.sendall(noise)
    assert post(pod, payload())[0] == 202
    assert capfd.readouterr() == ("", "")


def test_a_client_that_vanishes_in_mid_body_has_asked_for_nothing(
    pod: PracticePod, capfd: Capture
) -> None:
    with plug(pod) as line:
        line.sendall(raw_post(b'{"requestId": "half', announced=200))
        line.shutdown(socket.SHUT_WR)
        assert line.recv(1) == b""
    assert pod.received == []
    assert capfd.readouterr() == ("", "")


def test_a_client_that_does_not_wait_for_its_answer_does_not_hurt(
    pod: PracticePod, capfd: Capture
) -> None:
    for code in ("200", "408", "202"):
        with plug(pod) as line:
            line.sendall(raw_post(json.dumps(payload("9198765" + code)).encode()))
    pod.wait_for(3)
    assert post(pod, payload())[0] == 202
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("Content-Length: 1048577", 413),
        ("Content-Length: " + "9" * 5_000, 413),
        ("Content-Length: -1", 400),
        ("Content-Length: many", 400),
        ("Transfer-Encoding: chunked", 411),
    ],
)
def test_a_body_of_unwelcome_length_is_not_read(pod: PracticePod, head: str, status: int) -> None:
    with plug(pod) as line:
        line.sendall(f"POST {address()} HTTP/1.1\r\n{head}\r\n\r\n".encode())
        answer = http.client.HTTPResponse(line)
        answer.begin()
    assert (answer.status, answer.headers["connection"]) == (status, "close")
    assert [received.answered for received in pod.received] == [status]


def test_who_sends_a_huge_body_can_read_the_refusal_and_is_not_reset(pod: PracticePod) -> None:
    with plug(pod) as line:
        line.sendall(raw_post(b"x" * 10, announced=3_000_000))
        assert line.makefile("rb").read().startswith(b"HTTP/1.1 413")
        for _ in range(100):
            line.sendall(b"x" * 10_000)


def test_one_connection_carries_many_requests(pod: PracticePod) -> None:
    connection = connect(pod)
    for content in (payload(), payload("9198765400"), payload()):
        connection.request("POST", address(), json.dumps(content), HEADERS)
        connection.getresponse().read()
    assert [received.answered for received in pod.received] == [202, 400, 202]


# --- its start and its end ------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.com", ""])
def test_it_serves_this_machine_only(host: str) -> None:
    with pytest.raises(ValueError, match="this machine only"):
        PracticePod(host)


def test_a_port_in_use_is_an_error(pod: PracticePod) -> None:
    with pytest.raises(OSError, match="in use"):
        PracticePod(port=int(pod.api_domain.rpartition(":")[2]))


def test_after_its_end_nobody_is_served_and_nobody_is_kept_waiting(pod: PracticePod) -> None:
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
