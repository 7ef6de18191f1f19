"""Which rejections say that the request ID was used before."""

import json
import re
import time
from typing import Any

import pytest

from invocations.kaleyra.duplicate import says_id_was_used
from invocations.kaleyra.reply import Verdict, read_reply

from .duplicate_texts import ID_WAS_USED, NOTHING_ABOUT_ITS_USE
from .replies import reply
from .samples import REQUEST_ID, rejected


@pytest.mark.parametrize("text", ID_WAS_USED)
def test_a_refusal_that_says_that_the_request_id_was_used_is_a_duplicate(text: str) -> None:
    assert reply(400, rejected(text)).is_duplicate
    assert reply(400, rejected(message=text)).is_duplicate
    assert reply(409, rejected("first something else", text)).is_duplicate


@pytest.mark.parametrize("text", NOTHING_ABOUT_ITS_USE)
def test_what_is_said_of_something_else_or_not_of_its_use_is_no_duplicate(text: str) -> None:
    assert not reply(400, rejected(text)).is_duplicate
    assert not reply(409, rejected(message=text)).is_duplicate
    assert not reply(400, rejected("requestId", text, f"Request {REQUEST_ID}")).is_duplicate


@pytest.mark.parametrize("text", ID_WAS_USED)
def test_one_sentence_about_the_id_among_others_is_enough(text: str) -> None:
    others = "No template exists. The limit is already reached; the number was used before"
    assert says_id_was_used(f"{others}. {text}. Try again later.", REQUEST_ID)
    assert not says_id_was_used(f"{others}.", REQUEST_ID)


@pytest.mark.parametrize("text", ID_WAS_USED)
def test_the_value_of_another_request_is_not_this_one(text: str) -> None:
    theirs = "0f6da8f1-923d-4995-a274-4830d09d8287"
    assert REQUEST_ID not in text or not says_id_was_used(text, theirs)


def test_a_text_that_says_both_settles_nothing() -> None:
    text = f"Request id {REQUEST_ID} already exists. Request id {REQUEST_ID} does not exist."
    assert not reply(400, rejected(text)).is_duplicate


def is_duplicate(
    status: int, content: Any, duplicate: str | None, *, complete: bool = True
) -> bool:
    """Whether it is a duplicate, by a pattern that somebody set, or by the built-in rule."""
    body = json.dumps(content).encode()
    pattern = re.compile(duplicate) if duplicate else None
    return read_reply(
        status, body, request_id=REQUEST_ID, complete=complete, duplicate=pattern
    ).is_duplicate


@pytest.mark.parametrize("pattern", [None, "Duplicate requestId", "Id$", "."])
def test_only_a_clear_refusal_of_this_request_is_a_duplicate_with_any_pattern(
    pattern: str | None,
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
        "requestId. ",
        "the request id value already is ",
        "." * 60 + "requestid ",
        REQUEST_ID,
    ],
)
def test_a_hostile_text_is_judged_quickly(evil: str) -> None:
    read = reply(400, rejected(evil * (50_000 // len(evil))))
    begun = time.thread_time()
    assert read.verdict is Verdict.REJECTED
    assert read.is_duplicate in (True, False)
    assert time.thread_time() - begun < 0.5
