"""The body of an invocation, byte by byte, and the curl command that posts the same body."""

import json
import subprocess
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invocations.kaleyra.address import invoke_url
from invocations.kaleyra.payload import Send, build_payload, sends_of, to_curl, to_text

from .samples import BODY, KEY

REQUEST_ID = "e574XXXa-ef19-11ef-b02c-833eaXXXXf1d"
RECIPIENT = "91806XXXXX81"
THREE = {"1": "User", "2": "1 year", "3": "15% discount"}

# Copied from Kaleyra's page, with its blanks and line breaks.
WITHOUT_PARAMS = """{
"requestId" : "e574XXXa-ef19-11ef-b02c-833eaXXXXf1d",
"input" : {
"send1" : {
"recipient" : "91806XXXXX81"
},
"send2" : {
"recipient" : "91806XXXXX81"
}
}
}"""
WITH_PARAMS = """{
"requestId" : "e574XXXa-ef19-11ef-b02c-833eaXXXXf1d",
"input" : {
"send1" : {
"recipient" : "91806XXXXX81",
"templateParams": {
"1" : "User",
"2" : "1 year",
"3" : "15% discount"
}
},
"send2" : {
"recipient" : "91806XXXXX81",
"templateParams": {
"1" : "User",
"2" : "1 year",
"3" : "15% discount"
}
}
}
}"""
WITH_A_SPECIAL_PARAM = """{
"requestId" : "e574XXXa-ef19-11ef-b02c-833eaXXXXf1d",
"input" : {
"send1" : {
"recipient" : "91806XXXXX81",
"templateParams": {
"#verification_code#" : "81XXX23"
}
},
"send2" : {
"recipient" : "91806XXXXX81"
}
}
}"""
SAMPLES: list[tuple[str, list[Send]]] = [
    (WITHOUT_PARAMS, [Send(RECIPIENT), Send(RECIPIENT)]),
    (WITH_PARAMS, [Send(RECIPIENT, THREE), Send(RECIPIENT, THREE)]),
    (WITH_A_SPECIAL_PARAM, [Send(RECIPIENT, {"#verification_code#": "81XXX23"}), Send(RECIPIENT)]),
]

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
params = st.dictionaries(texts, texts, max_size=5)
sends = st.lists(st.builds(Send, st.from_regex(r"\A[0-9]{8,15}\Z"), params), min_size=1, max_size=2)


@pytest.mark.parametrize(("sample", "sent"), SAMPLES, ids=["without", "with", "special"])
def test_the_documented_samples_are_matched_byte_by_byte(sample: str, sent: list[Send]) -> None:
    assert build_payload(REQUEST_ID, sent) == json.loads(sample)
    assert to_text(build_payload(REQUEST_ID, sent)) == json.dumps(
        json.loads(sample), ensure_ascii=False, separators=(",", ":")
    )


def test_a_flow_of_one_channel_has_no_send2() -> None:
    assert build_payload("r", [Send("91")]) == {
        "requestId": "r",
        "input": {"send1": {"recipient": "91"}},
    }


def test_each_channel_has_its_own_number_and_values() -> None:
    payload = build_payload("r", [Send("91", {"01": "a"}), Send("44", {"01": "b"})])
    assert payload["input"]["send1"] == {"recipient": "91", "templateParams": {"01": "a"}}
    assert payload["input"]["send2"] == {"recipient": "44", "templateParams": {"01": "b"}}


@given(texts, sends)
def test_the_text_is_read_back_exactly(request_id: str, sent: list[Send]) -> None:
    text = to_text(build_payload(request_id, sent))
    assert json.loads(text.encode("utf-8")) == build_payload(request_id, sent)
    assert sends_of(text) == sent
    assert to_text(json.loads(text)) == text


def test_the_order_of_the_keys_is_kept() -> None:
    text = to_text(build_payload("r", [Send("91", {"02": "b", "01": "a"})]))
    assert list(sends_of(text)[0].template_params) == ["02", "01"]


def test_text_is_sent_in_utf_8_and_not_as_escapes() -> None:
    assert '"नमस्ते 🎉"' in to_text(build_payload("r", [Send("91", {"01": "नमस्ते 🎉"})]))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_values_that_json_lacks_are_never_written(value: float) -> None:
    payload: dict[str, Any] = {"a": value}
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_text(payload)


# --- the command ----------------------------------------------------------------------------------

URL = invoke_url("api.in.kaleyra.io", "HXAP1600000097IN", "00112233-4455-6677-8899-aabbccddeeff")
WHAT_CURL_GETS = """curl() { printf '%s\\0' "$@"; }
"""


def arguments(command: str) -> list[str]:
    """The arguments that a shell passes to curl."""
    environment = {"KALEYRA_API_KEY": KEY, "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    ran = subprocess.run(
        ["bash", "-c", WHAT_CURL_GETS + command], env=environment, capture_output=True, check=True
    )
    assert not ran.stderr
    return ran.stdout.decode().split("\0")[:-1]


def test_the_command_posts_what_the_client_posts() -> None:
    assert arguments(to_curl(URL, BODY)) == [
        *("-X", "POST", URL),
        *("--header", "Content-Type: application/json"),
        *("--header", f"api-key: {KEY}"),
        *("--data-raw", BODY),
    ]


def test_the_command_follows_no_redirect() -> None:
    assert "--location" not in to_curl(URL, BODY)


@settings(max_examples=40, deadline=None)
@given(
    st.one_of(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=80),
        st.sampled_from(
            [
                "'",
                '"',
                "`id`",
                "$(id)",
                "${KALEYRA_API_KEY}",
                "\\",
                "\\\n",
                "!!",
                "@/etc/passwd",
                "-x",
                "a' ; id '",
                "\n",
                "é🎉",
                "* ? [a]",
                "~",
            ]
        ),
    )
)
def test_no_body_can_leave_the_quotes_of_the_command(value: str) -> None:
    body = to_text(build_payload("r", [Send("91", {"01": value})])) + value
    command = to_curl(URL, body)
    subprocess.run(["bash", "-n", "-c", command], check=True, capture_output=True)
    assert arguments(command)[-1] == body
