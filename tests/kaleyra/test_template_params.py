"""The order of the values, and which placeholder of a template each one fills."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from invocations.kaleyra.rendering import resolve, resolve_variable
from invocations.kaleyra.template_params import (
    PARAM_HEADER,
    PARAM_URL,
    SPECIAL_KEYS,
    VERIFICATION_CODE,
    ChannelKind,
    numbered_keys,
    ordered_params,
    out_of_order,
    renumbered_keys,
)

from .strategies import keys, texts, values

WHATSAPP, SMS = ChannelKind.WHATSAPP, ChannelKind.SMS


# --- the order of the values ----------------------------------------------------------------------


def test_values_are_in_the_text_order_of_their_keys_so_10_comes_before_2() -> None:
    params = {str(number): f"v{number}" for number in range(1, 13)}
    assert [key for key, _ in ordered_params(params, WHATSAPP)] == [
        "1",
        "10",
        "11",
        "12",
        "2",
        "3",
        "4",
        "5",
        "6",
        "7",
        "8",
        "9",
    ]
    assert resolve("{{1}} {{2}} {{10}}", params, WHATSAPP).text == "v1 v10 v7"


def test_padded_keys_are_in_order_beyond_nine() -> None:
    params = {key: f"v{int(key)}" for key in numbered_keys(12)}
    assert resolve("{{1}} {{2}} {{10}} {{12}}", params, WHATSAPP).text == "v1 v2 v10 v12"


def test_digits_come_before_capitals_and_capitals_before_small_letters() -> None:
    assert [key for key, _ in ordered_params(dict.fromkeys(["b", "B", "a", "1"], "x"), SMS)] == [
        "1",
        "B",
        "a",
        "b",
    ]


@given(st.dictionaries(keys, values))
def test_the_order_is_the_text_order_of_python_in_any_order_of_typing(
    params: dict[str, str],
) -> None:
    assume(not params.keys() & set(SPECIAL_KEYS))
    for kind in ChannelKind:
        assert (
            ordered_params(params, kind)
            == ordered_params(dict(reversed(params.items())), kind)
            == sorted(params.items())
        )
        text = " ".join(f"{{{{{position}}}}}" for position in range(1, len(params) + 1))
        assert resolve(text, params, kind).text == " ".join(params[key] for key in sorted(params))


@pytest.mark.parametrize("count", [0, 1, 9, 10, 99, 100, 999, 1000])
def test_numbered_keys_sort_as_text_as_they_do_as_numbers(count: int) -> None:
    assert sorted(numbered_keys(count)) == numbered_keys(count)
    assert [int(key) for key in numbered_keys(count)] == list(range(1, count + 1))
    assert out_of_order(numbered_keys(count)) == []


def test_numbers_are_padded_to_two_digits_at_least() -> None:
    assert numbered_keys(2) == ["01", "02"]
    assert numbered_keys(100)[:2] == ["001", "002"]


def test_renumbering_keeps_the_order_and_the_special_keys() -> None:
    assert renumbered_keys(["b", PARAM_URL, "10", "a"]) == ["01", PARAM_URL, "02", "03"]


@pytest.mark.parametrize(
    ("given_keys", "late"),
    [
        (["1", "2", "10"], ["10"]),
        (["1_name", "2_city", "10_code"], ["10_code"]),
        ([str(number) for number in range(1, 13)], ["12"]),
        (["2", "10", "100"], ["100"]),
        (["01", "02", "10"], []),
        (["1", "2", "9"], []),
        (["10", "11"], []),
        (["name", "city"], []),
        (["1", "01"], []),
        ([], []),
    ],
)
def test_keys_with_another_text_order_than_number_order_are_named(
    given_keys: list[str], late: list[str]
) -> None:
    assert out_of_order(given_keys) == late


def test_a_number_too_long_for_int_is_still_a_number() -> None:
    assert out_of_order(["2", "1" + "0" * 5000]) == ["1" + "0" * 5000]


# --- special parameters ---------------------------------------------------------------------------


SPECIAL = {
    VERIFICATION_CODE: "481723",
    PARAM_HEADER: "Hello",
    PARAM_URL: "track/1",
    "01": "Asha",
    "02": "noon",
}


def test_whatsapp_leaves_the_special_parameters_out_of_the_body() -> None:
    resolved = resolve("{{1}} at {{2}} {{3}}", SPECIAL, WHATSAPP)
    assert (resolved.text, resolved.missing, resolved.unused) == (
        "Asha at noon {{3}}",
        ("{{3}}",),
        (),
    )


def test_an_sms_takes_special_parameters_as_variables_before_the_numbers() -> None:
    assert [key for key, _ in ordered_params(SPECIAL, SMS)] == [
        PARAM_HEADER,
        PARAM_URL,
        VERIFICATION_CODE,
        "01",
        "02",
    ]
    assert (
        resolve("{#var#}|{#var#}|{#var#}|{#var#}", SPECIAL, SMS).text == "Hello|track/1|481723|Asha"
    )


def test_an_sms_of_type_otp_has_the_code_first_and_the_others_shift() -> None:
    assert (
        resolve("{#var#}|{#var#}|{#var#}|{#var#}", SPECIAL, SMS, otp=True).text
        == "481723|Hello|track/1|Asha"
    )
    assert (
        resolve(
            "{#var#} is your code", {"01": "x", VERIFICATION_CODE: "481723"}, SMS, otp=True
        ).text
        == "481723 is your code"
    )


def test_an_otp_template_without_a_code_is_filled_like_any_other() -> None:
    assert resolve("{#var#} {#var#}", {"01": "a", "02": "b"}, SMS, otp=True).text == "a b"


def test_a_whatsapp_authentication_template_shows_the_code_and_no_other_special() -> None:
    assert (
        resolve("{{1}} is your code, {{2}}", SPECIAL, WHATSAPP, otp=True).text
        == "481723 is your code, Asha"
    )


@pytest.mark.parametrize("special_key", [PARAM_HEADER, PARAM_URL])
def test_a_header_or_button_takes_its_own_special_parameter_alone(special_key: str) -> None:
    filled = resolve_variable(
        "https://k.example/{{1}}?a=b", {special_key: "x{{1}}", "01": "no"}, special_key
    )
    assert (filled.text, filled.missing, filled.unused) == ("https://k.example/x{{1}}?a=b", (), ())


def test_a_header_without_its_parameter_is_missing_it() -> None:
    assert resolve_variable("Order {{1}}", {"01": "no"}, PARAM_HEADER).missing == ("{{1}}",)


def test_a_header_without_a_variable_leaves_its_parameter_unused() -> None:
    plain = resolve_variable("Your order", {PARAM_HEADER: "x"}, PARAM_HEADER)
    assert (plain.text, plain.unused) == ("Your order", (PARAM_HEADER,))


# --- what the customer sees -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "params", "kind", "seen"),
    [
        ("Here is your {OTP}", {"OTP": "123456"}, SMS, "Here is your 123456"),
        ("Here is your {OTP}", {"OTP": "123456"}, WHATSAPP, "Here is your {OTP}"),
        ("Here is your {{OTP}}", {"OTP": "123456"}, WHATSAPP, "Here is your 123456"),
        ("Here is your {{otp}}", {"OTP": "123456"}, WHATSAPP, "Here is your {{otp}}"),
        ("{{$1}}, {{$2}}", {"1": "User", "2": "1 year"}, WHATSAPP, "User, 1 year"),
        ("{{1}} {{1}} {{2}}", {"1": "a", "2": "b"}, WHATSAPP, "a a b"),
        ("{#var#} {#var#} {#var#}", {"1": "a", "2": "b"}, SMS, "a b {#var#}"),
        ("{{2}} only", {"1": "a", "2": "b"}, WHATSAPP, "b only"),
        ("{{3}} gap", {"1": "a", "3": "c"}, WHATSAPP, "{{3}} gap"),
        ("{{2}} gap", {"1": "a", "3": "c"}, WHATSAPP, "c gap"),
        ("{{0}} {{9999}}", {"1": "a"}, WHATSAPP, "{{0}} {{9999}}"),
        ("{{name}} {{1}} {{2}}", {"1": "a", "name": "Asha"}, WHATSAPP, "Asha a Asha"),
        ("{{1}} {#var#}", {"1": "a"}, SMS, "a a"),
    ],
)
def test_a_template_is_filled_by_position_or_by_exact_name(
    text: str, params: dict[str, str], kind: ChannelKind, seen: str
) -> None:
    assert resolve(text, params, kind).text == seen


def test_missing_and_unused_parameters_are_named_once() -> None:
    resolved = resolve("{{1}} {{name}} {{name}} {{4}}", {"01": "a", "02": "b", "03": "c"}, WHATSAPP)
    assert (resolved.missing, resolved.unused) == (("{{name}}", "{{4}}"), ("02", "03"))


def test_each_piece_has_the_key_of_its_value() -> None:
    pieces = resolve("Hi {{1}}!", {"01": "Asha"}, WHATSAPP).pieces
    assert [(piece.text, piece.key) for piece in pieces] == [
        ("Hi ", None),
        ("Asha", "01"),
        ("!", None),
    ]


@given(
    values,
    values,
    st.sampled_from(["{{1}}|{{2}}", "{#var#}|{#var#}", "{{a}}|{{b}}", "{a}|{b}", "{{$1}}|{{$2}}"]),
)
def test_a_value_is_inserted_once_and_never_read_as_a_placeholder(
    first: str, second: str, text: str
) -> None:
    params = {"a": first, "b": second}
    assert resolve(text, params, SMS).text == f"{first}|{second}"


@given(texts, st.dictionaries(keys, values), st.sampled_from(ChannelKind), st.booleans())
def test_filling_never_raises_and_keeps_all_other_text(
    text: str, params: dict[str, str], kind: ChannelKind, otp: bool
) -> None:
    resolved = resolve(text, params, kind, otp=otp)
    assert (
        "".join(
            piece.placeholder.text if piece.placeholder else piece.text for piece in resolved.pieces
        )
        == text
    )
