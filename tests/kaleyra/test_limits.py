"""What the channels allow of values, of their order and of a template's text."""

from typing import Any

import pytest

from invocations.kaleyra.limits import (
    LimitFinding,
    order_findings,
    template_mode,
    template_problems,
    value_findings,
)
from invocations.kaleyra.template_params import (
    PARAM_HEADER,
    PARAM_URL,
    VERIFICATION_CODE,
    ChannelKind,
    ParamsError,
    checked,
)

SMS, WHATSAPP = ChannelKind.SMS, ChannelKind.WHATSAPP
INDIAN = "Dear {#var#}, your code is {#var#}."


def of_dlt(value: str, text: str = "Dear {#var#}.", **changes: Any) -> list[LimitFinding]:
    return value_findings(
        {"01": value}, **{"kind": SMS, "template_text": text, "region": "IN"} | changes
    )


def of_code(value: str, kind: ChannelKind = WHATSAPP, *, otp: bool = False) -> list[str]:
    return [finding.code for finding in value_findings({VERIFICATION_CODE: value}, kind, otp=otp)]


# --- India's DLT ------------------------------------------------------------------------------------------------------


def test_thirty_characters_pass_and_one_more_blocks() -> None:
    assert of_dlt("x" * 30) == []
    assert of_dlt("x" * 31) == [
        LimitFinding("dlt_too_long", "01", True, {"length": 31, "limit": 30, "over": 1})
    ]
    assert of_dlt("x" * 45)[0].facts["over"] == 15


@pytest.mark.parametrize("value", ["a<b", "a>b", "<b>"])
def test_an_angle_bracket_blocks(value: str) -> None:
    assert of_dlt(value) == [LimitFinding("dlt_angle", "01", True)]


def test_two_blanks_in_a_row_warn() -> None:
    assert of_dlt("Asha Rao") == []
    assert of_dlt("Asha  Rao") == [LimitFinding("dlt_double_blank", "01", False)]


@pytest.mark.parametrize("value", [" Asha", "Asha "])
def test_a_blank_beside_a_blank_of_the_template_is_two(value: str) -> None:
    assert of_dlt(value, "Dear{#var#}.") == []
    assert [finding.code for finding in of_dlt(value, "Dear {#var#} !")] == ["dlt_double_blank"]


def test_all_that_is_wrong_with_a_value_is_told() -> None:
    assert [finding.code for finding in of_dlt("<" * 31 + "  ")] == [
        "dlt_too_long",
        "dlt_angle",
        "dlt_double_blank",
    ]


@pytest.mark.parametrize("tag", ["var", "numeric", "alphanumeric", "url", "urlott", "cbn", "email"])
def test_each_of_indias_tags_has_the_limit(tag: str) -> None:
    assert [finding.code for finding in of_dlt("x" * 31, f"See {{#{tag}#}}.")] == ["dlt_too_long"]


@pytest.mark.parametrize("changes", [{"region": "IT"}, {"region": ""}, {"kind": WHATSAPP}])
def test_dlt_is_for_an_sms_to_india_only(changes: dict[str, Any]) -> None:
    assert of_dlt("<" * 31 + "  ", **changes) == []


@pytest.mark.parametrize("text", ["", "Dear {{1}}.", "Dear {01}.", "Dear {{01}}."])
def test_dlt_is_for_indias_places_only(text: str) -> None:
    assert of_dlt("<" * 31 + "  ", text) == []


def test_a_value_that_fills_no_place_of_indias_has_no_limit() -> None:
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


def test_the_value_is_looked_for_where_the_order_puts_it() -> None:
    params = {PARAM_URL: "x" * 31, "01": "Asha", VERIFICATION_CODE: "123456"}
    one_place = {"template_text": "{#var#}", "region": "IN"}
    assert [finding.key for finding in value_findings(params, SMS, otp=False, **one_place)] == [
        PARAM_URL
    ]
    assert value_findings(params, SMS, otp=True, **one_place) == []


# --- verification codes -----------------------------------------------------------------------------------------------


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
def test_an_address_is_no_code(code: str) -> None:
    assert of_code(code) == ["code_url"]


@pytest.mark.parametrize(
    "code", ["12345😀", "✅1234", "1️⃣234", "🇮🇳123", "⌚1234", "⭐1234", "❤1234", "🥳"]
)
def test_an_emoji_is_in_no_code(code: str) -> None:
    assert of_code(code) == ["code_emoji"]


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
    assert of_code(code) == []


