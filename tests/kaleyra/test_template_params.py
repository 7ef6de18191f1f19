"""Which value each place of a template gets, and which parameters are refused."""

import json
import time
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from invocations.kaleyra.params_json import MAX_JSON_CHARACTERS, from_json, to_json
from invocations.kaleyra.rendering import resolve, resolve_variable
from invocations.kaleyra.template_params import (
    PARAM_HEADER,
    PARAM_URL,
    SPECIAL_KEYS,
    VERIFICATION_CODE,
    ChannelKind,
    ParamsError,
    checked,
    needed_keys,
    numbered_keys,
    ordered_params,
    out_of_order,
    placeholders,
    renumbered_keys,
)

WHATSAPP, SMS = ChannelKind.WHATSAPP, ChannelKind.SMS
HALF_A_PAIR = "\ud83d"

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
values = st.one_of(
    texts,
    st.sampled_from(
        [
            "{{1}}",
            "{{2}}",
            "{#var#}",
            "{name}",
            "{{name}}",
            "{{$1}}",
            "$1",
            r"\1",
            r"\g<0>",
            "%s",
            "{0}",
            "{}",
            "🎉👩‍👩‍👧",
            "שלום",
            "‮evil",
            "x" * 10_000,
        ]
    ),
)
keys = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=12)


def code_of(refused: pytest.ExceptionInfo[ParamsError]) -> str:
    return refused.value.code


# --- the places of a template -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("Hi {{1}}, {{2}}", WHATSAPP, [1, 2]),
        ("Hi {{$1}}, {{$2}}", WHATSAPP, [1, 2]),
        ("Hi {#var#}, {#var#}", SMS, [1, 2]),
        ("{{2}} before {{1}}", WHATSAPP, [2, 1]),
        ("{{1}} and again {{1}}", WHATSAPP, [1, 1]),
        ("{{name}}", WHATSAPP, ["name"]),
        ("{{first name}}", WHATSAPP, ["first name"]),
        ("{name}", SMS, ["name"]),
        ("{name}", WHATSAPP, []),
        ("{{name}}", SMS, ["name"]),
        ("{1}", SMS, ["1"]),
        ("{{{name}}}", SMS, ["name"]),
        ("{{name}} {{1}} {#var#} {#var#}", SMS, ["name", 1, 1, 2]),
        (
            "{#numeric#} {#alphanumeric#} {#url#} {#urlott#} {#cbn#} {#email#}",
            SMS,
            [1, 2, 3, 4, 5, 6],
        ),
        ("{#VAR#} {# var #} { name } {{ 1 }} {} {{}} { {{# }} {{$x", SMS, []),
        ("", SMS, []),
    ],
)
def test_placeholders_are_found_as_the_documentation_writes_them(
    text: str, kind: ChannelKind, expected: list[int | str]
) -> None:
    assert [place.name or place.position for place in placeholders(text, kind)] == expected


@given(texts, st.sampled_from(ChannelKind))
def test_a_placeholder_knows_where_it_stands(text: str, kind: ChannelKind) -> None:
    assert all(text[place.start : place.end] == place.text for place in placeholders(text, kind))


@pytest.mark.parametrize(
    "evil",
    [
        "{" * 50_000,
        "{{" + "a" * 50_000,
        "{{a" * 16_000,
        "{#" * 25_000,
        "{a" * 25_000,
        "{{1" * 16_000,
    ],
)
def test_a_hostile_template_is_read_quickly(evil: str) -> None:
    begun = time.thread_time()
    placeholders(evil, SMS)
    assert time.thread_time() - begun < 0.5


@pytest.mark.parametrize(
    ("text", "kind", "otp", "expected"),
    [
        ("Hi {{1}}, {{2}}", WHATSAPP, False, ["01", "02"]),
        ("Hi {{3}}", WHATSAPP, False, ["01", "02", "03"]),
        ("Hi {{1}} {{name}} {{name}}", WHATSAPP, False, ["01", "name"]),
        ("{OTP}", SMS, False, ["OTP"]),
        ("{#var#} for {#var#}", SMS, True, [VERIFICATION_CODE, "01"]),
        ("{#var#}", SMS, True, [VERIFICATION_CODE]),
        ("Hello", SMS, False, []),
    ],
)
def test_a_template_says_which_keys_it_needs(
    text: str, kind: ChannelKind, otp: bool, expected: list[str]
) -> None:
    assert needed_keys(text, kind, otp=otp) == expected


