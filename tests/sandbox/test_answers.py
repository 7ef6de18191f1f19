"""The pod's answers without a socket: the scenarios, the seed's two samples, the refusals."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from invocations.sandbox.answers import (
    SCENARIOS,
    SCENARIOS_BY_CODE,
    Invocation,
    Scenario,
    choose_scenario,
)
from invocations.sandbox.contract import Request, check_request
from invocations.sandbox.envelopes import Answer, Issued, issue
from invocations.sandbox.results import ENDINGS

from .calls import HEADERS, KEY, NUMBER, WORKFLOW, address, payload

ISSUED = Issued("4xU9cYRHabcdefBDmNVR1D", "2025-02-14T15:37:08.018123456Z")
INVOCATION = Invocation("HXPRACTICE01IN", WORKFLOW, "e574", NUMBER, NUMBER)
DOCUMENT = Path(__file__).parents[2] / "docs" / "practice-pod.md"


def request(content: object = None, **changes: Any) -> Request:
    body = json.dumps(payload() if content is None else content).encode()
    return replace(
        Request("POST", address(), {name.lower(): HEADERS[name] for name in HEADERS}, body),
        **changes,
    )


def verdict(asked: Request) -> tuple[int | None, dict[str, Any]]:
    answer = check_request(asked, ISSUED)
    assert isinstance(answer, Answer), "the request was taken"
    assert not answer.accepts
    return answer.status, json.loads(answer.body)


# --- which scenario -------------------------------------------------------------------------------


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.code)
def test_the_end_of_the_number_or_of_the_workflow_id_chooses(scenario: Scenario) -> None:
    assert choose_scenario(WORKFLOW, "9198765" + scenario.code) is scenario
    assert choose_scenario("00112233-" + scenario.code, NUMBER) is scenario


def test_the_workflow_wins_over_the_number() -> None:
    assert choose_scenario("workflow-429", "9198765400").code == "429"


def test_without_a_code_it_is_accepted() -> None:
    assert choose_scenario(WORKFLOW, NUMBER).code == "202"
    assert choose_scenario("", "4001").code == "202"


def test_codes_are_unique_and_end_a_number() -> None:
    assert len(SCENARIOS_BY_CODE) == len(SCENARIOS)
    assert all(re.fullmatch("[0-9]{3}", scenario.code) for scenario in SCENARIOS)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.code)
def test_the_title_says_whether_a_message_would_go_out(scenario: Scenario) -> None:
    assert scenario.answer(INVOCATION, ISSUED).accepts is scenario.title.startswith("Accepted")


def test_the_document_holds_the_same_table() -> None:
    rows = re.findall(
        r"^\| `(\d{3})` \| (.+?) \| (.+?) \|$", DOCUMENT.read_text(), flags=re.MULTILINE
    )
    assert rows == [(row.code, row.title, row.in_console) for row in (*SCENARIOS, *ENDINGS)]


# --- the samples of the seed ----------------------------------------------------------------------


def test_the_accepted_answer_is_the_sample_of_the_seed() -> None:
    answer = SCENARIOS_BY_CODE["202"].answer(INVOCATION, ISSUED)
    assert answer.status == 202
    assert json.loads(answer.body) == {
        "requestId": "e574",
        "timestamp": ISSUED.timestamp,
        "success": True,
        "status": 202,
        "message": "Request accepted, execution will start soon",
        "workflowInvocationId": ISSUED.workflow_invocation_id,
        "executionStatus": "ACCEPTED",
    }


def test_the_rejected_answer_is_the_sample_of_the_seed() -> None:
    answer = SCENARIOS_BY_CODE["400"].answer(INVOCATION, ISSUED)
    assert answer.status == 400
    assert json.loads(answer.body) == {
        "requestId": "e574",
        "timestamp": ISSUED.timestamp,
        "success": False,
        "status": 400,
        "message": None,
        "errors": [f"Workflow Instance [{WORKFLOW}] is not published."],
        "workflowInvocationId": ISSUED.workflow_invocation_id,
        "executionStatus": "REJECTED",
    }


def test_an_id_has_22_characters_and_a_timestamp_nine_digits() -> None:
    assert issue(1_739_547_428_018_000_007, UUID(int=61)) == Issued(
        "0" * 21 + "z", "2025-02-14T15:37:08.018000007Z"
    )
    assert re.fullmatch("[0-9A-Za-z]{22}", issue(0, UUID(int=2**128 - 1)).workflow_invocation_id)


# --- what is refused, and in which order ----------------------------------------------------------


def test_a_valid_request_is_an_invocation() -> None:
    asked = request(payload(NUMBER, "e574", name="Asha"))
    assert check_request(asked, ISSUED) == INVOCATION


def test_send2_and_template_params_may_be_missing() -> None:
    least = {"requestId": "e574", "input": {"send1": {"recipient": NUMBER}}}
    assert check_request(request(least), ISSUED) == replace(INVOCATION, second_recipient="")


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "GET"},
        {"method": "PUT"},
        {"path": "/"},
        {"path": address() + "/"},
        {"path": address().replace("/v1/", "/v2/")},
        {"path": address(workflow="")},
    ],
)
def test_another_address_or_method_is_404(changes: dict[str, Any]) -> None:
    assert verdict(request(headers={}, body=b"", **changes))[0] == 404


@pytest.mark.parametrize(
    "media_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonx"]
)
def test_another_content_type_is_415_whatever_else_is_wrong(media_type: str) -> None:
    assert verdict(request(headers={"content-type": media_type}, body=b""))[0] == 415


def test_the_content_type_may_be_spelt_as_in_the_seed_and_name_its_charset() -> None:
    spelt = {"content-type": "application/JSON; charset=utf-8", "api-key": KEY}
    assert isinstance(check_request(request(headers=spelt), ISSUED), Invocation)


@pytest.mark.parametrize(
    ("path", "key"),
    [(address("HXAP1600000097IN"), KEY), (address(), "A0123456789abcdef"), (address(), "")],
)
def test_a_wrong_sid_or_key_is_refused_before_the_body_is_read(path: str, key: str) -> None:
    status, answer = verdict(
        request(path=path, headers={"content-type": "application/json", "api-key": key}, body=b"")
    )
    assert (status, answer["code"], answer["status"]) == (401, "RBC001", 401)
    assert answer["data"] == {}
    assert answer["error"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ([], "body"),
        ("text", "body"),
        ({}, "requestId"),
        (payload() | {"requestId": 7}, "requestId"),
        (payload() | {"requestId": "  "}, "requestId"),
        (payload() | {"requestId": "x" * 256}, "requestId"),
        (payload() | {"input": None}, "send1"),
        ({"requestId": "e574", "input": {"send2": {"recipient": NUMBER}}}, "send1"),
        (payload() | {"input": {"send1": NUMBER}}, "send1"),
        (payload() | {"input": {"send1": {}}}, "send1.recipient"),
        (payload("+919876543210"), "send1.recipient"),
        (payload("91 98765 43210"), "send1.recipient"),
        (payload("call me"), "send1.recipient"),
        (payload("٩١٩٨٧٦٥٤٣٢١٠"), "send1.recipient"),
        (payload(919876543210), "send1.recipient"),
        (payload(NUMBER + "\n"), "send1.recipient"),
        (payload() | {"input": {"send1": {"recipient": NUMBER}, "send2": {}}}, "send2.recipient"),
        (
            payload() | {"input": {"send1": {"recipient": NUMBER, "templateParams": "{}"}}},
            "send1.templateParams",
        ),
        (payload(code=123456), "send1.templateParams"),
        (payload(code=None), "send1.templateParams"),
    ],
)
def test_a_body_that_breaks_the_contract_is_rejected_with_a_reason(
    content: object, reason: str
) -> None:
    status, answer = verdict(request(content))
    assert (status, answer["executionStatus"], answer["message"]) == (400, "REJECTED", None)
    assert [reason in error for error in answer["errors"]] == [True]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe\xfa", b"[" * 100_000, b'{"requestId":' + b"9" * 5_000 + b"}"]
)
def test_a_body_that_is_not_json_is_rejected(body: bytes) -> None:
    status, answer = verdict(request(body=body))
    assert (status, answer["requestId"], answer["errors"]) == (
        400,
        None,
        ["The body is not a JSON object."],
    )


def test_no_reason_repeats_the_number_or_a_value() -> None:
    said = [
        verdict(request(content))[1] for content in (payload("+919876543210"), payload(code=123456))
    ]
    assert not re.search("3210|3456", json.dumps([answer["errors"] for answer in said]))