def test_all_that_is_wrong_with_a_code_blocks() -> None:
    found = value_findings({VERIFICATION_CODE: "https://example.com/😀"}, WHATSAPP)
    assert [(finding.code, finding.blocks) for finding in found] == [
        ("code_too_long", True),
        ("code_url", True),
        ("code_emoji", True),
    ]


def test_the_rules_of_a_code_are_for_whatsapp_and_for_an_otp() -> None:
    assert of_code("x" * 16, WHATSAPP) == ["code_too_long"]
    assert of_code("x" * 16, SMS, otp=True) == ["code_too_long"]
    assert of_code("x" * 16, SMS) == []


def test_other_values_may_be_long_and_addresses() -> None:
    assert (
        value_findings(
            {"01": "https://example.com/😀/" + "x" * 50, PARAM_URL: "https://example.com"}, WHATSAPP
        )
        == []
    )


# --- white space in WhatsApp ------------------------------------------------------------------------------------------


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
def test_white_space_that_meta_refuses_warns_and_says_which(
    value: str, which: tuple[str, ...]
) -> None:
    assert value_findings({"01": "Asha", "02": value}, WHATSAPP) == [
        LimitFinding("whatsapp_white_space", "02", False, {"which": which})
    ]


@pytest.mark.parametrize("key", [PARAM_HEADER, PARAM_URL, "name"])
def test_white_space_is_looked_for_in_every_value(key: str) -> None:
    assert [finding.key for finding in value_findings({key: "a\nb"}, WHATSAPP)] == [key]


def test_three_blanks_pass_and_an_sms_may_have_lines() -> None:
    assert value_findings({"01": "a   b"}, WHATSAPP) == []
    assert value_findings({"01": "a\n\tb    c"}, SMS) == []


def test_no_finding_carries_a_value() -> None:
    secret = "<canary  canary\tcanary😀 https://canary.io>" * 2
    params = {VERIFICATION_CODE: secret, "01": secret}
    found = [
        *value_findings(params, WHATSAPP),
        *value_findings(params, SMS, template_text=INDIAN, otp=True, region="IN"),
    ]
    assert len(found) > 8
    assert "canary" not in repr(found)


# --- the order --------------------------------------------------------------------------------------------------------


def dangers(
    *keys: str, kind: ChannelKind = SMS, text: str = "{{1}} {{2}}", **changes: Any
) -> list[tuple[str, str]]:
    return [
        (finding.code, finding.key)
        for finding in order_findings(keys, kind, template_text=text, **changes)
    ]


def test_ten_before_two_blocks_as_it_does_when_checked() -> None:
    keys = [str(number) for number in range(1, 11)]
    [finding] = order_findings(keys, WHATSAPP, template_text="{{1}}")
    assert (finding.code, finding.key, finding.blocks) == ("out_of_order", "10", True)
    assert finding.facts["order"] == ("1", "10", "2", "3", "4", "5", "6", "7", "8", "9")
    with pytest.raises(ParamsError, match="out_of_order"):
        checked((key, "x") for key in keys)


def test_padded_keys_and_keys_with_prefixes_are_in_order() -> None:
    assert dangers(*[str(number).zfill(2) for number in range(1, 13)]) == []
    assert dangers("1_name", "2_city") == []
    assert dangers("2", "1") == []


def test_a_capital_overtakes_a_small_letter_that_was_typed_first() -> None:
    [finding] = order_findings(["name", "date", "City", "town"], SMS, template_text="{#var#}")
    assert finding == LimitFinding(
        "capitals",
        "City",
        False,
        {"order": ("City", "date", "name", "town"), "before": ("name", "date")},
    )


@pytest.mark.parametrize(
    "keys",
    [
        ("City", "name"),
        ("Name", "City"),
        ("name", "city"),
        ("01name", "02City"),
        ("Z", "é"),
        ("a", "É"),
    ],
)
def test_capitals_that_overtake_nothing_are_no_danger(keys: tuple[str, ...]) -> None:
    assert dangers(*keys) == []


@pytest.mark.parametrize("key", [PARAM_HEADER, PARAM_URL])
def test_a_special_key_of_an_sms_shifts_the_digits(key: str) -> None:
    [finding] = order_findings(["01", "02", key], SMS, template_text="{#var#} {#var#}")
    assert finding == LimitFinding(
        "special_first", key, False, {"order": (key, "01", "02"), "before": ("01", "02")}
    )