@pytest.mark.parametrize(("kind", "otp"), [(WHATSAPP, False), (SMS, False), (SMS, True)])
def test_what_a_template_asks_for_fills_it(kind: ChannelKind, otp: bool) -> None:
    text = "".join(f"[{{{{{number}}}}}]" for number in range(1, 13)) + "{{name}}"
    resolved = resolve(text, {key: key for key in needed_keys(text, kind, otp=otp)}, kind, otp=otp)
    assert resolved.missing == ()
    assert resolved.text.startswith(f"[{VERIFICATION_CODE}][01][02]" if otp else "[01][02][03]")


# --- the order of the values ------------------------------------------------------------------------------------------


def test_values_are_taken_in_the_text_order_of_their_keys_so_10_comes_before_2() -> None:
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


def test_digits_come_before_capitals_and_those_before_small_letters() -> None:
    assert [key for key, _ in ordered_params(dict.fromkeys(["b", "B", "a", "1"], "x"), SMS)] == [
        "1",
        "B",
        "a",
        "b",
    ]


@given(st.dictionaries(keys, values))
def test_the_order_is_pythons_text_order_however_they_were_typed(params: dict[str, str]) -> None:
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
def test_keys_whose_text_order_is_not_their_number_order_are_named(
    given_keys: list[str], late: list[str]
) -> None:
    assert out_of_order(given_keys) == late


def test_a_number_longer_than_python_reads_is_a_number_still() -> None:
    assert out_of_order(["2", "1" + "0" * 5000]) == ["1" + "0" * 5000]


# --- special parameters -----------------------------------------------------------------------------------------------

SPECIAL = {
    VERIFICATION_CODE: "481723",
    PARAM_HEADER: "Hello",
    PARAM_URL: "track/1",
    "01": "Asha",
    "02": "noon",
}


def test_whatsapp_takes_the_special_parameters_out_of_the_body() -> None:
    resolved = resolve("{{1}} at {{2}} {{3}}", SPECIAL, WHATSAPP)
    assert (resolved.text, resolved.missing, resolved.unused) == (
        "Asha at noon {{3}}",
        ("{{3}}",),
        (),
    )


def test_an_sms_has_them_as_ordinary_variables_before_the_numbers() -> None:
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


def test_an_otp_template_without_a_code_is_filled_as_any_other() -> None:
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


# --- what the customer sees -------------------------------------------------------------------------------------------


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


def test_what_is_missing_and_what_is_left_over_is_named_once() -> None:
    resolved = resolve("{{1}} {{name}} {{name}} {{4}}", {"01": "a", "02": "b", "03": "c"}, WHATSAPP)
    assert (resolved.missing, resolved.unused) == (("{{name}}", "{{4}}"), ("02", "03"))


def test_the_pieces_say_which_key_each_value_came_from() -> None:
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
def test_a_value_is_put_in_once_and_never_read_as_a_placeholder(
    first: str, second: str, text: str
) -> None:
    params = {"a": first, "b": second}
    assert resolve(text, params, SMS).text == f"{first}|{second}"


@given(texts, st.dictionaries(keys, values), st.sampled_from(ChannelKind), st.booleans())
def test_filling_never_fails_and_keeps_all_that_is_no_placeholder(
    text: str, params: dict[str, str], kind: ChannelKind, otp: bool
) -> None:
    resolved = resolve(text, params, kind, otp=otp)
    assert (
        "".join(
            piece.placeholder.text if piece.placeholder else piece.text for piece in resolved.pieces
        )
        == text
    )


# --- parameters as they are typed -------------------------------------------------------------------------------------


def test_typed_parameters_keep_their_order_and_their_text() -> None:
    pairs = [("02", " two "), ("01", "line\nbreak\ttab 🎉 שלום"), (PARAM_URL, "a/b?c=d")]
    assert list(checked(pairs).items()) == pairs


@pytest.mark.parametrize(
    ("pairs", "code"),
    [
        ([("", "x")], "no_key"),
        ([("a", "x"), ("a", "y")], "repeated_key"),
        ([(" a", "x")], "bad_key"),
        ([("a\u00a0", "x")], "bad_key"),
        ([("a\nb", "x")], "bad_key"),
        ([("a\tb", "x")], "bad_key"),
        ([("a\0b", "x")], "bad_key"),
        ([("a\x7f", "x")], "bad_key"),
        ([(HALF_A_PAIR, "x")], "bad_key"),
        ([("k" * 101, "x")], "bad_key"),
        ([("9" * 5000, "x")], "bad_key"),
        ([("#param_footer#", "x")], "no_such_special_key"),
        ([("# param_url #", "x")], "no_such_special_key"),
        ([("#PARAM_URL#", "x")], "no_such_special_key"),
        ([("a", "")], "no_value"),
        ([("a", " \n\u00a0")], "no_value"),
        ([("a", "x\0y")], "bad_value"),
        ([("a", "x\x1b[31m")], "bad_value"),
        ([("a", HALF_A_PAIR)], "bad_value"),
        ([(str(number), "x") for number in range(1, 11)], "out_of_order"),
    ],
)
def test_typed_parameters_that_cannot_be_meant_are_refused(
    pairs: list[tuple[str, str]], code: str
) -> None:
    with pytest.raises(ParamsError) as refused:
        checked(pairs)
    assert code_of(refused) == code


