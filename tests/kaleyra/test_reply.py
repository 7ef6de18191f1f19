"""What an HTTP answer says. Any bytes give a `Reply`; what is not clear is doubtful."""

import json
import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invocations.kaleyra.reply import (
    DUPLICATE,
    MAX_REPLY_BYTES,
    VERDICTS,
    Reply,
    Verdict,
    read_reply,
    read_timestamp,
)

from .samples import REQUEST_ID, WORKFLOW, accepted, rejected


def reply(status: int, content: Any = None, *, complete: bool = True, **headers: str) -> Reply:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return read_reply(status, body, request_id=REQUEST_ID, headers=named, complete=complete)


def verdict(status: int, content: Any = None, *, complete: bool = True) -> tuple[str, str]:
    read = reply(status, content, complete=complete)
    return read.verdict.value, read.reason


# --- the two samples of the documentation -----------------------------------------------------------------------------


def test_the_accepted_sample_is_accepted_and_kept_in_kaleyras_words() -> None:
    assert reply(202, accepted()) == Reply(
        http_status=202,
        verdict=Verdict.ACCEPTED,
        reason="accepted",
        request_id=REQUEST_ID,
        message="Request accepted, execution will start soon",
        workflow_invocation_id="4xU9cYRHabcdefBDmNVR1D",
        execution_status="ACCEPTED",
        timestamp="2025-02-14T15:37:08.018123456Z",
        text=json.dumps(accepted()),
    )


def test_the_rejected_sample_has_no_message_and_its_reason_among_the_errors() -> None:
    read = reply(400, rejected())
    assert (read.verdict, read.reason) == (Verdict.REJECTED, "rejected")
    assert read.message is None
    assert read.errors == (f"Workflow Instance [{WORKFLOW}] is not published.",)
    assert (read.workflow_invocation_id, read.execution_status) == (
        "4THJKabcdefghinOf5jrNv",
        "REJECTED",
    )


def test_the_platforms_other_envelope_is_read() -> None:
    rbc = {
        "code": "RBC302",
        "message": "Not found",
        "data": {},
        "error": [{"params": "id"}],
        "status": 404,
    }
    read = reply(404, rbc)
    assert (read.verdict, read.message, read.errors) == (
        Verdict.REJECTED,
        "Not found",
        ('{"params": "id"}',),
    )


# --- every class of answer --------------------------------------------------------------------------------------------

WITHOUT_STATUS = {key: value for key, value in accepted().items() if key != "executionStatus"}


