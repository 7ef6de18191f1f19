"""The client and what it makes of each answer, without sockets. What only sockets can show is in `test_client_sockets.py`."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
import requests
import responses
from responses import matchers
from urllib3.exceptions import NewConnectionError

from invocations.kaleyra.client import CONNECT_SECONDS, READ_SECONDS, TOTAL_SECONDS, KaleyraClient
from invocations.kaleyra.connection import NoAnswer, NotSent
from invocations.kaleyra.reply import Verdict

from .samples import BODY, KEY, PATH, REQUEST_ID, SID, WORKFLOW, accepted, rejected

URL = f"https://api.in.kaleyra.io{PATH}"
CLIENT = KaleyraClient("api.in.kaleyra.io", SID, KEY)


@responses.activate
def test_it_posts_the_body_with_the_two_documented_headers() -> None:
    responses.post(
        URL,
        json=accepted(),
        status=202,
        match=[
            matchers.header_matcher({"Content-Type": "application/json", "api-key": KEY}),
            matchers.json_params_matcher(json.loads(BODY)),
            matchers.query_param_matcher({}),
        ],
    )
    reply = CLIENT.invoke(WORKFLOW, REQUEST_ID, BODY)
    assert (reply.verdict, reply.workflow_invocation_id) == (
        Verdict.ACCEPTED,
        "4xU9cYRHabcdefBDmNVR1D",
    )
    assert responses.calls[0].request.body == BODY.encode()


@responses.activate
def test_the_body_goes_as_it_was_kept_in_utf_8() -> None:
    responses.post(URL, json=accepted(), status=202)
    kept = '{"requestId" : "नमस्ते 🎉",  "input":{}}'
    CLIENT.invoke(WORKFLOW, REQUEST_ID, kept)
    assert responses.calls[0].request.body == kept.encode("utf-8")


@pytest.mark.parametrize(
    ("status", "content", "verdict", "reason"),
    [
        (202, accepted(), Verdict.ACCEPTED, "accepted"),
        (202, accepted(requestId="another"), Verdict.DOUBTFUL, "another_request"),
        (400, rejected(), Verdict.REJECTED, "rejected"),
        (401, {}, Verdict.REFUSED, "credentials"),
        (404, {}, Verdict.REJECTED, "no_such_workflow"),
        (409, rejected("Duplicate requestId"), Verdict.DOUBTFUL, "in_progress"),
        (429, {}, Verdict.BUSY, "asked_to_wait"),
        (500, {}, Verdict.DOUBTFUL, "server_error"),
        (301, {}, Verdict.REFUSED, "redirect"),
    ],
)
@responses.activate
def test_an_answer_is_a_reply_and_asked_for_once(
    status: int, content: dict[str, Any], verdict: Verdict, reason: str
) -> None:
    responses.post(
        URL,
        json=content,
        status=status,
        headers={"Retry-After": "7", "Location": "https://elsewhere.invalid/"},
    )
    reply = CLIENT.invoke(WORKFLOW, REQUEST_ID, BODY)
    assert (reply.http_status, reply.verdict, reply.reason, reply.retry_after) == (
        status,
        verdict,
        reason,
        7,
    )
    assert len(responses.calls) == 1


@responses.activate
def test_the_refusal_of_a_used_id_is_recognised_by_the_words_that_were_set() -> None:
    responses.post(URL, json=rejected("Diese Kennung ist verbraucht"), status=400)
    assert not CLIENT.invoke(WORKFLOW, REQUEST_ID, BODY).is_duplicate
    assert (
        replace(CLIENT, duplicate=re.compile("verbraucht"))
        .invoke(WORKFLOW, REQUEST_ID, BODY)
        .is_duplicate
    )


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (requests.ReadTimeout("late"), "timeout"),
        (requests.ConnectionError("reset"), "broken_off"),
        (requests.ConnectionError(NewConnectionError(None, "said by whom?")), "broken_off"),  # type: ignore[arg-type]
        (requests.exceptions.SSLError("a broken record"), "broken_off"),
        (requests.exceptions.ChunkedEncodingError("cut"), "broken_off"),
        (ConnectionResetError(104, "reset"), "broken_off"),
    ],
)
@responses.activate
def test_an_error_that_does_not_prove_that_nothing_left_is_doubt(
    error: Exception, reason: str
) -> None:
    responses.post(URL, body=error)
    with pytest.raises(NoAnswer) as doubt:
        CLIENT.invoke(WORKFLOW, REQUEST_ID, BODY)
    assert doubt.value.reason == reason
    assert len(responses.calls) == 1


@pytest.mark.parametrize(
    "parts",
    [
        ("API.in.kaleyra.io", SID, WORKFLOW),
        ("api.in.kaleyra.io", "../x", WORKFLOW),
        ("api.in.kaleyra.io", SID, "a/../b"),
        ("a.io@b.io", SID, WORKFLOW),
    ],
)
def test_a_part_that_could_bend_the_url_means_not_sent(parts: tuple[str, str, str]) -> None:
    host, sid, workflow = parts
    with pytest.raises(NotSent) as nothing:
        KaleyraClient(host, sid, KEY).invoke(workflow, REQUEST_ID, BODY)
    assert nothing.value.reason == "address"


@pytest.mark.parametrize("host", ["api.in.kaleyra.io", "10.0.0.1", "localhost.evil.io"])
def test_practice_never_speaks_http_to_another_machine(host: str) -> None:
    with pytest.raises(NotSent) as nothing:
        KaleyraClient(host, SID, KEY, allow_loopback=True).invoke(WORKFLOW, REQUEST_ID, BODY)
    assert nothing.value.reason == "address"


def test_a_whole_call_takes_longer_than_connecting_and_reading_need() -> None:
    assert CONNECT_SECONDS + READ_SECONDS <= TOTAL_SECONDS == 15
