"""Template parameters: which values a template needs, and which value each placeholder takes.

Source of all rules: seed, "Channel Agnostic Template Parameters" and "Special Template Parameters".

- `{#var#}`, `{{1}}`, `{{$1}}` take values by position, after the values were sorted alphabetically
  by their keys. Alphabetical is not numerical: "1", "10", "2". Keys padded with zeros ("01" … "12")
  are in the same order either way.
- `{{name}}`, and in an SMS `{name}`, take the value of the key with exactly that name.
- `#verification_code#`, `#param_header#`, `#param_url#` are special keys. In WhatsApp they are not
  values of the body; in an SMS they are ordinary variables, and in an SMS of type OTP the
  verification code is the first one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any

from invocations.kaleyra.characters import is_visible

TemplateParams = Mapping[str, str]

VERIFICATION_CODE = "#verification_code#"
PARAM_HEADER = "#param_header#"
PARAM_URL = "#param_url#"
SPECIAL_KEYS = (VERIFICATION_CODE, PARAM_HEADER, PARAM_URL)

MAX_KEY_CHARACTERS = 100


class ChannelKind(StrEnum):
    WHATSAPP = "whatsapp"
    SMS = "sms"


class ParamsError(ValueError):
    """Template parameters that cannot be sent. `code` and `facts` say why; the caller words it."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        # Facts are shown on pages, which an unpaired surrogate or a very long key would break.
        self.facts = {
            name: _printable(fact) if isinstance(fact, str) else fact
            for name, fact in facts.items()
        }


def _printable(text: str) -> str:
    return text[:MAX_KEY_CHARACTERS].encode("utf-8", "replace").decode()


# --- the text of a template ---------------------------------------------------------------------


@dataclass(frozen=True)
class Placeholder:
    """One placeholder of a template: positional with a `position` (from 1), or with a `name`."""

    text: str
    start: int
    end: int
    position: int | None = None
    name: str | None = None


# India's typed tags ({#numeric#} …, TRAI's direction of 18 November 2025) are read as {#var#}: how
# Fallback fills them is not documented.
_BY_OCCURRENCE = r"\{#(?:var|numeric|alphanumeric|url|urlott|cbn|email)#\}"
_BY_NUMBER = r"\{\{\$?(?P<number>[0-9]{1,4})\}\}"
# A name has no blank at its ends: Kaleyra resolves it by the exact key, and a key has none.
_NAME = r"[^{}\s#$](?:[^{}]*[^{}\s])?"
_BY_NAME = rf"\{{\{{(?P<name>{_NAME})\}}\}}"
_BY_NAME_IN_SMS = rf"\{{(?P<sms_name>{_NAME})\}}"
_PLACEHOLDERS = {
    ChannelKind.WHATSAPP: re.compile("|".join([_BY_OCCURRENCE, _BY_NUMBER, _BY_NAME])),
    ChannelKind.SMS: re.compile("|".join([_BY_OCCURRENCE, _BY_NUMBER, _BY_NAME, _BY_NAME_IN_SMS])),
}


def placeholders(text: str, kind: ChannelKind) -> list[Placeholder]:
    """The placeholders of a template text, in reading order.

    The position of `{{2}}` is 2 wherever it stands; the position of the n-th `{#var#}` is n.
    """
    found: list[Placeholder] = []
    occurrences = 0
    for match in _PLACEHOLDERS[kind].finditer(text):
        groups = match.groupdict()
        name = groups.get("name") or groups.get("sms_name")
        position = None
        if groups.get("number"):
            position = int(groups["number"])
        elif name is None:
            occurrences += 1
            position = occurrences
        found.append(Placeholder(match.group(), match.start(), match.end(), position, name))
    return found


