"""The endings that a number or workflow ID chooses, and the bodies of their callbacks."""

import json
import re
from datetime import datetime
from typing import Any

import pytest

from invocations.sandbox.answers import SCENARIOS_BY_CODE as ANSWERS
from invocations.sandbox.results import ENDINGS, ENDINGS_WITHOUT_CODE, Shape, choose_ending

from .result_bodies import bodies, invocation, statuses, unwrapped

# --- the table ------------------------------------------------------------------------------------


def test_codes_of_endings_are_unique_and_differ_from_those_of_answers() -> None:
    codes = [ending.code for ending in ENDINGS]
    assert len(set(codes)) == len(codes)
    assert not set(codes) & set(ANSWERS)
    assert all(re.fullmatch("[0-9]{3}", code) for code in codes)


@pytest.mark.parametrize("ending", ENDINGS, ids=lambda ending: ending.code)
def test_the_end_of_the_number_or_of_the_workflow_id_chooses_the_ending(ending: Any) -> None:
    assert choose_ending(invocation("9198765" + ending.code)) is ending
    assert choose_ending(invocation(workflow="00112233-" + ending.code)) is ending


def test_without_a_code_every_last_digit_has_an_ending() -> None:
    assert sorted("".join(digits for digits, _ in ENDINGS_WITHOUT_CODE).replace(", ", "")) == list(
        "0123456789"
    )
    assert {
        choose_ending(invocation(f"91987654321{digit}")).statuses[0] for digit in range(10)
    } == {
        "DELIVERED",
        "READ",
        "TIMEOUT",
        "FAILED",
    }


def test_the_number_of_the_introduction_falls_back_within_a_few_seconds() -> None:
    (report,) = bodies("918061234581")
    assert statuses(report.body) == ["TIMEOUT", "DELIVERED"]
    assert report.after < 8


# --- the bodies -----------------------------------------------------------------------------------


def test_a_body_is_like_the_sample_on_kaleyras_page() -> None:
    (report,) = bodies("9198765704")
    content = json.loads(report.body)
    channel = content["result"]["channel1"]
    assert content["workflowInvocationId"] == "4xU9cYRHabcdefBDmNVR1D "  # with the blank behind it
    assert content["executionStatus"] == "COMPLETED"
    assert (content["timestamp"], channel["createdAt"]) == (
        "2024-05-24T16:18:01.479884794Z",
        "2024-05-24T16:17:51.479884794Z",
    )
    assert channel.keys() == {
        "createdAt",
        "from",
        "to",
        "messageId",
        "clientMessageId",
        "channel",
        "statusCode",
        "timeout",
    }
    assert (channel["channel"], channel["statusCode"], channel["timeout"]) == (
        "whatsapp",
        "TIMEOUT",
        "PT5S",
    )


def test_the_second_channel_begins_when_the_wait_of_the_first_is_over() -> None:
    (report,) = bodies("9198765702")
    first, second = unwrapped(report.body)["result"].values()
    assert (
        datetime.fromisoformat(second["createdAt"]) - datetime.fromisoformat(first["createdAt"])
    ).total_seconds() == 5
    assert (first["to"], second["to"], second["channel"]) == ("9198765702", "918061234581", "sms")


def test_a_channel_that_was_not_tried_is_left_out() -> None:
    assert list(unwrapped(bodies("9198765701")[0].body)["result"]) == ["channel1"]
    assert list(unwrapped(bodies("9198765702", kinds=("sms",))[0].body)["result"]) == ["channel1"]


@pytest.mark.parametrize(
    ("code", "shape"), [("701", Shape.BARE), ("702", Shape.OBJECT), ("703", Shape.TEXT)]
)
def test_a_body_comes_in_three_shapes(code: str, shape: Shape) -> None:
    content = json.loads(bodies("9198765" + code)[0].body).get("workflowevent")
    assert {type(None): Shape.BARE, dict: Shape.OBJECT, str: Shape.TEXT}[type(content)] is shape


def test_without_a_code_the_digit_before_the_last_chooses_the_shape() -> None:
    wraps = [
        type(json.loads(bodies(f"9198765443{tens}1")[0].body).get("workflowevent"))
        for tens in "345"
    ]
    assert wraps == [type(None), dict, str]


def test_each_odd_ending_has_its_own_oddity() -> None:
    assert bodies("9198765700") == []
    assert statuses(bodies("9198765706")[0].body)[0] == "PARKED-AT-HUB"
    assert (
        len({report.body for report in bodies("9198765707")}) == 1
        and len(bodies("9198765707")) == 3
    )
    last, older = bodies("9198765708")
    assert (
        last.after < older.after
        and unwrapped(last.body)["timestamp"] > unwrapped(older.body)["timestamp"]
    )
    assert bodies("9198765709")[0].after == 240
    assert bodies("9198765710")[0].body == b'{"workflowevent":""}'
