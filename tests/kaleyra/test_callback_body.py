"""A callback is read in every known shape, and no bytes raise an exception."""

import json
import time
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invocations.kaleyra.callback_body import MAX_CALLBACK_BYTES, read_callback
from invocations.kaleyra.callbacks import ReportedChannel

from .callback_samples import CHANNEL1, CHANNEL2, SAMPLE, TEXT, read, result_of


def test_the_documented_sample():
    result = read(SAMPLE)
    assert (result.workflow_invocation_id, result.execution_status, result.problem) == (
        "4AhJXi67XXXXXXXXXXFyQT",
        "COMPLETED",
        "",
    )
    assert result.ended_at == datetime(2024, 5, 24, 16, 18, 1, 379310, tzinfo=UTC)
    assert result.channels[0] == ReportedChannel(
        position=1,
        kind="whatsapp",
        code="TIMEOUT",
        started_at=datetime(2024, 5, 24, 16, 17, 51, 479884, tzinfo=UTC),
        wait_seconds=5,
        message_id=CHANNEL1["messageId"],
        client_message_id=CHANNEL1["clientMessageId"],
        sender="wasender",
        recipient="919620838XXX",
    )
    assert (result.deciding(lambda: 2), result.may_be_double) == (2, True)


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"workflowevent": SAMPLE}),
        json.dumps({"workflowevent": TEXT}),
        json.dumps({"workflowevent": json.dumps(TEXT)}),
        json.dumps({"workflowEvent": {"workflowevent": TEXT}}),
        json.dumps(TEXT),
        json.dumps([SAMPLE]),
        json.dumps(SAMPLE | {"result": json.dumps(SAMPLE["result"])}),
        json.dumps(SAMPLE | {"result": [CHANNEL1, CHANNEL2]}),
        json.dumps(SAMPLE | {"result": {"send1": CHANNEL1, "Channel 2": CHANNEL2}}),
        json.dumps(SAMPLE | {"more": {"deep": [1]}, "workflowevent": ""}),
        '{"workflowevent":"' + TEXT + '"}',
        urlencode({"workflowevent": TEXT}),
        urlencode({"a": "b", "workflowevent": TEXT}),
        "\ufeff \r\n" + TEXT + "\n",
        TEXT + "\0\0\n\0",
        "\0" + TEXT,
        json.dumps({"workflowevent": TEXT.replace(", ", ",\n\t")}).replace("\\n\\t", "\n\t"),
        TEXT.replace(
            "{",
            '{"n": '
            + "9" * 10_000
            + ', "x": NaN, "y": -Infinity, "workflowInvocationId": "earlier",',
            1,
        ),
    ],
)
def test_every_shape_reads_the_same(body):
    assert read_callback(body.encode()) == read(SAMPLE)


def test_other_encodings_and_invalid_bytes_lose_no_result():
    assert read_callback(TEXT.encode("utf-16")) == read(SAMPLE)
    broken = read_callback(TEXT.replace("wasender", "Müller").encode("latin-1"))
    assert broken.channels[0].sender == "M\ufffdller" and broken.deciding(lambda: 2) == 2


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "empty"),
        (b" \r\n", "empty"),
        (b"\x1f\x8b\x08\x00", "compressed"),
        (b"\x00" * 100, "unreadable"),
        (b"not json", "unreadable"),
        (b"[" * 200_000, "unreadable"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "unreadable"),
        (b"9" * 10_000, "no_object"),
        (b"NaN", "no_object"),
        (b"[]", "no_object"),
        (b"[{}, {}]", "no_object"),
        (b'"text"', "no_object"),
        (b'{"workflowevent":""}', "no_object"),
        (b'{"workflowevent":"<workflowevent>"}', "no_object"),
        (b"{}", "no_id"),
        (b'{"workflowInvocationId": null, "requestId": "no uuid"}', "no_id"),
        (b'{"workflowInvocationId": {"a": [1]}}', "no_id"),
        (json.dumps({"workflowInvocationId": "x" * 10**6}).encode(), "odd_id"),
    ],
)
def test_an_unreadable_body_says_why(body, problem):
    assert read_callback(body).problem == problem


def test_our_own_request_id_is_enough():
    result = read({"requestId": " 0f6da8f1-923d-4995-a274-4830d09d8287 "})
    assert str(result.request_id) == "0f6da8f1-923d-4995-a274-4830d09d8287" and result.problem == ""


