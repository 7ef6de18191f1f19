"""Which rejections say that the request ID was used before."""

import json
import re
import time
from typing import Any

import pytest

from invocations.kaleyra.reply import DUPLICATE, Verdict, read_reply

from .replies import reply
from .samples import REQUEST_ID, rejected


@pytest.mark.parametrize(
    "text",
    [
        "Request ID [e574aaaa-ef19-41ef-b02c-833eaaaaaf1d] has already been submitted.",
        "You cannot submit a request with the same request ID again",
        "Duplicate requestId",
        "Duplicate request id: e574.",
        "duplicate request: requestId e574",
        "requestId 'e574' already exists",
        "A workflow invocation with request_id e574 exists",
        "request-id has been used",
        "Request Id was used before",
        "requestId is duplicate",
        "requestId is duplicated",
        "requestId must be unique",
        "The requestId\nwas already taken",
        "Request id cannot be reused",
    ],
)
def test_a_refusal_that_names_the_request_id_and_its_use_is_a_duplicate(text: str) -> None:
    assert reply(400, rejected(text)).is_duplicate
    assert reply(400, rejected(message=text)).is_duplicate
    assert reply(409, rejected("first something else", text)).is_duplicate


@pytest.mark.parametrize(
    "text",
    [
        "Workflow Instance [0cccf798] is not published.",
        "requestId is required",
        "requestId must not be empty",
        "request id contains characters that cannot be used",
        "Invalid request id, please try again",
        "No workflow exists. Send the requestId in the body.",
        "requestId is invalid. The workflow is already archived.",
        "The requested identity already exists",
        "Duplicate recipient",
        "Duplicate request",
        "The recipient was used before",
        "already running",
        "requestId " + "x" * 200 + " already",
        "",
    ],
)
def test_similar_texts_are_no_duplicate(text: str) -> None:
    assert not reply(400, rejected(text)).is_duplicate


def is_duplicate(
    status: int, content: Any, duplicate: str | re.Pattern[str], *, complete: bool = True
) -> bool:
    """Whether it is a duplicate, by a pattern that somebody set."""
    body = json.dumps(content).encode()
    return read_reply(
        status, body, request_id=REQUEST_ID, complete=complete, duplicate=re.compile(duplicate)
    ).is_duplicate


@pytest.mark.parametrize("pattern", [DUPLICATE, "Duplicate requestId", "Id$", "."])
def test_only_a_clear_refusal_of_this_request_is_a_duplicate_with_any_pattern(
    pattern: str | re.Pattern[str],
) -> None:
    text = "Duplicate requestId"
    assert is_duplicate(400, rejected(text), pattern)
    assert is_duplicate(409, rejected(text), pattern)
    assert not any(
        is_duplicate(status, rejected(text), pattern)
        for status in (200, 202, 401, 404, 422, 429, 500, 503)
    )
    assert not is_duplicate(400, rejected(text, requestId="another"), pattern)
    assert not is_duplicate(409, rejected(text, requestId="another"), pattern)
    assert not is_duplicate(400, rejected(text, success=True), pattern)
    assert not is_duplicate(400, rejected(text), pattern, complete=False)
    assert not is_duplicate(400, text, pattern)


def test_another_pattern_recognises_other_words() -> None:
    ours = "Diese Kennung ist verbraucht"
    assert not reply(400, rejected(ours)).is_duplicate
    assert is_duplicate(400, rejected("no", ours), "ist verbraucht")
    assert is_duplicate(409, rejected(message=ours), "ist verbraucht")
    assert not is_duplicate(400, rejected("Duplicate requestId"), "ist verbraucht")


def test_the_first_4_kib_of_each_text_are_searched_and_no_more() -> None:
    assert is_duplicate(400, rejected("no", "x" * 4092 + "used"), "used")
    assert is_duplicate(400, rejected("no", message="x" * 4092 + "used"), "used")
    assert not is_duplicate(400, rejected("x" * 4093 + "used"), "used")


def test_a_slow_pattern_is_bounded_by_the_length_of_the_text() -> None:
    begun = time.thread_time()
    assert not is_duplicate(400, rejected("x" * 60_000), "x*y")
    assert (
        time.thread_time() - begun < 1
    )  # of 60,000 characters it takes 225 times as long as of 4,000


@pytest.mark.parametrize(
    "evil",
    [
        "request id ",
        "duplicate ",
        "same request id",
        "request id already",
        "request\n",
        "requestid duplicate same ",
    ],
)
def test_a_hostile_text_is_judged_quickly(evil: str) -> None:
    read = reply(400, rejected(evil * (50_000 // len(evil))))
    begun = time.thread_time()
    assert read.verdict is Verdict.REJECTED
    assert read.is_duplicate in (True, False)
    assert time.thread_time() - begun < 0.5
