"""What the client sends and how it reads each answer, with `responses` in place of sockets.

Faults of a connection need sockets: they are in the other modules of this folder.
"""

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
from invocations.kaleyra.profiles import KeyVerdict
from invocations.kaleyra.reply import MAX_REPLY_BYTES, Verdict

from ..samples import BODY, KEY, PATH, REQUEST_ID, SID, WORKFLOW, accepted, rejected

ELSEWHERE = "https://elsewhere.invalid/"
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
    assert reply.verdict is Verdict.ACCEPTED
    assert reply.workflow_invocation_id == "4xU9cYRHabcdefBDmNVR1D"
    assert responses.calls[0].request.body == BODY.encode()


@responses.activate
def test_the_body_is_sent_unchanged_in_utf_8() -> None:
    responses.post(URL, json=accepted(), status=202)
    body = '{"requestId" : "नमस्ते 🎉",  "input":{}}'
    CLIENT.invoke(WORKFLOW, REQUEST_ID, body)
    assert responses.calls[0].request.body == body.encode("utf-8")


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
def test_an_answer_is_a_reply_to_one_request(
    status: int, content: dict[str, Any], verdict: Verdict, reason: str
) -> None:
    responses.post(
        URL,
        json=content,
        status=status,
        headers={"Retry-After": "7", "Location": "https://elsewhere.invalid/"},
    )
    reply = CLIENT.invoke(WORKFLOW, REQUEST_ID, BODY)
    assert (reply.http_status, reply.retry_after) == (status, 7)
    assert (reply.verdict, reply.reason) == (verdict, reason)
    assert len(responses.calls) == 1


@responses.activate
def test_an_answer_without_a_body_is_unreadable() -> None:
    responses.post(URL, status=202)
    reply = CLIENT.invoke(WORKFLOW, REQUEST_ID, BODY)
    assert (reply.verdict, reply.reason) == (Verdict.DOUBTFUL, "unreadable")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@responses.activate
def test_a_redirect_is_never_followed(status: int) -> None:
    responses.post(URL, status=status, headers={"Location": ELSEWHERE})
    elsewhere = responses.add(responses.GET, ELSEWHERE), responses.add(responses.POST, ELSEWHERE)
    reply = CLIENT.invoke(WORKFLOW, REQUEST_ID, BODY)
    assert (reply.verdict, reply.reason) == (Verdict.REFUSED, "redirect")
    assert [answer.call_count for answer in elsewhere] == [0, 0]
    assert len(responses.calls) == 1


@pytest.mark.parametrize(
    "location",
    [
        "http://[::1",
        "\xff\xfe",
        "//",
        "http://:::/",
        "data:,",
        "http://a b/",
        "\t",
        "http://" + "é" * 70,
    ],
)
@responses.activate
def test_a_redirect_to_an_invalid_address_is_still_a_redirect(location: str) -> None:
    responses.post(URL, status=302, headers={"Location": location})
    reply = CLIENT.invoke(WORKFLOW, REQUEST_ID, BODY)
    assert (reply.verdict, reply.reason) == (Verdict.REFUSED, "redirect")


@responses.activate
def test_the_profiles_request_follows_no_redirect() -> None:
    profiles = f"https://api.in.kaleyra.io/v1/{SID}/callback/profiles"
    responses.get(profiles, status=302, headers={"Location": ELSEWHERE})
    elsewhere = responses.get(ELSEWHERE)
    assert CLIENT.callback_profiles().verdict is KeyVerdict.UNREADABLE
    assert elsewhere.call_count == 0


@responses.activate
def test_a_body_of_64_kib_is_whole_and_one_byte_more_is_not() -> None:
    room = MAX_REPLY_BYTES - len(json.dumps(accepted(message="")))
    responses.post(URL, json=accepted(message="x" * room), status=202)
    responses.post(URL, json=accepted(message="x" * (room + 1)), status=202)
    whole, cut = (CLIENT.invoke(WORKFLOW, REQUEST_ID, BODY) for _ in range(2))
    assert whole.verdict is Verdict.ACCEPTED
    assert (cut.verdict, cut.reason) == (Verdict.DOUBTFUL, "broken_off")


@responses.activate
def test_the_refusal_of_a_used_request_id_is_recognised_by_the_configured_pattern() -> None:
    responses.post(URL, json=rejected("Diese Kennung ist verbraucht"), status=400)
    assert not CLIENT.invoke(WORKFLOW, REQUEST_ID, BODY).is_duplicate
    configured = replace(CLIENT, duplicate=re.compile("verbraucht"))
    assert configured.invoke(WORKFLOW, REQUEST_ID, BODY).is_duplicate


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (requests.ReadTimeout("late"), "timeout"),
        (requests.ConnectionError("reset"), "broken_off"),
        (requests.ConnectionError(NewConnectionError(None, "without proof")), "broken_off"),  # type: ignore[arg-type]
        (requests.exceptions.SSLError("a broken record"), "broken_off"),
        (requests.exceptions.ChunkedEncodingError("cut"), "broken_off"),
        (ConnectionResetError(104, "reset"), "broken_off"),
    ],
)
@responses.activate
def test_an_error_of_requests_does_not_prove_that_nothing_was_sent(
    error: Exception, reason: str
) -> None:
    responses.post(URL, body=error)
    with pytest.raises(NoAnswer) as caught:
        CLIENT.invoke(WORKFLOW, REQUEST_ID, BODY)
    assert caught.value.reason == reason
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
def test_a_part_that_would_change_the_url_means_not_sent(parts: tuple[str, str, str]) -> None:
    host, sid, workflow = parts
    with pytest.raises(NotSent) as caught:
        KaleyraClient(host, sid, KEY).invoke(workflow, REQUEST_ID, BODY)
    assert caught.value.reason == "address"


@pytest.mark.parametrize("host", ["api.in.kaleyra.io", "10.0.0.1", "localhost.evil.io"])
def test_a_client_of_the_practice_pod_sends_no_http_to_another_machine(host: str) -> None:
    with pytest.raises(NotSent) as caught:
        KaleyraClient(host, SID, KEY, allow_loopback=True).invoke(WORKFLOW, REQUEST_ID, BODY)
    assert caught.value.reason == "address"


def test_the_total_deadline_covers_connecting_and_reading() -> None:
    assert CONNECT_SECONDS + READ_SECONDS <= TOTAL_SECONDS == 15