def test_the_code_of_an_otp_is_meant_to_be_first_and_another_is_not() -> None:
    assert dangers(VERIFICATION_CODE, "01") == []
    assert dangers(VERIFICATION_CODE, "01", otp=True) == []
    assert dangers(VERIFICATION_CODE, "01", otp=False) == [("special_first", VERIFICATION_CODE)]
    [finding] = order_findings(
        ["01", PARAM_URL, VERIFICATION_CODE], SMS, template_text="{{1}}", otp=True
    )
    assert finding == LimitFinding(
        "special_first",
        PARAM_URL,
        False,
        {"order": (VERIFICATION_CODE, PARAM_URL, "01"), "before": ("01",)},
    )


def test_a_special_key_shifts_nothing_on_whatsapp_or_alone() -> None:
    assert dangers(PARAM_URL, "01", kind=WHATSAPP) == []
    assert dangers(PARAM_URL) == []
    assert dangers("!first", PARAM_URL) == []


@pytest.mark.parametrize("text", ["Hi {name}, {City}", "Hi {{name}}", "No places"])
def test_the_order_is_no_danger_where_nothing_is_taken_by_position(text: str) -> None:
    assert dangers("name", "City", "1", "10", "2", PARAM_URL, text=text) == []


def test_of_an_unknown_text_what_can_be_told_is_told() -> None:
    assert dangers("name", "City", "1", "10", "2", PARAM_URL, text="") == [
        ("out_of_order", "10"),
        ("capitals", "City"),
    ]


def test_some_positional_places_among_names_are_enough() -> None:
    assert dangers("name", "City", PARAM_URL, text="{name} {{1}}") == [
        ("capitals", "City"),
        ("special_first", PARAM_URL),
    ]


# --- the text of a template -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "of_an_sms", "of_whatsapp"),
    [
        ("", "none", "none"),
        ("Your order is ready. {}", "none", "none"),
        ("{{1}} {{$2}}", "positional", "positional"),
        (INDIAN, "positional", "positional"),
        ("{{name}}", "named", "named"),
        ("{name}", "named", "none"),
        ("{{1}} {{name}}", "mixed", "mixed"),
        ("{{1}} {name}", "mixed", "positional"),
    ],
)
def test_the_mode_of_a_template(text: str, of_an_sms: str, of_whatsapp: str) -> None:
    assert template_mode(text, SMS) == of_an_sms
    assert template_mode(text, WHATSAPP) == of_whatsapp


def problems(text: str, kind: ChannelKind = WHATSAPP) -> list[LimitFinding]:
    return template_problems(text, kind)


@pytest.mark.parametrize(
    "text", ["", "Plain", "{{1}} {{2}} {{1}}", "{{2}} {{1}}", "{{$1}}", "{{name}} {{city}}", INDIAN]
)
def test_a_sound_template_has_no_problems(text: str) -> None:
    assert problems(text, SMS) == problems(text, WHATSAPP) == []


def test_positions_among_names_warn() -> None:
    assert (
        problems("{{1}} {{name}}")
        == problems("{{1}} {name}", SMS)
        == [LimitFinding("mixed", "", False)]
    )


def test_single_braces_block_on_whatsapp_each_once_and_not_in_an_sms() -> None:
    text = "Hi {name}, {name}, your {OTP}"
    assert problems(text) == [
        LimitFinding("single_brace_on_whatsapp", "name", True, {"text": "{name}"}),
        LimitFinding("single_brace_on_whatsapp", "OTP", True, {"text": "{OTP}"}),
    ]
    assert problems(text, SMS) == []


def test_double_braces_are_no_single_ones_and_half_a_pair_is() -> None:
    assert problems("Hi {{name}}") == []
    assert [finding.facts["text"] for finding in problems("Hi {{1}, {name}}")] == ["{1}", "{name}"]


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("{{1}} {{3}}", (2,)),
        ("{{5}} {{1}} {{2}}", (3, 4)),
        ("{{$1}} {{$4}}", (2, 3)),
        ("{#var#} {{3}}", (2,)),
    ],
)
def test_a_gap_between_positions_warns(text: str, missing: tuple[int, ...]) -> None:
    assert (
        problems(text)
        == problems(text, SMS)
        == [LimitFinding("gap", "", False, {"missing": missing})]
    )


@pytest.mark.parametrize(("text", "first"), [("{{2}} {{3}}", 2), ("{{0}} {{1}}", 0)])
def test_positions_that_do_not_start_at_one_warn(text: str, first: int) -> None:
    assert problems(text) == [LimitFinding("starts_not_at_one", "", False, {"first": first})]


def test_a_late_start_is_no_gap_but_may_have_one() -> None:
    assert [(finding.code, dict(finding.facts)) for finding in problems("{{2}} {{4}}")] == [
        ("starts_not_at_one", {"first": 2}),
        ("gap", {"missing": (3,)}),
    ]