def test_odd_values_are_bounded_printable_or_left_out():
    assert read_callback(b'{"workflowInvocationId": NaN, "requestId": 1e999}').problem == "no_id"
    odd = {
        "statusCode": "S" * 10**5,
        "from": "a\0b\ud800",
        "to": 919876543210,
        "channel": True,
        "createdAt": 17,
        "messageId": [1],
    }
    result = read(
        {
            "workflowInvocationId": 123,
            "executionStatus": ["x"],
            "timestamp": "9999-12-31T23:59:59Z",
            "result": {"channel1": odd},
        }
    )
    [channel] = result.channels
    assert (result.workflow_invocation_id, result.execution_status, result.ended_at) == (
        "123",
        "",
        None,
    )
    assert (len(channel.code), channel.sender, channel.recipient) == (
        100,
        "a\ufffdb\ufffd",
        "919876543210",
    )
    assert (channel.kind, channel.started_at, channel.message_id) == ("", None, "")


def test_the_last_of_two_equal_names_counts_as_usual_in_json():
    assert (
        read_callback(
            b'{"workflowInvocationId":"A","workflowInvocationId":"B"}'
        ).workflow_invocation_id
        == "B"
    )


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        *(
            ("PT5S", 5),
            ("PT15M", 900),
            ("PT900S", 900),
            ("PT1M30S", 90),
            ("PT1H", 3600),
            ("P1D", 86400),
            ("pt5.5s", 5),
            (5, 5),
            ("5", 5),
        ),
        *(
            ("P2D", None),
            ("PT", None),
            ("P", None),
            ("", None),
            (None, None),
            (-5, None),
            ("PT-5S", None),
            ("PT9999999999S", None),
        ),
    ],
)
def test_waits_are_read_as_seconds(text, seconds):
    assert result_of("TIMEOUT", timeout=text).channels[0].wait_seconds == seconds


NAMES = st.sampled_from(
    [
        *SAMPLE,
        *CHANNEL1,
        "channel1",
        "channel2",
        "channel3",
        "channel9",
        "send1",
        "workflowevent",
        "WorkflowEvent",
        "requestId",
        "\ud800",
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(
        [
            "TIMEOUT",
            "PT5S",
            "DELIVERED",
            TEXT,
            "2024-05-24T16:18:01.379310507Z",
            "0001-01-01T00:00:00+14:00",
            "\0",
            "{",
        ]
    )
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(), inner, max_size=6)
    ),
    max_leaves=20,
)
BEGINNINGS = st.sampled_from([TEXT.encode(), b"workflowevent=%", b'{"workflowevent":"{'])


def assert_sound(result):
    result.workflow_invocation_id.encode()
    assert len(result.workflow_invocation_id) <= 100 and len(result.execution_status) <= 60
    assert result.deciding(lambda: 2) in {None, 0, 1, 2} and result.may_be_double in {True, False}
    for channel in result.channels:
        texts = [
            channel.kind,
            channel.code,
            channel.message_id,
            channel.client_message_id,
            channel.sender,
            channel.recipient,
        ]
        assert (
            all(
                len(text) <= 100 and "\0" not in text and text.encode() is not None
                for text in texts
            )
            and len(channel.kind) <= 20
        )
        assert channel.wait_seconds is None or 0 <= channel.wait_seconds <= 86400


@settings(max_examples=300, deadline=None)
@given(VALUES)
def test_any_json(value):
    assert_sound(read_callback(json.dumps(value).encode()))
    assert_sound(read_callback(json.dumps({"workflowevent": json.dumps(value)}).encode()))
    assert_sound(
        read({"workflowInvocationId": "A", "result": {"channel1": value, "channel2": value}})
    )


@settings(max_examples=300, deadline=None)
@given(
    st.binary()
    | st.tuples(
        st.binary(max_size=9),
        BEGINNINGS,
        st.binary(),
    ).map(b"".join)
)
def test_any_bytes(body):
    assert_sound(read_callback(body))


@pytest.mark.parametrize(
    "piece",
    [
        b"[",
        b'{"a":',
        b'{"workflowevent":"{',
        b"workflowevent=&",
        b'{"workflowevent":"{"}',
        b"\\u0000",
        b"1e",
        b'"\\"',
        b"%5B",
    ],
)
def test_the_largest_body_is_read_or_refused_at_once(piece):
    began = time.thread_time()
    assert_sound(read_callback((piece * MAX_CALLBACK_BYTES)[:MAX_CALLBACK_BYTES]))
    assert time.thread_time() - began < 1