@pytest.mark.parametrize(
    ("status", "content", "expected"),
    [
        # R1, R2: a 202 must say all of it
        (202, accepted(), ("accepted", "accepted")),
        (202, accepted(unknown=[{}]), ("accepted", "accepted")),
        (202, accepted(requestId="another"), ("doubtful", "another_request")),
        (202, accepted(requestId=REQUEST_ID.upper()), ("doubtful", "another_request")),
        (202, accepted(requestId=None), ("doubtful", "unreadable")),
        (202, accepted(requestId=[REQUEST_ID]), ("doubtful", "another_request")),
        (202, accepted(success=False), ("doubtful", "contradiction")),
        (202, accepted(success=None), ("doubtful", "contradiction")),
        (202, accepted(success="true"), ("doubtful", "contradiction")),
        (202, accepted(success=1), ("doubtful", "contradiction")),
        (202, accepted(executionStatus="REJECTED"), ("doubtful", "contradiction")),
        (202, accepted(executionStatus="accepted"), ("doubtful", "contradiction")),
        (202, accepted(executionStatus=None), ("doubtful", "contradiction")),
        (202, WITHOUT_STATUS, ("doubtful", "contradiction")),
        (202, rejected(), ("doubtful", "contradiction")),
        # R4
        (400, rejected(), ("rejected", "rejected")),
        (400, rejected(requestId=None), ("rejected", "rejected")),
        (400, {"success": False}, ("rejected", "rejected")),
        (400, {"code": "E13001", "message": "wrong"}, ("rejected", "rejected")),
        (400, rejected(requestId="another"), ("doubtful", "another_request")),
        (400, rejected(success=True), ("doubtful", "contradiction")),
        (400, rejected(executionStatus="ACCEPTED"), ("doubtful", "contradiction")),
        (400, accepted(), ("doubtful", "contradiction")),
        (400, {}, ("doubtful", "contradiction")),
        (400, b"<html>", ("doubtful", "unreadable")),
        # R5
        (401, b"", ("refused", "credentials")),
        (403, b"<html>", ("refused", "credentials")),
        (400, {"code": "RBC001", "message": "Invalid"}, ("refused", "credentials")),
        (202, {"code": "RBC001"}, ("doubtful", "unreadable")),
        # R6
        (404, rejected(), ("rejected", "no_such_workflow")),
        *[(status, rejected(), ("rejected", "not_taken")) for status in (405, 410, 413, 415, 422)],
        # R7, R8
        (408, b"", ("doubtful", "server_error")),
        (409, rejected(), ("doubtful", "in_progress")),
        (409, accepted(), ("doubtful", "in_progress")),
        (409, b"<html>", ("doubtful", "in_progress")),
        (409, rejected(requestId="another"), ("doubtful", "another_request")),
        # R9
        (429, b"slow down", ("busy", "asked_to_wait")),
        # R10, R11
        *[
            (status, b"<html>", ("doubtful", "server_error"))
            for status in (500, 502, 503, 504, 599, 999)
        ],
        (500, accepted(), ("doubtful", "server_error")),
        (500, {"code": "RBC001"}, ("doubtful", "server_error")),
        # a status that says it was not taken, above a body that says it was
        *[
            (status, accepted(), ("doubtful", "contradiction"))
            for status in (303, 401, 403, 404, 405, 422, 429)
        ],
        (401, accepted(success=None), ("doubtful", "contradiction")),
        (401, {"code": "RBC001"} | accepted(executionStatus=None), ("doubtful", "contradiction")),
        (401, accepted(requestId="another"), ("refused", "credentials")),
        # R13
        (202, b"\xef\xbb\xbf" + json.dumps(accepted()).encode(), ("accepted", "accepted")),
        (202, b"<html>202</html>", ("doubtful", "unreadable")),
        (202, b"", ("doubtful", "unreadable")),
        (202, b"null", ("doubtful", "unreadable")),
        (202, b"[]", ("doubtful", "unreadable")),
        (202, b"true", ("doubtful", "unreadable")),
        (202, json.dumps([accepted()]).encode(), ("doubtful", "unreadable")),
        (202, json.dumps(json.dumps(accepted())).encode(), ("doubtful", "unreadable")),
        (202, json.dumps(accepted()).encode()[:-1], ("doubtful", "unreadable")),
        (202, json.dumps(accepted()).encode("utf-16"), ("doubtful", "unreadable")),
        (202, {"status": 202}, ("doubtful", "unreadable")),
        # R20
        *[(status, b"", ("refused", "redirect")) for status in (301, 302, 303, 307, 308)],
        *[(status, b"", ("doubtful", "undocumented_status")) for status in (300, 304, 399)],
        # what nobody documents
        *[
            (status, accepted(), ("doubtful", "undocumented_status"))
            for status in (100, 200, 201, 204, 206, 402, 418, 451)
        ],
    ],
)
def test_an_answer_alone_means(status: int, content: Any, expected: tuple[str, str]) -> None:
    assert verdict(status, content) == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (202, ("doubtful", "broken_off")),
        (400, ("doubtful", "broken_off")),
        (200, ("doubtful", "broken_off")),
        (409, ("doubtful", "broken_off")),
        (500, ("doubtful", "server_error")),
        (401, ("refused", "credentials")),
        (302, ("refused", "redirect")),
        (404, ("rejected", "no_such_workflow")),
        (405, ("rejected", "not_taken")),
        (429, ("busy", "asked_to_wait")),
    ],
)
def test_an_answer_that_broke_off_is_read_by_its_status_alone(
    status: int, expected: tuple[str, str]
) -> None:
    assert verdict(status, accepted(), complete=False) == expected
    assert reply(status, accepted(), complete=False).workflow_invocation_id == ""


