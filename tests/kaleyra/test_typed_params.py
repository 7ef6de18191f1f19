"""Parameters as people type them, as pairs or as JSON, and why some are refused."""

import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from invocations.kaleyra.params_json import MAX_JSON_CHARACTERS, from_json, to_json
from invocations.kaleyra.template_params import PARAM_URL, ParamsError, checked

from .strategies import keys, values

HALF_A_PAIR = "\ud83d"


def code_of(refused: pytest.ExceptionInfo[ParamsError]) -> str:
    return refused.value.code


# --- parameters as they are typed -----------------------------------------------------------------


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
    ],
)
def test_invalid_typed_parameters_are_refused(pairs: list[tuple[str, str]], code: str) -> None:
    with pytest.raises(ParamsError) as refused:
        checked(pairs)
    assert code_of(refused) == code


def test_a_refusal_names_the_key() -> None:
    with pytest.raises(ParamsError) as refused:
        checked([("1", "x"), ("2", " "), ("10", "x")])
    assert refused.value.facts == {"key": "2"}


@pytest.mark.parametrize(
    "text",
    [
        '{"\\ud83d": "x"}',
        '{"\\ud83d": 1}',
        json.dumps({"k" * 5000: "x"}),
        json.dumps({"k" * 5000: 1}),
    ],
)
def test_a_refusal_can_be_shown_with_any_key(text: str) -> None:
    with pytest.raises(ParamsError) as refused:
        from_json(text)
    assert len(refused.value.facts["key"].encode()) <= 100


# --- parameters as JSON ---------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", " \n", "{}", " { } "])
def test_an_empty_text_means_no_parameters(text: str) -> None:
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
        ("[" * 50_000, "json_too_deep"),
        ('{"a":' * 10_000, "json_too_deep"),
        (" " * (MAX_JSON_CHARACTERS + 1), "json_too_long"),
    ],
)
def test_invalid_json_is_refused(text: str, code: str) -> None:
    with pytest.raises(ParamsError) as refused:
        from_json(text)
    assert code_of(refused) == code


def test_a_json_error_has_its_line_and_column() -> None:
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
def test_formatted_json_is_read_back_exactly(params: dict[str, str]) -> None:
    try:
        checked(params.items())
    except ParamsError:
        assume(False)
    assume(len(to_json(params)) <= MAX_JSON_CHARACTERS)
    assert list(from_json(to_json(params)).items()) == list(params.items())
