"""Reads the text of a typed phone number: which characters group its digits, and which mean more.

Only what people group digits with may vanish. What carries a meaning is refused with its own code,
for the digits on both sides of it do not belong together: `393471234567.0` is no longer number than
`393471234567`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from invocations.kaleyra.characters import digit, is_blank, is_dash, is_invisible, is_plus
from invocations.kaleyra.masked import read_masked

_MAX_CHARACTERS = 500
_MANY_DIGITS = 15
_DIGITS_OF_A_NUMBER = 7
"""Two parts with as many digits are two numbers."""
_MAX_BEFORE_SLASH, _MIN_AFTER_SLASH = 7, 5
"""Digits of the country and area code (49 33056), and of what follows: 030/901820 is grouped."""
_MAX_BEFORE_BRACKET, _MIN_AFTER_BRACKET = 5, 4
"""Digits before an area code or a (0) in brackets (00353), and digits after it."""
_MIN_AFTER_DOT = 4
"""Digits after a single dot: 98765.43210 is grouped, 9198765432.10 is an amount."""
_MIN_OF_A_FLOAT = 10
"""Digits before a tail of four or more zeros. Shorter ones may be grouped with a dot."""

_LINE_BREAKS = "\n\r\v\f\x85\u2028\u2029"
_SIGNS = {"\u30fc": "-", "\u2044": "/", "\u2215": "/", "\u2018": "'", "\u2019": "'"}
_SIGNS |= {"[": "(", "]": ")", "\u201c": '"', "\u201d": '"'}

_SPREADSHEET = re.compile(r"\+?\d+(?:[.,]\d+)? ?[eE] ?\+? ?\d+")
_ZERO_TAIL = re.compile(r"(\+?\d{8,})[.,](0+)")
_SCHEME = re.compile(r"(?:tel|sms|whatsapp):(?://)? ?|'", re.IGNORECASE)
_CHAT_LINK = re.compile(r"(?:https?://)?wa\.me/\+?(\d+)/?(?:\?\S*)?", re.IGNORECASE)
_FORMULA = re.compile(r"=\"([^\"]*)\"")
"""How a program writes a text into a CSV so that a spreadsheet keeps all digits: ="9198…"."""
_EXTENSION = re.compile(r"\d[ ,;]*(?:extension|extn?|x|#)[ .:=#]*\d+", re.IGNORECASE)
_SECOND_NUMBER = re.compile(r"[^\d ().\-]+")
_BRACKET = re.compile(r"\( *\d+(?:[ \-]\d+)* *\)")
_SEPARATOR = re.compile(r" *(?:-+|\.|/)? *")


class RecipientError(ValueError):
    """The text is not a number that can be sent to. `code` says why; the caller words it.

    `seen`: the few characters that it is about, or "".
    """

    def __init__(self, code: str, seen: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.seen = seen


@dataclass(frozen=True)
class NumberText:
    """The groups of ASCII digits in a typed number, in their order, without + and 00."""

    groups: tuple[str, ...]
    is_international: bool
    """Whether it began with + or 00, so that a country code follows."""
    spelling: str
    """What was typed, with plain signs and without unseen characters."""
    notes: tuple[str, ...] = ()

    @property
    def digits(self) -> str:
        return "".join(self.groups)


def read(typed: str) -> NumberText:
    """The groups of digits in `typed`.

    Understands every blank, dash, plus and digit of Unicode, and takes off `tel:`, a leading ', the
    `="…"` of a CSV and the address of a WhatsApp link. A spreadsheet's `.0` is no part of the
    number (note `tail_removed`).

    Raises `RecipientError` with a code: `empty`, `masked` (••• 3202), `spreadsheet` (9.19E+11),
    `extension`, `several_numbers`, `line_break`, `decimal` (a short tail after a dot or comma),
    `comma`, `slash`, `brackets`, `plus` (in the middle, or twice), `too_long`, or `not_digits` (any
    other sign).
    """
    text = _plain(typed)
    if formula := _FORMULA.fullmatch(text):
        text = formula[1].strip(" \n")
    if link := _CHAT_LINK.fullmatch(text):
        return NumberText((link[1],), is_international=True, spelling=link[1])
    text = _SCHEME.sub("", text, count=1) if _SCHEME.match(text) else text
    _refuse_what_has_no_digits(text)
    if read_masked(text):
        raise RecipientError("masked")
    if _SPREADSHEET.fullmatch(text):
        raise RecipientError("spreadsheet")
    whole, notes = _without_zero_tail(text)
    _refuse_what_means_more(whole)
    has_plus, rest = _after_plus(whole)
    groups = _groups(_without_brackets(rest.removesuffix(".").rstrip()))
    has_zeros = groups[0].startswith("00")
    if has_zeros:
        groups = [group for group in [groups[0][2:], *groups[1:]] if group]
    return NumberText(tuple(groups), has_plus or has_zeros, text, notes)


def consists_of_digits(typed: str) -> bool:
    """Whether this is probably meant as a phone number: five digits or more, and no letters."""
    text = _plain(typed[:_MAX_CHARACTERS])
    if _SPREADSHEET.fullmatch(text):
        return True
    return _count(text) >= 5 and not any(char.isalpha() for char in text)


def _plain(typed: str) -> str:
    """With plain blanks, dashes, digits and signs, and without unseen characters."""
    if len(typed) > _MAX_CHARACTERS:
        raise RecipientError("too_long" if _count(typed) > _MANY_DIGITS else "not_digits")
    return "".join(map(_plain_character, typed)).strip(" \n")


def _plain_character(char: str) -> str:
    if is_invisible(char):
        return ""
    if char in _LINE_BREAKS:
        return "\n"
    if is_blank(char):
        return " "
    if is_dash(char):
        return "-"
    if is_plus(char):
        return "+"
    as_plain = unicodedata.normalize("NFKC", char)
    as_plain = as_plain if as_plain in set("().,/[];:#*&|'") else char
    return digit(char) or _SIGNS.get(as_plain, as_plain)


def _count(text: str) -> int:
    return sum(char.isdecimal() for char in text)


def _refuse_what_has_no_digits(text: str) -> None:
    if not _count(text):
        raise RecipientError("not_digits" if text.strip(" \n-./()") else "empty")


def _without_zero_tail(text: str) -> tuple[str, tuple[str, ...]]:
    """Without the `.0` of a number that a program took for an amount, and the note that says so."""
    found = _ZERO_TAIL.fullmatch(text)
    if not found:
        return text, ()
    if len(found[2]) >= _MIN_AFTER_DOT and _count(found[1]) < _MIN_OF_A_FLOAT:
        raise RecipientError("decimal", "." + found[2][:_MIN_AFTER_DOT])
    return found[1], ("tail_removed",)


def _refuse_what_means_more(text: str) -> None:
    parts = [part for part in _SECOND_NUMBER.split(text) if _count(part) >= _DIGITS_OF_A_NUMBER]
    if len(parts) > 1:
        raise RecipientError("several_numbers")
    if _EXTENSION.search(text):
        raise RecipientError("extension")
    if re.search(r"[^\d +\-./(),\n]", text):
        raise RecipientError("not_digits")
    if "\n" in text:
        raise RecipientError("line_break")
    _refuse_amounts(text)
    _refuse_slashes(text)


def _refuse_amounts(text: str) -> None:
    """A comma groups no phone number, and neither does a dot before the last few digits."""
    found = re.search(r"[.,] *([\d ]+)$", text)
    tail = found[1].replace(" ", "") if found else ""
    is_grouped = text.count(".") > 1 and "," not in text and len(tail) > 1
    is_amount = 0 < len(tail) < _MIN_AFTER_DOT and text.count(",") < 2
    if found and is_amount and not is_grouped:
        raise RecipientError("decimal", found[0][0] + tail)
    if "," in text:
        raise RecipientError("comma")


def _refuse_slashes(text: str) -> None:
    """A slash stands after the country or area code. Elsewhere it is an extension."""
    for found in re.finditer("/", text):
        before = re.sub(r"\D", "", text[: found.start()]).removeprefix("00")
        after = text[found.end() :]
        if len(before) > _MAX_BEFORE_SLASH or _count(text[text.rindex("/") :]) < _MIN_AFTER_SLASH:
            raise RecipientError("slash", "/" + after.strip()[:_MIN_AFTER_SLASH])


def _after_plus(text: str) -> tuple[bool, str]:
    """Whether there is a + before the first digit, and the text without it."""
    if "+" not in text:
        return False, text
    if not re.match(r"[ (]*\+[ (]*\d[^+]*$", text):
        raise RecipientError("plus")
    return True, text.replace("+", "", 1)


def _without_brackets(text: str) -> str:
    """With a blank in place of each bracket around the country code, the area code or a 0."""
    if re.fullmatch(r"\([^()]*\)", text):
        text = text[1:-1]
    for found in _BRACKET.finditer(text):
        before, after = _count(text[: found.start()]), _count(text[found.end() :])
        if before > _MAX_BEFORE_BRACKET or after < _MIN_AFTER_BRACKET:
            raise RecipientError("brackets", found[0][:8])
    open_text = _BRACKET.sub(lambda found: f" {found[0][1:-1]} ", text)
    if "(" in open_text or ")" in open_text:
        raise RecipientError("brackets")
    return open_text


def _groups(text: str) -> list[str]:
    first, *between, last = re.split(r"\d+", text)
    if first.strip(" ") or last.strip(" "):
        raise RecipientError("not_digits")
    if not all(_SEPARATOR.fullmatch(each) for each in between):
        raise RecipientError("not_digits")
    groups = re.findall(r"\d+", text)
    if _count(text) > _MANY_DIGITS and sum(len(g) > _DIGITS_OF_A_NUMBER for g in groups) > 1:
        raise RecipientError("several_numbers")
    return groups
