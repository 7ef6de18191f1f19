"""A callback is read in whatever shape it comes, and no bytes make the reader stumble."""

import json
import time
from datetime import UTC, datetime
from itertools import permutations
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invocations.kaleyra.callback_body import MAX_CALLBACK_BYTES, read_callback
from invocations.kaleyra.callbacks import (
    CodeMeaning,
    FlowResult,
    ReportedChannel,
    combine,
    has_ended,
    meaning_of_code,
)

CHANNEL1 = {
    "createdAt": "2024-05-24T16:17:51.479884794Z",
    "from": "wasender",
    "to": "919620838XXX",
    "messageId": "9db24eba-eeae-41be-97a5-3ac45551ec1b",
    "clientMessageId": "0f6da8f1-923d-4995-a274-4830d09d8287",
    "channel": "whatsapp",
    "statusCode": "TIMEOUT",
    "timeout": "PT5S",
}
CHANNEL2 = CHANNEL1 | {"channel": "sms", "statusCode": "DELIVERED", "timeout": "PT15M"}
SAMPLE = {
    "workflowInvocationId": "4AhJXi67XXXXXXXXXXFyQT ",
    "executionStatus": "COMPLETED",
    "timestamp": "2024-05-24T16:18:01.379310507Z",
    "result": {"channel1": CHANNEL1, "channel2": CHANNEL2},
}
TEXT = json.dumps(SAMPLE)


def read(value):
    return read_callback(json.dumps(value).encode())


def result_of(*codes, **more):
    """What is read where the channels have these codes; None: a channel that is not told of."""
    channels = {
        f"channel{n}": {"statusCode": code, **more}
        for n, code in enumerate(codes, start=1)
        if code is not None
    }
    return read({"workflowInvocationId": "A", "result": channels})


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


def test_other_encodings_and_bytes_that_are_none_cost_no_result():
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
def test_what_cannot_be_read_says_why(body, problem):
    assert read_callback(body).problem == problem


def test_our_own_id_is_enough_if_it_turns_up():
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


def test_of_a_name_that_stands_twice_the_last_holds_as_everywhere_in_json():
    assert (
        read_callback(
            b'{"workflowInvocationId":"A","workflowInvocationId":"B"}'
        ).workflow_invocation_id
        == "B"
    )


@pytest.mark.parametrize(
    "result",
    [
        None,
        {},
        7,
        "x",
        {"channel1": None},
        {"channel1": {}},
        {"channel1": "x"},
        {"channel": {"statusCode": "READ"}},
    ],
)
def test_without_channels_nothing_is_decided(result):
    found = read({"workflowInvocationId": "A", "result": result})
    assert (found.channels, found.deciding(lambda: 2), found.may_be_double) == ((), None, False)


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
def test_waits(text, seconds):
    assert result_of("TIMEOUT", timeout=text).channels[0].wait_seconds == seconds


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        *(
            ("DELIVERED", CodeMeaning.DELIVERED),
            ("Delivered", CodeMeaning.DELIVERED),
            (" READ ", CodeMeaning.DELIVERED),
            ("TIMEOUT", CodeMeaning.NO_REPORT),
        ),
        *(
            ("FAILED", CodeMeaning.FAILED),
            ("UnDelivered", CodeMeaning.FAILED),
            ("NOT-SENT", CodeMeaning.FAILED),
            ("not_sent", CodeMeaning.FAILED),
            ("NotSent", CodeMeaning.FAILED),
        ),
        *(
            ("SENT", CodeMeaning.SENT),
            ("", CodeMeaning.OTHER),
            ("DELIVERED_TO_OPERATOR", CodeMeaning.OTHER),
            ("1", CodeMeaning.OTHER),
            ("ＲＥＡＤ", CodeMeaning.OTHER),
        ),
    ],
)
def test_codes(code, meaning):
    assert meaning_of_code(code) is meaning


