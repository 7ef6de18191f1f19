"""What the channels allow in values: DLT in India, verification codes, WhatsApp white space."""

from typing import Any

import pytest

from invocations.kaleyra.limits import LimitFinding, value_findings
from invocations.kaleyra.template_params import (
    PARAM_HEADER,
    PARAM_URL,
    VERIFICATION_CODE,
    ChannelKind,
)

SMS, WHATSAPP = ChannelKind.SMS, ChannelKind.WHATSAPP
INDIAN = "Dear {#var#}, your code is {#var#}."


def dlt_findings(value: str, text: str = "Dear {#var#}.", **changes: Any) -> list[LimitFinding]:
    return value_findings(
        {"01": value}, **{"kind": SMS, "template_text": text, "region": "IN"} | changes
    )


def code_findings(value: str, kind: ChannelKind = WHATSAPP, *, otp: bool = False) -> list[str]:
    return [finding.code for finding in value_findings({VERIFICATION_CODE: value}, kind, otp=otp)]


# --- India's DLT ----------------------------------------------------------------------------------


def test_thirty_characters_pass_and_one_more_blocks() -> None:
    assert dlt_findings("x" * 30) == []
    assert dlt_findings("x" * 31) == [
        LimitFinding("dlt_too_long", "01", True, {"length": 31, "limit": 30, "over": 1})
    ]
    assert dlt_findings("x" * 45)[0].facts["over"] == 15


@pytest.mark.parametrize("value", ["a<b", "a>b", "<b>"])
def test_an_angle_bracket_blocks(value: str) -> None:
    assert dlt_findings(value) == [LimitFinding("dlt_angle", "01", True)]


def test_two_blanks_in_a_row_warn() -> None:
    assert dlt_findings("Asha Rao") == []
    assert dlt_findings("Asha  Rao") == [LimitFinding("dlt_double_blank", "01", False)]


@pytest.mark.parametrize("value", [" Asha", "Asha "])
def test_a_blank_next_to_a_blank_of_the_template_makes_two(value: str) -> None:
    assert dlt_findings(value, "Dear{#var#}.") == []
    assert [finding.code for finding in dlt_findings(value, "Dear {#var#} !")] == [
        "dlt_double_blank"
    ]


def test_all_findings_of_a_value_are_reported() -> None:
    assert [finding.code for finding in dlt_findings("<" * 31 + "  ")] == [
        "dlt_too_long",
        "dlt_angle",
        "dlt_double_blank",
    ]


@pytest.mark.parametrize("changes", [{"region": "IT"}, {"region": ""}, {"kind": WHATSAPP}])
def test_dlt_applies_to_an_sms_to_india_only(changes: dict[str, Any]) -> None:
    assert dlt_findings("<" * 31 + "  ", **changes) == []


@pytest.mark.parametrize("text", ["", "Dear {{1}}.", "Dear {01}.", "Dear {{01}}."])
def test_dlt_applies_to_its_own_placeholders_only(text: str) -> None:
    assert dlt_findings("<" * 31 + "  ", text) == []


def test_a_value_for_no_dlt_placeholder_has_no_limit() -> None:
    long = "x" * 31
    assert (
        value_findings({"01": "Asha", "02": long}, SMS, template_text="Dear {#var#}.", region="IN")
        == []
    )
    assert [
        finding.key
        for finding in value_findings(
            {"name": long, "01": long}, SMS, template_text="{#var#} {name}", region="IN"
        )
    ] == ["01"]


def test_the_value_at_the_position_of_the_placeholder_is_checked() -> None:
    params = {PARAM_URL: "x" * 31, "01": "Asha", VERIFICATION_CODE: "123456"}
    one_place = {"template_text": "{#var#}", "region": "IN"}
    assert [finding.key for finding in value_findings(params, SMS, otp=False, **one_place)] == [
        PARAM_URL
    ]
    assert value_findings(params, SMS, otp=True, **one_place) == []


# --- verification codes ---------------------------------------------------------------------------


