"""Any bytes give a `Reply` that can be stored, and never an acceptance by chance."""

import json
from datetime import UTC
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invocations.kaleyra.reply import MAX_REPLY_BYTES, VERDICTS, Reply, Verdict, read_reply

from .replies import reply
from .samples import REQUEST_ID, rejected


def assert_it_can_be_stored(read: Reply) -> None:
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
    "a lone surrogate": b'{"message": "\\ud83d", "errors": ["\\udc00"], '
    b'"requestId": "\\ud800", "executionStatus": "\\ud800"}',
    "a lone surrogate as a key": b'{"errors": [{"\\ud83d": "\\ud83d"}]}',
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
def test_a_hostile_body_is_a_reply_that_can_be_stored(status: int, kind: str) -> None:
    read = reply(status, HOSTILE[kind])
    assert read.verdict is not Verdict.ACCEPTED
    assert_it_can_be_stored(read)


def test_control_characters_and_lone_surrogates_are_replaced_and_line_breaks_kept() -> None:
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
def test_exactly_control_characters_and_lone_surrogates_are_replaced(text: str) -> None:
    text = json.loads(json.dumps(text))  # JSON joins a pair of surrogates
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
    assert_it_can_be_stored(
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
    assert_it_can_be_stored(read)