def test_more_than_64_kib_is_never_an_acceptance() -> None:
    assert verdict(202, accepted(message="x" * MAX_REPLY_BYTES)) == ("doubtful", "unreadable")
    assert len(reply(202, b"x" * 10**6).text) == MAX_REPLY_BYTES


# --- the fields -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"errors": ["one", "two"]}, ("one", "two")),
        ({"errors": "one"}, ("one",)),
        ({"errors": None}, ()),
        ({"errors": []}, ()),
        ({"errors": {}, "error": {}}, ()),
        ({"error": {"body": "two"}}, ('{"body": "two"}',)),
        ({"errors": ["one", None, "", 7, {"a": "é"}, ["x"]]}, ("one", "7", '{"a": "é"}', '["x"]')),
        (
            {"errors": [str(number) for number in range(100)]},
            tuple(str(number) for number in range(20)),
        ),
    ],
)
def test_errors_are_texts_whatever_their_shape(
    fields: dict[str, Any], errors: tuple[str, ...]
) -> None:
    assert reply(400, fields).errors == errors


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("4AhJXi67XXXXXXXXXXFyQT ", "4AhJXi67XXXXXXXXXXFyQT"),
        ("a-b_c", "a-b_c"),
        (12345, "12345"),
        (None, ""),
        ("", ""),
        ("../../x", ""),
        ("<script>", ""),
        ("x" * 101, ""),
        ("a\nb", ""),
        ({"a": 1}, ""),
    ],
)
def test_an_invocation_id_is_kept_if_it_looks_like_one(sent: Any, kept: str) -> None:
    assert reply(202, accepted(workflowInvocationId=sent)).workflow_invocation_id == kept


def test_a_message_that_is_no_text_is_made_one() -> None:
    assert reply(400, rejected(message={"text": "no"})).message == '{"text": "no"}'
    assert reply(400, rejected(message="")).message == ""


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-02-14T15:37:08.018123456Z", datetime(2025, 2, 14, 15, 37, 8, 18123, UTC)),
        ("2025-02-14T15:37:08Z", datetime(2025, 2, 14, 15, 37, 8, 0, UTC)),
        ("2025-02-14T15:37:08.018", datetime(2025, 2, 14, 15, 37, 8, 18000, UTC)),
        ("2025-02-14T21:07:08+05:30", datetime(2025, 2, 14, 15, 37, 8, 0, UTC)),
        ("2025-02-14T15:37:08.018XXXXXXX", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("yesterday", None),
        ("1739547428", None),
        ("", None),
        ("\ud800", None),
    ],
)
def test_a_time_is_read_to_the_microsecond_or_not_at_all(
    text: str, moment: datetime | None
) -> None:
    assert read_timestamp(text) == moment
    assert reply(202, accepted(timestamp=text)).sent_at == moment


# --- the refusal of an id that was used before ------------------------------------------------------------------------


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
def test_a_refusal_that_names_the_id_and_its_use_is_a_duplicate(text: str) -> None:
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
def test_near_misses_are_no_duplicate(text: str) -> None:
    assert not reply(400, rejected(text)).is_duplicate


def judged(
    status: int, content: Any, duplicate: str | re.Pattern[str], *, complete: bool = True
) -> bool:
    """Whether it is a duplicate, by a pattern that somebody set."""
    body = json.dumps(content).encode()
    return read_reply(
        status, body, request_id=REQUEST_ID, complete=complete, duplicate=re.compile(duplicate)
    ).is_duplicate