def test_a_refusal_names_the_key() -> None:
    with pytest.raises(ParamsError) as refused:
        checked([("1", "x"), ("2", "x"), ("10", "x")])
    assert refused.value.facts == {"key": "10"}


@pytest.mark.parametrize(
    "text",
    [
        '{"\\ud83d": "x"}',
        '{"\\ud83d": 1}',
        json.dumps({"k" * 5000: "x"}),
        json.dumps({"k" * 5000: 1}),
    ],
)
def test_a_refusal_can_be_shown_whatever_the_key(text: str) -> None:
    with pytest.raises(ParamsError) as refused:
        from_json(text)
    assert len(refused.value.facts["key"].encode()) <= 100


# --- parameters as JSON -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", " \n", "{}", " { } "])
def test_nothing_written_is_no_parameters(text: str) -> None:
    assert from_json(text) == {}


def test_json_keeps_order_and_text() -> None:
    assert list(from_json('{"b": "\\u00e9\\ud83c\\udf89", "a": " x "}').items()) == [
        ("b", "é🎉"),
        ("a", " x "),
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"a": "x", "a": "y"}', "repeated_key"),
        ('{"a": "x", "\\u0061": "y"}', "repeated_key"),
        ('{"a": {"b": "x", "b": "y"}}', "not_strings"),
        ('{"a": NaN}', "not_a_number"),
        ('{"a": Infinity}', "not_a_number"),
        ('{"a": [-Infinity]}', "not_a_number"),
        ("NaN", "not_a_number"),
        ('{"a": 1}', "not_strings"),
        ('{"a": 1e999}', "not_strings"),
        ('{"a": null}', "not_strings"),
        ('{"a": true}', "not_strings"),
        ('{"a": []}', "not_strings"),
        ('{"a": {}}', "not_strings"),
        ('{"a": [["b", "c"]]}', "not_strings"),
        ('{"a": ' + "9" * 5000 + "}", "not_strings"),
        ("[]", "json_no_object"),
        ('[["a", "x"]]', "json_no_object"),
        ('"a"', "json_no_object"),
        ("1", "json_no_object"),
        ("null", "json_no_object"),
        ("{", "json"),
        ('{"a": "x",}', "json"),
        ("{'a': 'x'}", "json"),
        ('{"a": "x"} {"b": "y"}', "json"),
        ('{"a": "x\n"}', "json"),
        ('\ufeff{"a": "x"}', "json"),
        ('\u00a0{"a": "x"}', "json"),
        ('{"": "x"}', "no_key"),
        ('{"a": ""}', "no_value"),
        ('{"a": "\\u0000"}', "bad_value"),
        ('{"a": "\\ud83d"}', "bad_value"),
        ('{"1": "x", "2": "x", "10": "x"}', "out_of_order"),
        ("[" * 50_000, "json_too_deep"),
        ('{"a":' * 10_000, "json_too_deep"),
        (" " * (MAX_JSON_CHARACTERS + 1), "json_too_long"),
    ],
)
def test_json_that_cannot_be_meant_is_refused(text: str, code: str) -> None:
    with pytest.raises(ParamsError) as refused:
        from_json(text)
    assert code_of(refused) == code


def test_a_slip_in_json_is_shown_where_it_is() -> None:
    with pytest.raises(ParamsError) as refused:
        from_json('{\n  "a": x}')
    assert (refused.value.facts["line"], refused.value.facts["column"]) == (2, 8)


@given(
    st.one_of(
        st.text(max_size=200),
        st.recursive(st.none() | st.floats() | st.integers() | st.text(), st.lists).map(json.dumps),
    )
)
def test_any_text_gives_texts_or_a_reason(text: str) -> None:
    try:
        params: dict[str, Any] = from_json(text)
    except ParamsError:
        return
    assert all(isinstance(value, str) and value for value in params.values())


@given(st.dictionaries(keys, values.filter(str.strip)))
def test_json_for_people_is_read_back_exactly(params: dict[str, str]) -> None:
    try:
        checked(params.items())
    except ParamsError:
        assume(False)
    assume(len(to_json(params)) <= MAX_JSON_CHARACTERS)
    assert list(from_json(to_json(params)).items()) == list(params.items())