def test_a_code_has_fifteen_characters_at_most() -> None:
    assert value_findings({VERIFICATION_CODE: "x" * 15}, WHATSAPP) == []
    assert value_findings({VERIFICATION_CODE: "x" * 17}, WHATSAPP) == [
        LimitFinding(
            "code_too_long", VERIFICATION_CODE, True, {"length": 17, "limit": 15, "over": 2}
        )
    ]


@pytest.mark.parametrize(
    "code",
    [
        "https://a.b/c",
        "HTTP://x",
        "www.example",
        "bit.ly/3xY",
        "example.com",
        "see kaleyra.io",
        "a.in?x=1",
        "t.me ",
    ],
)
def test_a_code_that_is_a_url_blocks(code: str) -> None:
    assert code_findings(code) == ["code_url"]


@pytest.mark.parametrize(
    "code", ["12345😀", "✅1234", "1️⃣234", "🇮🇳123", "⌚1234", "⭐1234", "❤1234", "🥳"]
)
def test_a_code_with_an_emoji_blocks(code: str) -> None:
    assert code_findings(code) == ["code_emoji"]


@pytest.mark.parametrize(
    "code",
    [
        "123456",
        "12-34-56",
        "AB12CD",
        "12.ab34",
        "81XXX23",
        "123.456",
        "१२३४५६",
        "Ab.1",
        "x:y/z",
        "12 34 56",
    ],
)
def test_an_ordinary_code_passes(code: str) -> None:
    assert code_findings(code) == []


def test_all_findings_of_a_code_block() -> None:
    found = value_findings({VERIFICATION_CODE: "https://example.com/😀"}, WHATSAPP)
    assert [(finding.code, finding.blocks) for finding in found] == [
        ("code_too_long", True),
        ("code_url", True),
        ("code_emoji", True),
    ]


def test_the_rules_of_a_code_apply_to_whatsapp_and_to_an_otp() -> None:
    assert code_findings("x" * 16, WHATSAPP) == ["code_too_long"]
    assert code_findings("x" * 16, SMS, otp=True) == ["code_too_long"]
    assert code_findings("x" * 16, SMS) == []


def test_other_values_may_be_long_or_urls() -> None:
    assert (
        value_findings(
            {"01": "https://example.com/😀/" + "x" * 50, PARAM_URL: "https://example.com"}, WHATSAPP
        )
        == []
    )


# --- white space in WhatsApp ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "which"),
    [
        ("a\nb", ("newline",)),
        ("a\rb", ("newline",)),
        ("a\r\nb", ("newline",)),
        ("a\tb", ("tab",)),
        ("a    b", ("blanks",)),
        ("a     b", ("blanks",)),
        ("a\n\tb    ", ("newline", "tab", "blanks")),
    ],
)
def test_white_space_that_meta_refuses_warns_and_is_named(
    value: str, which: tuple[str, ...]
) -> None:
    assert value_findings({"01": "Asha", "02": value}, WHATSAPP) == [
        LimitFinding("whatsapp_white_space", "02", False, {"which": which})
    ]


@pytest.mark.parametrize("key", [PARAM_HEADER, PARAM_URL, "name"])
def test_white_space_is_checked_in_every_value(key: str) -> None:
    assert [finding.key for finding in value_findings({key: "a\nb"}, WHATSAPP)] == [key]


def test_three_blanks_pass_and_an_sms_may_have_lines() -> None:
    assert value_findings({"01": "a   b"}, WHATSAPP) == []
    assert value_findings({"01": "a\n\tb    c"}, SMS) == []


def test_no_finding_contains_a_value() -> None:
    secret = "<canary  canary\tcanary😀 https://canary.io>" * 2
    params = {VERIFICATION_CODE: secret, "01": secret}
    found = [
        *value_findings(params, WHATSAPP),
        *value_findings(params, SMS, template_text=INDIAN, otp=True, region="IN"),
    ]
    assert len(found) > 8
    assert "canary" not in repr(found)