@pytest.mark.parametrize("pattern", [DUPLICATE, "Duplicate requestId", "Id$", "."])
def test_only_a_clear_refusal_of_this_request_can_be_a_duplicate_whatever_the_pattern(
    pattern: str | re.Pattern[str],
) -> None:
    text = "Duplicate requestId"
    assert judged(400, rejected(text), pattern)
    assert judged(409, rejected(text), pattern)
    assert not any(
        judged(status, rejected(text), pattern)
        for status in (200, 202, 401, 404, 422, 429, 500, 503)
    )
    assert not judged(400, rejected(text, requestId="another"), pattern)
    assert not judged(409, rejected(text, requestId="another"), pattern)
    assert not judged(400, rejected(text, success=True), pattern)
    assert not judged(400, rejected(text), pattern, complete=False)
    assert not judged(400, text, pattern)


def test_the_refusal_of_a_used_id_can_be_told_by_other_words() -> None:
    ours = "Diese Kennung ist verbraucht"
    assert not reply(400, rejected(ours)).is_duplicate
    assert judged(400, rejected("no", ours), "ist verbraucht")
    assert judged(409, rejected(message=ours), "ist verbraucht")
    assert not judged(400, rejected("Duplicate requestId"), "ist verbraucht")


def test_the_first_4_kib_of_each_text_are_searched_and_no_more() -> None:
    assert judged(400, rejected("no", "x" * 4092 + "used"), "used")
    assert judged(400, rejected("no", message="x" * 4092 + "used"), "used")
    assert not judged(400, rejected("x" * 4093 + "used"), "used")


def test_a_slow_pattern_is_bounded_by_the_length_of_what_it_searches() -> None:
    begun = time.thread_time()
    assert not judged(400, rejected("x" * 60_000), "x*y")
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


# --- Retry-After ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("3", 3),
        (" 3 ", 3),
        ("0", 0),
        ("99999999", 3600),
        ("-5", None),
        ("1.5", None),
        ("abc", None),
        ("", None),
        ("3, 5", None),
        ("٣", None),
        ("9" * 5000, None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3600),
        ("Wed, 99 Oct 2015 07:28:00 GMT", None),
        ("\0", None),
    ],
)
def test_retry_after_is_seconds_from_now_an_hour_at_most(value: str, seconds: int | None) -> None:
    assert reply(429, b"", Retry_After=value).retry_after == seconds
    assert reply(503, b"", RETRY_AFTER=value).retry_after == seconds


DATES = ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"]
"""The forms of RFC 9110, 5.6.7: IMF-fixdate, RFC 850 and asctime."""


@pytest.mark.parametrize("form", DATES)
def test_retry_after_may_be_a_date_of_each_form_and_is_never_too_short(form: str) -> None:
    soon = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=30)
    seconds = reply(429, b"", retry_after=soon.strftime(form)).retry_after
    assert seconds is not None
    assert seconds <= 30
    assert datetime.now(UTC) + timedelta(seconds=seconds) >= soon


@pytest.mark.parametrize("form", DATES)
def test_a_date_that_is_over_asks_for_nothing_and_a_far_one_for_an_hour(form: str) -> None:
    now = datetime.now(UTC)
    assert (
        reply(429, b"", retry_after=(now - timedelta(seconds=1)).strftime(form)).retry_after is None
    )
    assert (
        reply(429, b"", retry_after=(now - timedelta(days=400)).strftime(form)).retry_after is None
    )
    assert (
        reply(503, b"", retry_after=(now + timedelta(days=400)).strftime(form)).retry_after == 3600
    )


def test_without_the_header_nothing_is_asked() -> None:
    assert read_reply(429, b"", request_id=REQUEST_ID).retry_after is None


@given(
    st.text(max_size=60) | st.text(st.sampled_from("MonTueJan, :0123456789+-GMT()"), max_size=40)
)
def test_any_retry_after_is_bounded_or_nothing(value: str) -> None:
    seconds = reply(429, b"", Retry_After=value).retry_after
    assert seconds is None or 0 <= seconds <= 3600


# --- hostile bytes ----------------------------------------------------------------------------------------------------


