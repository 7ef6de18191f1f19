"""A value is put into one line, and no two words are joined."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invocations.kaleyra.line_breaks import (
    has_line_break,
    in_one_line,
    keys_with_line_breaks,
    sends_in_one_line,
)
from invocations.kaleyra.payload import Send

BREAKS = ["\n", "\r", "\r\n", "\t", "\v", "\f", "\x85", "\u2028", "\u2029", " \n ", "\n\n\t\r\n"]


@pytest.mark.parametrize("line_break", BREAKS)
def test_a_line_break_becomes_one_blank(line_break: str) -> None:
    value = f"12 Main St{line_break}Pune"
    assert has_line_break(value)
    assert in_one_line(value) == "12 Main St Pune"


@pytest.mark.parametrize("line_break", BREAKS)
def test_around_a_value_it_is_taken_out_without_a_word(line_break: str) -> None:
    value = f"{line_break}Pune{line_break}"
    assert in_one_line(value) == "Pune" and not has_line_break(value)


@pytest.mark.parametrize("value", ["", " a  b ", "a\u00a0 b", "one", "a    b", "\x1b", "\u200b"])
def test_a_value_without_any_stays_as_it_is(value: str) -> None:
    assert in_one_line(value) == value and not has_line_break(value)


@given(st.text(alphabet="ab \u00a0\n\r\t\v\f\x85\u2028\u2029"))
def test_the_words_stay_apart_and_in_order(value: str) -> None:
    assert in_one_line(value).split() == value.split()
    assert not set("\n\r\t\v\f\x85\u2028\u2029") & set(in_one_line(value))
    assert in_one_line(in_one_line(value)) == in_one_line(value)


def test_every_value_of_every_send_is_put_into_one_line() -> None:
    sends = [Send("91", {"a": "x\ny", "b": "z"}), Send("92")]
    assert sends_in_one_line(sends) == [Send("91", {"a": "x y", "b": "z"}), Send("92")]
    assert keys_with_line_breaks(sends[0].template_params) == ["a"]
