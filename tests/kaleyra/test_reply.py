"""What an HTTP answer means: its verdict. What is not clear is doubtful."""

import json
from typing import Any

import pytest

from invocations.kaleyra.reply import MAX_REPLY_BYTES, Reply, Verdict

from .replies import reply, verdict
from .samples import REQUEST_ID, WORKFLOW, accepted, rejected

# --- the two samples of the documentation ---------------------------------------------------------


def test_the_accepted_sample_is_accepted_and_kept_verbatim() -> None:
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


def test_the_other_envelope_of_the_platform_is_read() -> None:
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


# --- every class of answer ------------------------------------------------------------------------


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
        *[
            (202, accepted(status=status), ("doubtful", "contradiction"))
            for status in (400, 500, 200, "400", "REJECTED", False, [202])
        ],
        (202, accepted(errors=["Workflow is not published."]), ("doubtful", "contradiction")),
        (202, accepted(error={"body": "no"}), ("doubtful", "contradiction")),
        *[
            (202, accepted(status=status), ("accepted", "accepted"))
            for status in (202, "202", None)
        ],
        (202, accepted(errors=[], error={}), ("accepted", "accepted")),
        # R4
        (400, rejected(), ("rejected", "rejected")),
        (400, rejected(requestId=None), ("rejected", "rejected")),
        (400, {"success": False}, ("rejected", "rejected")),
        (400, {"code": "E13001", "message": "wrong"}, ("rejected", "rejected")),
        (400, rejected(requestId="another"), ("doubtful", "another_request")),
        (400, rejected(success=True), ("doubtful", "contradiction")),
        (400, rejected(executionStatus="ACCEPTED"), ("doubtful", "contradiction")),
        (400, accepted(), ("doubtful", "contradiction")),
        (400, rejected(status=202), ("doubtful", "contradiction")),
        (400, rejected(status=404), ("rejected", "rejected")),
        (404, rejected(status=202), ("doubtful", "contradiction")),
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
def test_the_verdict_of_an_answer(status: int, content: Any, expected: tuple[str, str]) -> None:
    assert verdict(status, content) == expected


def with_second(content: dict[str, Any], key: str, value: Any, *, first: bool = False) -> bytes:
    """The body with `key` twice; `first`: the other value comes before, else last."""
    text, second = json.dumps(content), json.dumps({key: value})
    return (f"{second[:-1]}, {text[1:]}" if first else f"{text[:-1]}, {second[1:]}").encode()


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("success", False),
        ("success", "true"),
        ("executionStatus", "REJECTED"),
        ("status", 400),
        ("requestId", "another"),
        ("workflowInvocationId", "other"),
    ],
)
def test_a_key_with_two_values_is_neither_an_acceptance_nor_a_refusal(
    key: str, value: Any, *, first: bool
) -> None:
    assert reply(202, with_second(accepted(), key, value, first=first)).verdict == "doubtful"
    other = True if key == "success" else "ACCEPTED" if key == "executionStatus" else value
    for status in (400, 401, 404, 422, 429):
        read = reply(
            status, with_second(rejected(), key, other if key != "status" else 1, first=first)
        )
        assert read.verdict == "doubtful"


def test_a_key_with_two_values_makes_no_duplicate() -> None:
    text = rejected("Duplicate requestId")
    assert reply(400, text).is_duplicate
    for status in (400, 409):
        assert not reply(status, with_second(text, "success", True)).is_duplicate
        assert not reply(status, with_second(text, "success", True, first=True)).is_duplicate


def test_the_same_value_twice_and_other_keys_twice_contradict_nothing() -> None:
    assert reply(202, with_second(accepted(), "success", True)).verdict == "accepted"
    assert reply(202, with_second(accepted(), "message", "another")).verdict == "accepted"
    nested = accepted(more=[{"status": 1}, {"status": 2}])
    assert reply(202, nested).verdict == "accepted"
    assert reply(400, with_second(rejected(), "status", 400)).verdict == "rejected"


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
