"""Characters are judged by their Unicode property."""

import re
import unicodedata

import pytest

from invocations.kaleyra.characters import (
    class_of,
    digit,
    is_blank,
    is_dash,
    is_invisible,
    is_plus,
    is_visible,
    stripped,
    without_invisible,
)

EVERY_CHARACTER = [chr(point) for point in range(0x110000) if not 0xD800 <= point <= 0xDFFF]
UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b\u180d\u180e\u180f\u200b\u200c\u200d\u200e"
    "\u200f\u202a\u202e\u2060\u2064\u2065\u2066\u2069\u206f\u3164\ufe00\ufe0d\ufe0f\ufeff\uffa0"
    "\ufff0\ufff8\ufff9\U0001bca0\U0001bca3\U0001d173\U000e0001\U000e007f\U000e0100\U000e01ef"
    "\U000e0fff"
)


@pytest.mark.parametrize("char", UNSEEN)
def test_a_character_that_is_drawn_as_nothing_is_invisible(char: str) -> None:
    assert is_invisible(char)
    assert without_invisible(f"9{char}1") == "91"
    assert not is_visible(char)


@pytest.mark.parametrize("char", "a0-+ \t\n\u00a0\u0600\u06dd\u093e\u0301\u2800é中😀\0")
def test_a_letter_a_mark_a_blank_or_a_control_is_not_invisible(char: str) -> None:
    assert not is_invisible(char)


def test_every_direction_mark_is_invisible() -> None:
    embeddings = {"LRE", "LRO", "RLE", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    marks = [c for c in EVERY_CHARACTER if unicodedata.bidirectional(c) in embeddings]
    assert len(marks) == 9
    assert all(is_invisible(char) for char in [*marks, "\u061c", "\u200e", "\u200f"])


def test_every_separator_of_unicode_is_blank() -> None:
    blank = {char for char in EVERY_CHARACTER if is_blank(char)}
    assert {c for c in EVERY_CHARACTER if unicodedata.category(c)[0] == "Z"} <= blank
    assert blank >= set("\t\n\r\v\f\x85\u2800")
    assert not any(char.isalnum() for char in blank)


def test_every_dash_of_unicode_is_a_dash() -> None:
    dashes = {char for char in EVERY_CHARACTER if is_dash(char)}
    assert {c for c in EVERY_CHARACTER if unicodedata.category(c) == "Pd"} <= dashes
    assert dashes >= set("-~\u2010\u2011\u2212\u301c\uff0d\uff5e\ufe63")
    assert not any(char.isalnum() or is_plus(char) for char in dashes)


@pytest.mark.parametrize("char", "+\uff0b\ufe62\u207a\u2795")
def test_a_plus_sign_is_read_in_every_width(char: str) -> None:
    assert is_plus(char)


@pytest.mark.parametrize("nine", "9٩۹९９৯๙𝟗")
def test_a_digit_of_any_script_is_read(nine: str) -> None:
    assert digit(nine) == "9"


@pytest.mark.parametrize("char", "²①Ⅸ九x-")
def test_what_is_no_decimal_digit_is_none(char: str) -> None:
    assert digit(char) == ""


@pytest.mark.parametrize("text", ["", " \t\n", "\u200b\u3164", "\u2800", "\u00a0\ufe0f", "\0\x1b"])
def test_a_text_of_blanks_and_unseen_characters_shows_nothing(text: str) -> None:
    assert not is_visible(text)


@pytest.mark.parametrize("text", ["a", " . ", "\u200b0", "😀\ufe0f", "\u0301"])
def test_a_text_with_one_visible_character_is_visible(text: str) -> None:
    assert is_visible(text)


@pytest.mark.parametrize("tests", [(is_invisible,), (is_blank, is_dash), (is_plus,)])
def test_a_class_has_just_the_characters_that_meet_a_test(tests):
    pattern = re.compile(f"[{class_of(*tests)}]")
    wrong = [
        char
        for char in EVERY_CHARACTER
        if bool(pattern.match(char)) != any(test(char) for test in tests)
    ]
    assert wrong == []


def test_blanks_and_unseen_characters_are_taken_off_the_ends():
    assert stripped("\ufeff \u200b{a\u200bb}\u3000\n\u2060") == "{a\u200bb}"
    assert stripped("\u200b \u3164") == ""
