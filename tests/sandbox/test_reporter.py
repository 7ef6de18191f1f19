"""The practice pod posts callbacks over real sockets, to this machine only."""

import json
import threading
from collections.abc import Callable, Iterator
from time import monotonic, sleep
from typing import Any

import pytest

from invocations.sandbox.flows import Profile
from invocations.sandbox.reporter import Reporter, post
from invocations.sandbox.results import Tempo
from invocations.sandbox.server import PracticePod

from . import calls
from .calls import payload
from .console import Console, FixedProfile
from .result_bodies import invocation, unwrapped

QUICK = Tempo(wait=0.05, report=0.01, late=0.3)


# --- over real sockets ----------------------------------------------------------------------------


@pytest.fixture
def console() -> Iterator[Console]:
    console = Console()
    yield console
    console.server.shutdown()
    console.server.server_close()


@pytest.fixture
def flows(console: Console) -> FixedProfile:
    return FixedProfile(Profile(console.url, {"X-Callback-Secret": "a secret"}))


@pytest.fixture
def pod(flows: FixedProfile) -> Iterator[PracticePod]:
    with PracticePod(slow_seconds=0.5, silent_seconds=0.1, flows=flows, tempo=QUICK) as pod:
        yield pod


def test_an_accepted_invocation_is_reported_with_the_id_of_its_answer(
    pod: PracticePod, console: Console
) -> None:
    _status, answer = calls.post(pod, payload("9198765702"))
    (body,) = console.wait_for(1)
    (path, headers, _body), *_ = console.posts
    assert unwrapped(body)["workflowInvocationId"].strip() == answer["workflowInvocationId"]
    assert (path, headers["X-Callback-Secret"], headers["Content-Type"]) == (
        "/callbacks/a-token/",
        "a secret",
        "application/json",
    )
    assert [channel["channel"] for channel in unwrapped(body)["result"].values()] == [
        "sms",
        "whatsapp",
    ]


def test_an_invocation_that_was_not_accepted_is_not_reported(
    pod: PracticePod, console: Console
) -> None:
    for code in ("400", "401", "500"):
        calls.post(pod, payload("9198765" + code))
    calls.post(pod, payload("9198765701"))
    console.wait_for(1)
    assert len(console.posts) == 1


def test_a_result_can_arrive_before_the_answer(pod: PracticePod, console: Console) -> None:
    connection = calls.connect(pod)
    connection.request("POST", calls.address(), json.dumps(payload("9198765200")), calls.HEADERS)
    console.wait_for(1)
    assert (
        unwrapped(console.posts[0][2])["workflowInvocationId"].strip()
        == json.loads(connection.getresponse().read())["workflowInvocationId"]
    )


def test_an_invocation_whose_answer_is_lost_is_reported_too(
    pod: PracticePod, console: Console
) -> None:
    with calls.plug(pod) as line:
        line.sendall(calls.raw_post(json.dumps(payload("9198765408")).encode()))
        console.wait_for(1)


def test_the_profile_is_read_again_for_each_result(
    pod: PracticePod, console: Console, flows: FixedProfile
) -> None:
    calls.post(pod, payload("9198765701"))
    console.wait_for(1)
    flows.where = Profile(console.url.replace("a-token", "another"))
    calls.post(pod, payload("9198765701"))
    console.wait_for(2)
    assert console.posts[1][0] == "/callbacks/another/"


def test_without_a_profile_one_line_says_so(flows: FixedProfile) -> None:
    flows.where, said = None, []
    heard = threading.Condition()

    def say(line: str) -> None:
        with heard:
            said.append(line)
            heard.notify_all()

    with PracticePod(say=say, flows=flows, tempo=QUICK) as pod:
        for _ in range(3):
            calls.post(pod, payload("9198765701"))
        with heard:
            assert heard.wait_for(lambda: any("callback address" in line for line in said), 5)
        pod.stop()
    assert sum("callback address" in line for line in said) == 1
    assert pod.posted == []


def test_a_redirect_is_not_followed() -> None:
    console = Console(307)
    assert post(Profile(console.url), b"{}") == 307
    assert [path for path, _, _ in console.posts] == ["/callbacks/a-token/"]
    console.server.shutdown()
    console.server.server_close()


def test_a_closed_port_is_no_answer(console: Console) -> None:
    console.server.shutdown()
    console.server.server_close()
    assert post(Profile(console.url), b"{}") is None


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1/",
        "https://127.0.0.1/",
        "http://console.example.com/",
        "ftp://localhost/",
        "",
        "localhost:80",
    ],
)
def test_results_stay_on_this_machine(url: str) -> None:
    with pytest.raises(ValueError, match="this machine only"):
        Profile(url)


def test_the_number_of_waiting_results_is_limited(
    flows: FixedProfile, monkeypatch: pytest.MonkeyPatch, issued: Callable[[], Any]
) -> None:
    monkeypatch.setattr("invocations.sandbox.reporter.MOST_WAITING", 3)
    said: list[str] = []
    patient = Reporter(flows, Tempo(wait=60, report=60), said.append)
    for _ in range(20):
        patient.take(invocation(), issued())
    assert any("never reported" in line for line in said)
    patient.stop()


def test_stopping_the_pod_drops_waiting_results(flows: FixedProfile, console: Console) -> None:
    with PracticePod(flows=flows, tempo=Tempo(wait=60, report=60)) as pod:
        calls.post(pod, payload("9198765701"))
        started = monotonic()
    assert monotonic() - started < 2
    assert console.posts == []
    assert "practice pod's results" not in [thread.name for thread in threading.enumerate()]


def test_the_page_shows_posted_results_and_no_secret(pod: PracticePod, console: Console) -> None:
    _status, answer = calls.post(pod, payload("9198765701"))
    console.wait_for(1)
    until = monotonic() + 5
    while not pod.posted and monotonic() < until:
        sleep(0.01)
    _answer, text = calls.get(pod, "/")
    shown = text[text.index('id="posted"') :]
    assert (
        answer["workflowInvocationId"] in shown and "a-token" not in text and "a secret" not in text
    )


# --- the harmless question ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "status", "state"),
    [("practice-1", 200, 1), ("practice-1-disabled", 200, 2), ("practice-1-refused", 401, None)],
)
def test_the_callback_profiles_are_listed_for_a_valid_key(
    pod: PracticePod, console: Console, key: str, status: int, state: int | None
) -> None:
    connection = calls.connect(pod)
    connection.request(
        "GET", "/v1/HXPRACTICE01IN/callback/profiles?limit=25&offset=0", headers={"api-key": key}
    )
    answer = connection.getresponse()
    content = json.loads(answer.read())
    assert answer.status == status
    assert content["code"] == ("RBC001" if state is None else "RBC024")
    assert [(row["url"], row["status"]) for row in content["data"] or []] == (
        [] if state is None else [(console.url, state)]
    )
