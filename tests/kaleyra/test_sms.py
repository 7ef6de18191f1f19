"""The size of an SMS, compared to tables from 3GPP TS 23.038 and from Kaleyra's two pages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invocations.kaleyra.sms import SmsSize, measure

# TS 23.038, 6.2.1, column by column (code 0x00 to 0x7F, ESC left out), by code point: Ç is U+00C7.
BASIC = [
    *[
        0x40,
        0xA3,
        0x24,
        0xA5,
        0xE8,
        0xE9,
        0xF9,
        0xEC,
        0xF2,
        0xC7,
        0x0A,
        0xD8,
        0xF8,
        0x0D,
        0xC5,
        0xE5,
    ],
    *[
        0x394,
        0x5F,
        0x3A6,
        0x393,
        0x39B,
        0x3A9,
        0x3A0,
        0x3A8,
        0x3A3,
        0x398,
        0x39E,
        0xC6,
        0xE6,
        0xDF,
        0xC9,
    ],
    *[0x20, 0x21, 0x22, 0x23, 0xA4, *range(0x25, 0x40)],
    *[0xA1, *range(0x41, 0x5B), 0xC4, 0xD6, 0xD1, 0xDC, 0xA7],
    *[0xBF, *range(0x61, 0x7B), 0xE4, 0xF6, 0xF1, 0xFC, 0xE0],
]
EXTENSION = "\f^{}\\[~]|€"
DEVANAGARI = "नमस्ते"
EMOJI = "\N{GRINNING FACE}"


def test_exactly_the_characters_of_the_two_tables_are_gsm() -> None:
    by_hand = {*map(chr, BASIC), *EXTENSION}
    assert len(by_hand) == 127 + 10
    assert {
        chr(code) for code in range(0x10000) if measure(chr(code)).encoding == "GSM-7"
    } == by_hand


@pytest.mark.parametrize("code", BASIC)
def test_a_character_of_the_basic_table_counts_one(code: int) -> None:
    assert measure(chr(code)) == SmsSize("GSM-7", 1, 1, 1, 160, None)


@pytest.mark.parametrize("character", EXTENSION)
def test_a_character_of_the_extension_table_counts_two(character: str) -> None:
    assert measure(character) == SmsSize("GSM-7", 1, 2, 1, 160, None)


@pytest.mark.parametrize(
    ("text", "units", "parts", "per_part"),
    [
        ("", 0, 1, 160),
        ("a" * 160, 160, 1, 160),
        ("a" * 161, 161, 2, 153),
        ("a" * 306, 306, 2, 153),
        ("a" * 307, 307, 3, 153),
        ("a" * 459, 459, 3, 153),
        ("a" * 460, 460, 4, 153),
        ("€" * 80, 160, 1, 160),
        ("€" * 80 + "a", 161, 2, 153),
        # 76 of them are 152 units. The 77th takes two and must not be split: it begins part 2.
        ("€" * 152, 304, 2, 153),
        ("€" * 153, 306, 3, 153),
        ("a" * 152 + "€" + "a" * 6, 160, 1, 160),
        ("a" * 152 + "€" + "a" * 151, 305, 2, 153),
        ("a" * 152 + "€" + "a" * 152, 306, 3, 153),
        ("a" * 151 + "€" + "a" * 153, 306, 2, 153),
        ("{[^~|]}\\", 16, 1, 160),
        ("a\r\n", 3, 1, 160),
    ],
)
def test_a_gsm_text_has_160_units_or_parts_of_153(
    text: str, units: int, parts: int, per_part: int
) -> None:
    assert measure(text) == SmsSize("GSM-7", len(text), units, parts, per_part, None)


@pytest.mark.parametrize(
    ("text", "units", "parts", "per_part", "because"),
    [
        ("ç" * 70, 70, 1, 70, "ç"),
        ("ç" * 71, 71, 2, 67, "ç"),
        ("ç" * 134, 134, 2, 67, "ç"),
        ("ç" * 135, 135, 3, 67, "ç"),
        ("a" * 69 + "’", 70, 1, 70, "’"),
        ("a" * 70 + "’", 71, 2, 67, "’"),
        ("€" * 69 + "–", 70, 1, 70, "–"),  # an extension character is one unit here
        (EMOJI, 2, 1, 70, EMOJI),
        (EMOJI * 35, 70, 1, 70, EMOJI),
        (EMOJI * 35 + "a", 71, 2, 67, EMOJI),
        # 33 of them are 66 units, and the 34th does not go half into the last place.
        (EMOJI * 66, 132, 2, 67, EMOJI),
        (EMOJI * 67, 134, 3, 67, EMOJI),
        ("a" * 66 + EMOJI + "a" * 65, 133, 2, 67, EMOJI),
        ("a" * 66 + EMOJI + "a" * 66, 134, 3, 67, EMOJI),
        ("a" * 65 + EMOJI + "a" * 67, 134, 2, 67, EMOJI),
        (DEVANAGARI, 6, 1, 70, "न"),
    ],
)
def test_a_unicode_text_has_70_utf_16_units_or_parts_of_67(
    text: str, units: int, parts: int, per_part: int, because: str
) -> None:
    assert measure(text) == SmsSize("Unicode", len(text), units, parts, per_part, because)


@pytest.mark.parametrize(("capital", "small"), [("Ç", "ç"), ("Δ", "δ"), ("Ω", "ω")])
def test_of_some_letters_only_the_capital_is_gsm(capital: str, small: str) -> None:
    assert measure(capital).encoding == "GSM-7"
    assert measure(small).unicode_because == small


@pytest.mark.parametrize(
    "character",
    ["á", "`", "‘", "“", "…", "\t", "\u00a0", "\x1b", "\u200b", "₹", "А", "Α", "\ud800"],
)
def test_a_look_alike_of_a_gsm_character_makes_the_text_unicode(character: str) -> None:
    assert measure(f"Dear {character} customer").unicode_because == character


def test_the_first_foreign_character_is_named() -> None:
    assert measure("Ciao, perché “no”?").unicode_because == "“"


@given(st.text())
def test_the_units_of_a_unicode_text_are_those_of_utf_16(text: str) -> None:
    size = measure(text + "ç")
    assert size.units == len((text + "ç").encode("utf-16-le")) / 2


@given(st.text(alphabet="a€ç" + EMOJI, max_size=700))
def test_parts_are_enough_and_hardly_more(text: str) -> None:
    size = measure(text)
    assert size.units <= size.parts * size.per_part
    # A part is left at most one unit short, so one part fewer would not do.
    assert size.parts == 1 or size.units > (size.parts - 1) * (size.per_part - 1)


def test_an_unseen_character_is_named():
    assert measure("As\u200bha").unicode_because_named == "zero width space"
    assert measure("Asha\u00a0").unicode_because_named == "no-break space"
    assert measure("é").unicode_because_named == "" and measure("ç").unicode_because_named == "ç"
