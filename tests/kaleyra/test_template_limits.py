"""The order of the keys and the text of a template, checked for mistakes."""

from typing import Any

import pytest

from invocations.kaleyra.limits import (
    LimitFinding,
    order_findings,
    template_mode,
    template_problems,
)
from invocations.kaleyra.template_params import (
    PARAM_HEADER,
    PARAM_URL,
    VERIFICATION_CODE,
    ChannelKind,
)

SMS, WHATSAPP = ChannelKind.SMS, ChannelKind.WHATSAPP
INDIAN = "Dear {#var#}, your code is {#var#}."


# --- the order ------------------------------------------------------------------------------------


def found_in_order(
    *keys: str, kind: ChannelKind = SMS, text: str = "{{1}} {{2}}", **changes: Any
) -> list[tuple[str, str]]:
    return [
        (finding.code, finding.key)
        for finding in order_findings(keys, kind, template_text=text, **changes)
    ]


def test_ten_before_two_blocks() -> None:
    keys = [str(number) for number in range(1, 11)]
    [finding] = order_findings(keys, WHATSAPP, template_text="{{1}}")
    assert (finding.code, finding.key, finding.blocks) == ("out_of_order", "10", True)
    assert finding.facts["order"] == ("1", "10", "2", "3", "4", "5", "6", "7", "8", "9")


def test_padded_keys_and_keys_with_prefixes_are_in_order() -> None:
    assert found_in_order(*[str(number).zfill(2) for number in range(1, 13)]) == []
    assert found_in_order("1_name", "2_city") == []
    assert found_in_order("2", "1") == []


def test_a_capital_sorts_before_a_small_letter_typed_first() -> None:
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
    assert found_in_order(*keys) == []


@pytest.mark.parametrize("key", [PARAM_HEADER, PARAM_URL])
def test_a_special_key_of_an_sms_shifts_the_digits(key: str) -> None:
    [finding] = order_findings(["01", "02", key], SMS, template_text="{#var#} {#var#}")
    assert finding == LimitFinding(
        "special_first", key, False, {"order": (key, "01", "02"), "before": ("01", "02")}
    )


def test_the_code_of_an_otp_comes_first_and_other_codes_do_not() -> None:
    assert found_in_order(VERIFICATION_CODE, "01") == []
    assert found_in_order(VERIFICATION_CODE, "01", otp=True) == []
    assert found_in_order(VERIFICATION_CODE, "01", otp=False) == [
        ("special_first", VERIFICATION_CODE)
    ]
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
    assert found_in_order(PARAM_URL, "01", kind=WHATSAPP) == []
    assert found_in_order(PARAM_URL) == []
    assert found_in_order("!first", PARAM_URL) == []


@pytest.mark.parametrize("text", ["Hi {name}, {City}", "Hi {{name}}", "No places"])
def test_named_placeholders_do_not_depend_on_the_order(text: str) -> None:
    assert found_in_order("name", "City", "1", "10", "2", PARAM_URL, text=text) == []


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        (" ".join(f"{{{number}}}" for number in range(1, 12)), [str(n) for n in range(1, 12)]),
        ("{{2_date}} {{10_time}}", ["2_date", "10_time"]),
        ("{9} {10} {#var#}", ["01", "9", "10"]),
        ("{{1}} {{2}} {{10_time}} {{2_date}}", ["01", "02", "10_time", "2_date"]),
    ],
)
def test_numbers_in_the_names_of_places_are_in_any_order(text: str, keys: list[str]) -> None:
    assert found_in_order(*keys, text=text) == []


def test_values_by_position_beside_named_ones_are_still_out_of_order() -> None:
    keys = ["10_time", "2_date", "2", "10"]
    assert found_in_order(*keys, text="{{1}} {{2}} {{10_time}} {{2_date}}") == [
        ("out_of_order", "10")
    ]


def test_an_unknown_text_gets_the_findings_that_need_no_text() -> None:
    assert found_in_order("name", "City", "1", "10", "2", PARAM_URL, text="") == [
        ("out_of_order", "10"),
        ("capitals", "City"),
    ]


def test_one_positional_placeholder_among_names_is_enough() -> None:
    assert found_in_order("name", "City", PARAM_URL, text="{name} {{1}}") == [
        ("capitals", "City"),
        ("special_first", PARAM_URL),
    ]


# --- the text of a template -----------------------------------------------------------------------


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


def problems_of(text: str, kind: ChannelKind = WHATSAPP) -> list[LimitFinding]:
    return template_problems(text, kind)


@pytest.mark.parametrize(
    "text", ["", "Plain", "{{1}} {{2}} {{1}}", "{{2}} {{1}}", "{{$1}}", "{{name}} {{city}}", INDIAN]
)
def test_a_sound_template_has_no_problems(text: str) -> None:
    assert problems_of(text, SMS) == problems_of(text, WHATSAPP) == []


def test_positions_among_names_warn() -> None:
    assert (
        problems_of("{{1}} {{name}}")
        == problems_of("{{1}} {name}", SMS)
        == [LimitFinding("mixed", "", False)]
    )


def test_single_braces_block_on_whatsapp_once_for_each_name_and_not_in_an_sms() -> None:
    text = "Hi {name}, {name}, your {OTP}"
    assert problems_of(text) == [
        LimitFinding("single_brace_on_whatsapp", "name", True, {"text": "{name}"}),
        LimitFinding("single_brace_on_whatsapp", "OTP", True, {"text": "{OTP}"}),
    ]
    assert problems_of(text, SMS) == []


def test_double_braces_are_no_single_ones_and_half_a_pair_is() -> None:
    assert problems_of("Hi {{name}}") == []
    assert [finding.facts["text"] for finding in problems_of("Hi {{1}, {name}}")] == [
        "{1}",
        "{name}",
    ]


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
        problems_of(text)
        == problems_of(text, SMS)
        == [LimitFinding("gap", "", False, {"missing": missing})]
    )


@pytest.mark.parametrize(("text", "first"), [("{{2}} {{3}}", 2), ("{{0}} {{1}}", 0)])
def test_positions_that_do_not_start_at_one_warn(text: str, first: int) -> None:
    assert problems_of(text) == [LimitFinding("starts_not_at_one", "", False, {"first": first})]


def test_a_late_start_is_no_gap_but_may_have_one() -> None:
    assert [(finding.code, dict(finding.facts)) for finding in problems_of("{{2}} {{4}}")] == [
        ("starts_not_at_one", {"first": 2}),
        ("gap", {"missing": (3,)}),
    ]