def assert_it_can_be_kept(read: Reply) -> None:
    assert VERDICTS[read.reason] is read.verdict
    kept = [
        read.text,
        read.reason,
        read.message or "",
        *read.errors,
        read.request_id or "",
        read.workflow_invocation_id,
    ]
    kept += [read.execution_status, read.timestamp]
    assert all("\0" not in text and text.encode("utf-8") is not None for text in kept)
    assert len(read.execution_status) <= 40
    assert len(read.timestamp) <= 60
    assert len(read.workflow_invocation_id) <= 100
    assert read.is_duplicate in (True, False)
    assert read.sent_at is None or read.sent_at.tzinfo is UTC


HOSTILE = {
    "a million brackets": b"[" * 10**6,
    "nested to the limit": b'{"message":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    "nested a little": b'{"message":' + b"[" * 900 + b"]" * 900 + b"}",
    "nested objects": b'{"a":' * 13_000,
    "a number of 5,000 digits": b'{"status":' + b"9" * 5_000 + b"}",
    "a number of 4,000 digits": b'{"message":' + b"9" * 4_000 + b"}",
    "infinity": b'{"message": 1e999, "errors": [NaN, -Infinity]}',
    "half a pair": b'{"message": "\\ud83d", "errors": ["\\udc00"], "requestId": "\\ud800", "executionStatus": "\\ud800"}',
    "half a pair as a key": b'{"errors": [{"\\ud83d": "\\ud83d"}]}',
    "NUL escaped": b'{"message": "a\\u0000b", "timestamp": "\\u0000"}',
    "NUL bare": b'{"message": "a\0b"}\0',
    "escape sequences": b'{"message": "\\u001b[31m"}',
    "no UTF-8": b"\xff\xfe\xfa\xed\xa0\x80",
    "half a character at the limit": b"x" * (MAX_REPLY_BYTES - 1) + "é".encode(),
    "byte order mark": b"\xef\xbb\xbf{}",
    "every key twice": b'{"success": false, "success": true}',
}


@pytest.mark.parametrize("status", [202, 400, 409, 500])
@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_body_is_a_reply_that_can_be_kept(status: int, kind: str) -> None:
    read = reply(status, HOSTILE[kind])
    assert read.verdict is not Verdict.ACCEPTED
    assert_it_can_be_kept(read)


def test_controls_and_halves_of_pairs_are_replaced_and_line_breaks_stay() -> None:
    assert reply(400, rejected("a\0b\x1bc\ud83dd\n\te🎉שלום")).errors == (
        "a\ufffdb\ufffdc\ufffdd\n\te🎉שלום",
    )


@given(
    st.text(
        st.characters(codec=None, exclude_categories=())
        | st.sampled_from("\0\x1f \t\n\r\ud800\udfff\ue000\x7f\x80"),
        max_size=40,
    )
)
def test_exactly_controls_and_halves_of_pairs_are_replaced(text: str) -> None:
    text = json.loads(json.dumps(text))  # two halves in a row become a whole one
    kept = "".join(
        "\ufffd" if (ord(c) < 0x20 and c not in "\t\n\r") or 0xD800 <= ord(c) <= 0xDFFF else c
        for c in text
    )
    assert reply(400, rejected(message=text)).message == kept


@given(
    st.integers(100, 999),
    st.binary(max_size=300),
    st.booleans(),
    st.dictionaries(st.text(max_size=12), st.text(max_size=30)),
)
def test_any_bytes_are_a_reply(
    status: int, body: bytes, complete: bool, headers: dict[str, str]
) -> None:
    assert_it_can_be_kept(
        read_reply(status, body, request_id=REQUEST_ID, headers=headers, complete=complete)
    )


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
FIELDS = [
    "requestId",
    "timestamp",
    "success",
    "status",
    "message",
    "errors",
    "error",
    "code",
    "workflowInvocationId",
    "executionStatus",
]


@given(
    st.sampled_from([202, 400, 401, 404, 409, 429, 500]),
    st.dictionaries(st.sampled_from(FIELDS), anything),
)
def test_any_fields_are_a_reply_and_never_an_acceptance_by_chance(
    status: int, fields: dict[str, Any]
) -> None:
    read = reply(status, fields)
    assert read.verdict is not Verdict.ACCEPTED
    assert_it_can_be_kept(read)
