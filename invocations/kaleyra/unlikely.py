"""Values that can hardly be meant: what a system writes where a value was missing."""

from __future__ import annotations

import re

from invocations.kaleyra.lookalikes import holds_a_place

_EMPTY_WORDS = frozenset(
    [
        "null",
        "none",
        "nil",
        "undefined",
        "n/a",
        "n.a.",
        "tba",
        "tbc",
        "tbd",
        "true",
        "false",
        "(null)",
        "<null>",
        "[null]",
        "(none)",
        "(blank)",
        "(empty)",
        "invalid date",
        "0000-00-00",
    ]
)
"""In small letters: what programs write for no value."""
_EMPTY_IN_THIS_CASE = frozenset(["NaN", "nan", "NAN", "NaT"])
"""Nan and Nat are names."""
_EMPTY_ANYWHERE = re.compile(r"\b(?:undefined|NaN)\b")

_SPREADSHEET_ERROR = re.compile(
    r"(?<![\w#])#(?:N/A|DIV/0!|NAME\?|NOM\?|[¡\w]{2,12}!)(?!\w)|\A#(?:NV|GETTING_DATA|#+)\Z",
    re.IGNORECASE,
)
_OBJECT = re.compile(
    r"\[object [A-Za-z]{1,40}\]|<[A-Za-z_.]{1,60} object at 0x[0-9a-fA-F]{1,16}>|\AOptional[\[(]"
)
_GARBLED = re.compile(
    r"&(?:amp|lt|gt|quot|apos|nbsp|#[0-9]{1,6}|#[xX][0-9a-fA-F]{1,6});"  # HTML
    r"|\\u[0-9a-fA-F]{4}|\\\""  # JSON
    r"|\ufffd|\u00c3[\u0080-\u00bf]|\u00e2\u20ac"  # the wrong character encoding
)
_PERCENT_ENCODED = re.compile(r"[^\W\d_](?:%2[0-9A-Fa-f]|(?:%[89A-Fa-f][0-9A-Fa-f]){2})")


def unlikely(value: str, *, is_address: bool = False) -> str:
    """Why a value can hardly be meant, or "".

    - `place_in_value`: a place that was not filled, such as `{{name}}` or `%NAME%`
    - `empty_word`: a word for no value, such as `null`
    - `spreadsheet_error`: `#N/A`, `#REF!` or the like
    - `object_value`: `[object Object]` or the like
    - `garbled_value`: signs that a program changed, such as `&amp;` or `Ã©`

    `is_address`: part of an address, in which % and # have a meaning of their own.
    """
    plain = value.strip()
    words = [word.strip(",;|") for word in re.split(r"[\s,;|]+|(?<!\bn)/", plain.lower())]
    if plain.lower() in _EMPTY_WORDS or plain in _EMPTY_IN_THIS_CASE:
        return "empty_word"
    if _EMPTY_ANYWHERE.search(plain) or (words and _EMPTY_WORDS.issuperset(words)):
        return "empty_word"
    if _SPREADSHEET_ERROR.search(plain):
        return "spreadsheet_error"
    if _OBJECT.search(plain):
        return "object_value"
    if _GARBLED.search(plain) or (not is_address and _PERCENT_ENCODED.search(plain)):
        return "garbled_value"
    return "place_in_value" if holds_a_place(plain, is_address=is_address) else ""
