"""What the practice pod records of requests, and what its page and its logs show."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from invocations.sandbox import PRACTICE_KEY_PREFIX, PRACTICE_SID
from invocations.sandbox.answers import SCENARIOS
from invocations.sandbox.ledger import REQUESTS_KEPT
from invocations.sandbox.server import PracticePod

from .calls import HEADERS, KEY, NUMBER, address, connect, get, payload, post

# --- what is remembered, and what is told ---------------------------------------------------------


def test_the_pod_records_the_exact_bytes(pod: PracticePod) -> None:
    body = json.dumps(payload(request_id="e574", name="Åsa")).encode()
    requests.post(f"http://{pod.api_domain}{address()}", data=body, headers=HEADERS, timeout=5)
    (received,) = pod.received
    assert (received.method, received.path, received.body) == ("POST", address(), body)
    assert (received.request_id, received.answered, received.accepted) == ("e574", 202, True)
    assert received.headers["content-type"] == "application/json"


def test_the_pod_records_only_the_end_of_the_key(pod: PracticePod) -> None:
    post(pod, payload(), Authorization="Basic c2VjcmV0c2VjcmV0")
    (received,) = pod.received
    assert received.headers["api-key"] == "…" + KEY[-4:]
    assert received.headers["authorization"] == "…cmV0"


def test_the_last_thousand_requests_are_kept(pod: PracticePod) -> None:
    connection = connect(pod)
    for number in range(REQUESTS_KEPT + 1):
        connection.request("POST", "/nowhere", str(number))
        connection.getresponse().read()
    assert [received.body for received in pod.received] == [
        str(n).encode() for n in range(1, REQUESTS_KEPT + 1)
    ]


def test_waiting_ends_when_the_request_comes(pod: PracticePod) -> None:
    with ThreadPoolExecutor() as someone:
        waiting = someone.submit(pod.wait_for, 1, seconds=5)
        post(pod, payload(request_id="awaited"))
        assert [received.request_id for received in waiting.result(timeout=2)] == ["awaited"]


def test_waiting_for_a_request_that_does_not_come_times_out(pod: PracticePod) -> None:
    with pytest.raises(TimeoutError, match="0 of 1"):
        pod.wait_for(1, seconds=0.01)


def test_page_json_log_and_terminal_show_no_number_no_key_and_no_value(tmp_path: Path) -> None:
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


def test_the_log_has_a_line_for_each_request_before_its_answer_is_sent(tmp_path: Path) -> None:
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


def test_a_lone_surrogate_does_not_break_the_page(pod: PracticePod) -> None:
    assert post(pod, payload(request_id="\ud800"))[1]["requestId"] == "\ud800"
    assert get(pod, "/")[0].status == 200


def test_requests_for_the_page_are_not_recorded(pod: PracticePod) -> None:
    assert [get(pod, path)[0].status for path in ("/", "/received", "/favicon.ico")] == [
        200,
        200,
        404,
    ]
    assert pod.received == []
    assert get(pod, address())[0].status == 404
    assert len(pod.received) == 1
