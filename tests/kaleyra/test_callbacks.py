"""What the codes of the channels mean, alone and together."""

from itertools import permutations

import pytest

from invocations.kaleyra.callbacks import (
    CodeMeaning,
    FlowResult,
    combine,
    has_ended,
    meaning_of_code,
)

from .callback_samples import read, result_of


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
def test_the_meaning_of_a_code(code, meaning):
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
def test_the_deciding_channel_and_a_possible_double_message(codes, deciding, may_be_double):
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
def test_a_message_is_undelivered_only_if_each_channel_of_the_flow_failed(
    codes, channels, deciding
):
    assert result_of(*codes).deciding(lambda: channels) == deciding


def test_a_second_channel_without_a_code_was_tried_if_it_has_a_message_id():
    assert (
        result_of("TIMEOUT", "", messageId="m").may_be_double
        and not result_of("TIMEOUT", "").may_be_double
    )


@pytest.mark.parametrize("status", ["", "COMPLETED", "FAILED", "TERMINATED", "new"])
def test_a_flow_has_ended_by_most_statuses(status):
    assert has_ended(status)


@pytest.mark.parametrize("status", ["ACCEPTED", "Running", "IN_PROGRESS", "in progress"])
def test_a_running_flow_has_not_ended(status):
    assert not has_ended(status)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_several_results_of_one_flow_combine_in_any_order(order):
    told = [result_of("TIMEOUT", "SENT"), result_of("DELIVERED"), FlowResult()]
    result = combine(told[n].channels for n in order)
    assert [channel.code for channel in result.channels] == ["DELIVERED", "SENT"]
    assert (result.deciding(lambda: 2), result.may_be_double) == (1, True)