@pytest.mark.parametrize(
    ("codes", "deciding", "may_be_double"),
    [
        (("DELIVERED",), 1, False),
        (("READ", None), 1, False),
        (("TIMEOUT",), None, False),
        (("TIMEOUT", "DELIVERED"), 2, True),
        (("TIMEOUT", "TIMEOUT"), None, True),
        (("TIMEOUT", "FAILED"), None, False),
        (("FAILED", "DELIVERED"), 2, False),
        (("FAILED", "FAILED"), 0, False),
        (("FAILED",), None, False),
        (("FAILED", "TIMEOUT"), None, False),
        (("DELIVERED", "DELIVERED"), 1, True),
        (("DELIVERED", "NOT-SENT"), 1, False),
        (("DELIVERED", ""), 1, False),
        (("SENT", "SENT"), None, True),
        (("SOMETHING", "NEW"), None, True),
        ((None, "DELIVERED"), 2, True),
        (("", "DELIVERED"), 2, True),
        (("FAILED", "FAILED", "DELIVERED"), None, False),
        (("",), None, False),
    ],
)
def test_what_the_channels_say_together(codes, deciding, may_be_double):
    result = result_of(*codes)
    assert (result.deciding(lambda: 2), result.may_be_double) == (deciding, may_be_double)


@pytest.mark.parametrize(
    ("codes", "channels", "deciding"),
    [
        (("FAILED",), 1, 0),
        (("FAILED",), 2, None),
        ((None, "FAILED"), 2, None),
        (("FAILED", "FAILED"), 1, 0),
        (("FAILED", "TIMEOUT"), 1, None),
        (("FAILED", "FAILED"), 0, None),
        (("FAILED", "NEVER-SEEN"), 2, None),
        (("FAILED", "FAILED", "TIMEOUT"), 2, None),
        (("READ",), 0, 1),
    ],
)
def test_it_was_not_delivered_only_if_each_channel_of_the_flow_is_reported_failed(
    codes, channels, deciding
):
    assert result_of(*codes).deciding(lambda: channels) == deciding


def test_a_second_channel_without_a_code_was_tried_if_it_has_a_message():
    assert (
        result_of("TIMEOUT", "", messageId="m").may_be_double
        and not result_of("TIMEOUT", "").may_be_double
    )


@pytest.mark.parametrize("status", ["", "COMPLETED", "FAILED", "TERMINATED", "new"])
def test_a_flow_that_is_reported_has_ended(status):
    assert has_ended(status)


@pytest.mark.parametrize("status", ["ACCEPTED", "Running", "IN_PROGRESS", "in progress"])
def test_unless_it_clearly_has_not(status):
    assert not has_ended(status)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_several_results_of_one_flow_say_the_same_in_any_order(order):
    told = [result_of("TIMEOUT", "SENT"), result_of("DELIVERED"), FlowResult()]
    result = combine(told[n].channels for n in order)
    assert [channel.code for channel in result.channels] == ["DELIVERED", "SENT"]
    assert (result.deciding(lambda: 2), result.may_be_double) == (1, True)


# --- no bytes make it stumble -----------------------------------------------------------------------------------------

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


def sound(result):
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
    sound(read_callback(json.dumps(value).encode()))
    sound(read_callback(json.dumps({"workflowevent": json.dumps(value)}).encode()))
    sound(read({"workflowInvocationId": "A", "result": {"channel1": value, "channel2": value}}))


@settings(max_examples=300, deadline=None)
@given(
    st.binary()
    | st.tuples(
        st.binary(max_size=9),
        st.sampled_from([TEXT.encode(), b"workflowevent=%", b'{"workflowevent":"{']),
        st.binary(),
    ).map(b"".join)
)
def test_any_bytes(body):
    sound(read_callback(body))


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
    sound(read_callback((piece * MAX_CALLBACK_BYTES)[:MAX_CALLBACK_BYTES]))
    assert time.thread_time() - began < 1
