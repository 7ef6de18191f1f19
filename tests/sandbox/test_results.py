"""What becomes of an accepted invocation: the table of endings, the bodies, and a reporter that posts them over real sockets."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic, sleep
from typing import Any

import pytest

from invocations.sandbox import reporter as room
from invocations.sandbox.answers import BY_CODE as ANSWERS
from invocations.sandbox.answers import Invocation
from invocations.sandbox.flows import Profile
from invocations.sandbox.reporter import Reporter, post
from invocations.sandbox.results import ENDINGS, USUAL, Report, Shape, Tempo, choose_ending, reports
from invocations.sandbox.server import PracticePod

from . import calls
from .calls import NUMBER, WORKFLOW, payload

QUICK = Tempo(wait=0.05, report=0.01, late=0.3)
ACCEPTED_AT = 1_716_567_471_479_884_794
KINDS = ("whatsapp", "sms")


def invocation(recipient: str = NUMBER, workflow: str = WORKFLOW) -> Invocation:
    return Invocation("HXPRACTICE01IN", workflow, "e574", recipient, "918061234581")


def bodies(recipient: str, kinds: tuple[str, ...] = KINDS) -> list[Report]:
    return reports(invocation(recipient), "4xU9cYRHabcdefBDmNVR1D", ACCEPTED_AT, kinds, Tempo())


def unwrapped(body: bytes) -> dict[str, Any]:
    content = json.loads(body)
    content = content.get("workflowevent", content)
    return json.loads(content) if isinstance(content, str) else content


def statuses(body: bytes) -> list[str]:
    return [channel["statusCode"] for channel in unwrapped(body)["result"].values()]


# --- the table ------------------------------------------------------------------------------------


def test_codes_of_endings_are_unique_and_are_none_of_the_answers() -> None:
    codes = [ending.code for ending in ENDINGS]
    assert len(set(codes)) == len(codes)
    assert not set(codes) & set(ANSWERS)
    assert all(re.fullmatch("[0-9]{3}", code) for code in codes)


@pytest.mark.parametrize("ending", ENDINGS, ids=lambda ending: ending.code)
def test_the_end_of_the_number_or_of_the_workflow_id_chooses_the_ending(ending: Any) -> None:
    assert choose_ending(invocation("9198765" + ending.code)) is ending
    assert choose_ending(invocation(workflow="00112233-" + ending.code)) is ending


def test_without_a_code_every_last_digit_has_an_ending() -> None:
    assert sorted("".join(digits for digits, _ in USUAL).replace(", ", "")) == list("0123456789")
    assert {
        choose_ending(invocation(f"91987654321{digit}")).statuses[0] for digit in range(10)
    } == {
        "DELIVERED",
        "READ",
        "TIMEOUT",
        "FAILED",
    }


def test_the_number_that_a_newcomer_is_told_falls_back_within_a_few_seconds() -> None:
    (report,) = bodies("918061234581")
    assert statuses(report.body) == ["TIMEOUT", "DELIVERED"]
    assert report.after < 8


# --- the bodies -----------------------------------------------------------------------------------


def test_a_body_is_the_sample_of_kaleyras_page() -> None:
    (report,) = bodies("9198765704")
    content = json.loads(report.body)
    channel = content["result"]["channel1"]
    assert content["workflowInvocationId"] == "4xU9cYRHabcdefBDmNVR1D "  # with the blank behind it
    assert content["executionStatus"] == "COMPLETED"
    assert (content["timestamp"], channel["createdAt"]) == (
        "2024-05-24T16:18:01.479884794Z",
        "2024-05-24T16:17:51.479884794Z",
    )
    assert channel.keys() == {
        "createdAt",
        "from",
        "to",
        "messageId",
        "clientMessageId",
        "channel",
        "statusCode",
        "timeout",
    }
    assert (channel["channel"], channel["statusCode"], channel["timeout"]) == (
        "whatsapp",
        "TIMEOUT",
        "PT5S",
    )


def test_the_second_channel_begins_when_the_wait_of_the_first_is_over() -> None:
    (report,) = bodies("9198765702")
    first, second = unwrapped(report.body)["result"].values()
    assert (
        datetime.fromisoformat(second["createdAt"]) - datetime.fromisoformat(first["createdAt"])
    ).total_seconds() == 5
    assert (first["to"], second["to"], second["channel"]) == ("9198765702", "918061234581", "sms")


def test_a_channel_that_was_not_tried_is_left_out() -> None:
    assert list(unwrapped(bodies("9198765701")[0].body)["result"]) == ["channel1"]
    assert list(unwrapped(bodies("9198765702", kinds=("sms",))[0].body)["result"]) == ["channel1"]


@pytest.mark.parametrize(
    ("code", "shape"), [("701", Shape.BARE), ("702", Shape.OBJECT), ("703", Shape.TEXT)]
)
def test_a_body_comes_in_three_shapes(code: str, shape: Shape) -> None:
    content = json.loads(bodies("9198765" + code)[0].body).get("workflowevent")
    assert {type(None): Shape.BARE, dict: Shape.OBJECT, str: Shape.TEXT}[type(content)] is shape


def test_without_a_code_the_digit_before_the_last_chooses_the_shape() -> None:
    wraps = [
        type(json.loads(bodies(f"9198765443{tens}1")[0].body).get("workflowevent"))
        for tens in "345"
    ]
    assert wraps == [type(None), dict, str]


def test_endings_that_are_odd_are_odd_in_their_own_way() -> None:
    assert bodies("9198765700") == []
    assert statuses(bodies("9198765706")[0].body)[0] == "PARKED-AT-HUB"
    assert (
        len({report.body for report in bodies("9198765707")}) == 1
        and len(bodies("9198765707")) == 3
    )
    last, older = bodies("9198765708")
    assert (
        last.after < older.after
        and unwrapped(last.body)["timestamp"] > unwrapped(older.body)["timestamp"]
    )
    assert bodies("9198765709")[0].after == 240
    assert bodies("9198765710")[0].body == b'{"workflowevent":""}'


# --- over real sockets ----------------------------------------------------------------------------


class Console:
    """A door that writes down what is posted, and answers `status`."""

    def __init__(self, status: int = 200) -> None:
        self.posts: list[tuple[str, dict[str, str], bytes]] = []
        self.changed = threading.Condition()
        console = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with console.changed:
                    console.posts.append((self.path, dict(self.headers), body))
                    console.changed.notify_all()
                self.send_response(status)
                self.send_header("Location", console.url.replace("/callbacks/", "/elsewhere/"))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self.server.server_port}/callbacks/a-token/"
        threading.Thread(target=self.server.serve_forever, args=[0.02], daemon=True).start()

    def wait_for(self, count: int) -> list[bytes]:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.posts) >= count, 5), (
                f"{len(self.posts)} of {count} came"
            )
            return [body for _, _, body in self.posts]


class Set:
    """Flows with one callback profile, or none."""

    def __init__(self, profile: Profile | None) -> None:
        self.where = profile

    def channels(self, sid: str, workflow_instance_id: str) -> tuple[str, ...]:
        return "sms", "whatsapp"

    def profile(self, sid: str) -> Profile | None:
        return self.where


@pytest.fixture
def console() -> Iterator[Console]:
    console = Console()
    yield console
    console.server.shutdown()
    console.server.server_close()


@pytest.fixture
def flows(console: Console) -> Set:
    return Set(Profile(console.url, {"X-Callback-Secret": "a secret"}))


@pytest.fixture
def pod(flows: Set) -> Iterator[PracticePod]:
    with PracticePod(slow_seconds=0.5, silent_seconds=0.1, flows=flows, tempo=QUICK) as pod:
        yield pod


def test_an_accepted_invocation_is_reported_with_the_id_it_was_answered_with(
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


def test_what_was_not_accepted_is_not_reported(pod: PracticePod, console: Console) -> None:
    for code in ("400", "401", "500"):
        calls.post(pod, payload("9198765" + code))
    calls.post(pod, payload("9198765701"))
    console.wait_for(1)
    assert len(console.posts) == 1


def test_a_result_can_be_there_before_the_answer(pod: PracticePod, console: Console) -> None:
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


def test_where_to_is_asked_anew_for_each_result(
    pod: PracticePod, console: Console, flows: Set
) -> None:
    calls.post(pod, payload("9198765701"))
    console.wait_for(1)
    flows.where = Profile(console.url.replace("a-token", "another"))
    calls.post(pod, payload("9198765701"))
    console.wait_for(2)
    assert console.posts[1][0] == "/callbacks/another/"


def test_without_an_address_it_says_so_once(flows: Set) -> None:
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


def test_where_nobody_listens_is_no_answer(console: Console) -> None:
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


def test_the_line_of_waiting_results_has_an_end(
    flows: Set, monkeypatch: pytest.MonkeyPatch, issued: Callable[[], Any]
) -> None:
    monkeypatch.setattr(room, "MOST_WAITING", 3)
    said: list[str] = []
    patient = Reporter(flows, Tempo(wait=60, report=60), said.append)
    for _ in range(20):
        patient.take(invocation(), issued())
    assert any("never reported" in line for line in said)
    patient.stop()


def test_the_end_of_the_pod_ends_what_waits(flows: Set, console: Console) -> None:
    with PracticePod(flows=flows, tempo=Tempo(wait=60, report=60)) as pod:
        calls.post(pod, payload("9198765701"))
        started = monotonic()
    assert monotonic() - started < 2
    assert console.posts == []
    assert "practice pod's results" not in [thread.name for thread in threading.enumerate()]


def test_its_page_tells_what_was_posted_and_no_secret(pod: PracticePod, console: Console) -> None:
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
def test_the_callback_profiles_are_listed_to_who_has_a_key(
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