def needed_keys(text: str, kind: ChannelKind, *, otp: bool = False) -> list[str]:
    """The keys that a template's body needs: `numbered_keys` for its positions, then its names.

    In a template for one-time passcodes (`otp`) the verification code takes the first position.
    """
    found = placeholders(text, kind)
    last = max((place.position for place in found if place.position is not None), default=0)
    code = [VERIFICATION_CODE] if otp else []
    return [
        *code,
        *numbered_keys(max(0, last - len(code))),
        *dict.fromkeys(place.name for place in found if place.name is not None),
    ]


# --- the order of the values --------------------------------------------------------------------


def ordered_params(
    params: TemplateParams, kind: ChannelKind, *, otp: bool = False
) -> list[tuple[str, str]]:
    """Keys and values in the order in which a body's positions take them.

    `otp` means that an SMS template is of type OTP, or that a WhatsApp template is an
    authentication template: the verification code is its first value. In an SMS of another type
    the code is treated as an ordinary variable, like the other two special keys; that case is not
    documented.
    """
    ordered = sorted(params.items())
    if kind is ChannelKind.WHATSAPP:
        ordered = [
            (key, value)
            for key, value in ordered
            if key not in SPECIAL_KEYS or (otp and key == VERIFICATION_CODE)
        ]
    if otp:
        ordered.sort(key=lambda item: item[0] != VERIFICATION_CODE)
    return ordered


def numbered_keys(count: int) -> list[str]:
    """`count` keys, padded so that they sort as numbers: "01", "02" …; three digits from 100."""
    width = max(2, len(str(count)))
    return [str(number).zfill(width) for number in range(1, count + 1)]


def renumbered_keys(keys: Sequence[str]) -> list[str]:
    """`keys` in the given order, with `numbered_keys` in place of all that are not special."""
    fresh = iter(numbered_keys(sum(key not in SPECIAL_KEYS for key in keys)))
    return [key if key in SPECIAL_KEYS else next(fresh) for key in keys]


_LEADING_NUMBER = re.compile(r"\A0*([0-9]+)")


def out_of_order(keys: Iterable[str]) -> list[str]:
    """Keys that sort before a key with a smaller leading number: "10" sorts before "2".

    This order is almost certainly not intended.
    """
    # Numbers without leading zeros compare as (length, text). Python does not convert more than
    # 4,300 digits to an int.
    numbers = [
        ((len(match[1]), match[1]), key)
        for key in sorted(keys)
        if (match := _LEADING_NUMBER.match(key))
    ]
    return [key for (number, key), (following, _) in pairwise(numbers) if number > following]


# --- checking parameters ------------------------------------------------------------------------


def checked(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The parameters of one send from its keys and values, in the given order.

    Raises `ParamsError` for what Kaleyra's documentation rules out or leaves open: an empty or
    repeated key, a key with blanks around it, a `#key#` that is not one of the three special keys,
    a value of which nothing is to be seen, and characters that JSON text or a message cannot
    contain. The order of the keys matters to some templates only: `limits.order_findings`.
    """
    params: dict[str, str] = {}
    for key, value in pairs:
        if not is_visible(key):
            raise ParamsError("no_key", value=value)
        if key in params:
            raise ParamsError("repeated_key", key=key)
        if not _is_valid_key(key):
            raise ParamsError("bad_key", key=key)
        if key.startswith("#") and key.endswith("#") and key not in SPECIAL_KEYS:
            raise ParamsError("no_such_special_key", key=key)
        if not _is_encodable(value):
            raise ParamsError("bad_value", key=key)
        if not is_visible(value):
            raise ParamsError("no_value", key=key)
        params[key] = value
    return params


def _is_valid_key(key: str) -> bool:
    return (
        key == key.strip()
        and len(key) <= MAX_KEY_CHARACTERS
        and _is_encodable(key)
        and not set("\t\n\r") & set(key)
    )


def _is_encodable(text: str) -> bool:
    """Whether UTF-8 and a message can contain `text`.

    Not with an unpaired surrogate, or a control character other than tab and line breaks.
    """
    return not any(
        0xD800 <= ord(c) <= 0xDFFF or (ord(c) < 0x20 and c not in "\t\n\r") or ord(c) == 0x7F
        for c in text
    )
