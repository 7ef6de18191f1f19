"""Template parameters: which values a template asks for, and which value each place will get.

Source of every rule: seed, "Channel Agnostic Template Parameters" and "Special Template Parameters".

- `{#var#}`, `{{1}}`, `{{$1}}` take values by position, after the values were reordered alphabetically by their keys. Text order
  is not number order: "1", "10", "2". Keys padded with zeros ("01" … "12") are right in both.
- `{{name}}`, and in an SMS `{name}`, take the value of the key that is exactly so spelled.
- `#verification_code#`, `#param_header#`, `#param_url#` are special: WhatsApp takes them out of the body, an SMS has them as
  ordinary variables, and an SMS of type OTP has the verification code as its first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any

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
    """Template parameters that cannot be sent. `code` says why, `facts` what it is about; the sentence for people is the caller's."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        # A wrong key is shown to people, and half a surrogate pair or a key without end would break the page that shows it.
        self.facts = {
            name: _shown(fact) if isinstance(fact, str) else fact for name, fact in facts.items()
        }


def _shown(text: str) -> str:
    return text[:MAX_KEY_CHARACTERS].encode("utf-8", "replace").decode()


# --- the text of a template -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Placeholder:
    """One place in a template: `position` (from 1) if it takes values by position, else `name`."""

    text: str
    start: int
    end: int
    position: int | None = None
    name: str | None = None


# India's typed tags ({#numeric#} …, TRAI's direction of 18 November 2025) are taken as {#var#}: how Fallback fills them is not documented.
_BY_OCCURRENCE = r"\{#(?:var|numeric|alphanumeric|url|urlott|cbn|email)#\}"
_BY_NUMBER = r"\{\{\$?(?P<number>[0-9]{1,4})\}\}"
_BY_NAME = r"\{\{(?P<name>[^{}\s#$][^{}]*)\}\}"
_BY_NAME_IN_SMS = r"\{(?P<sms_name>[^{}\s#$][^{}]*)\}"
_PLACES = {
    ChannelKind.WHATSAPP: re.compile("|".join([_BY_OCCURRENCE, _BY_NUMBER, _BY_NAME])),
    ChannelKind.SMS: re.compile("|".join([_BY_OCCURRENCE, _BY_NUMBER, _BY_NAME, _BY_NAME_IN_SMS])),
}


def placeholders(text: str, kind: ChannelKind) -> list[Placeholder]:
    """The places in a template text, in reading order. `{{2}}` takes the second value wherever it stands; the n-th `{#var#}` the n-th."""
    found: list[Placeholder] = []
    occurrences = 0
    for match in _PLACES[kind].finditer(text):
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
    """The keys a template's body needs: `numbered` ones for its positions, the names themselves for its names.

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


# --- the order of the values ------------------------------------------------------------------------------------------


def ordered_params(
    params: TemplateParams, kind: ChannelKind, *, otp: bool = False
) -> list[tuple[str, str]]:
    """Keys and values in the order in which a body's positions take them.

    `otp` says that an SMS template is of type OTP, or a WhatsApp template an authentication template: the code is its first value.
    How an SMS of another type takes the verification code is not documented: it is taken as the ordinary variable that the other
    two special parameters are.
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
    """`count` keys whose order as text is their order as numbers: "01", "02" … and wider from a hundred on."""
    width = max(2, len(str(count)))
    return [str(number).zfill(width) for number in range(1, count + 1)]


def renumbered_keys(keys: Sequence[str]) -> list[str]:
    """`keys` in their given order, the ordinary ones made into `numbered` keys, special ones left alone."""
    fresh = iter(numbered_keys(sum(key not in SPECIAL_KEYS for key in keys)))
    return [key if key in SPECIAL_KEYS else next(fresh) for key in keys]


_LEADING_NUMBER = re.compile(r"\A0*([0-9]+)")


def out_of_order(keys: Iterable[str]) -> list[str]:
    """Keys that sort as text before a key with a smaller leading number, as "10" before "2": almost certainly not meant."""
    # Without their zeros, numbers compare as (length, text): Python reads none of more than 4,300 digits.
    numbers = [
        ((len(match[1]), match[1]), key)
        for key in sorted(keys)
        if (match := _LEADING_NUMBER.match(key))
    ]
    return [key for (number, key), (following, _) in pairwise(numbers) if number > following]


# --- what the customer sees -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Piece:
    """A stretch of a resolved text: plain, or a `placeholder` with the `key` whose value it takes (None: nothing was given for it)."""

    text: str
    placeholder: Placeholder | None = None
    key: str | None = None


@dataclass(frozen=True)
class Resolved:
    """A template with its values filled in."""

    pieces: tuple[Piece, ...]
    order: tuple[tuple[str, str], ...]
    unused: tuple[str, ...]

    @property
    def text(self) -> str:
        """What the customer reads. A place without a value keeps its placeholder."""
        return "".join(piece.text for piece in self.pieces)

    @property
    def missing(self) -> tuple[str, ...]:
        """Placeholders that nothing was given for, each once."""
        return tuple(
            dict.fromkeys(
                piece.text for piece in self.pieces if piece.placeholder and piece.key is None
            )
        )


def resolve(text: str, params: TemplateParams, kind: ChannelKind, *, otp: bool = False) -> Resolved:
    """Fills a template's body. Values are put in once and never read as placeholders themselves."""
    order = ordered_params(params, kind, otp=otp)
    by_name = {
        key: value
        for key, value in params.items()
        if kind is ChannelKind.SMS or key not in SPECIAL_KEYS
    }
    pieces: list[Piece] = []
    read = 0
    for place in placeholders(text, kind):
        if place.start > read:
            pieces.append(Piece(text[read : place.start]))
        key, value = None, place.text
        if place.position is not None and 1 <= place.position <= len(order):
            key, value = order[place.position - 1]
        elif place.name is not None and place.name in by_name:
            key, value = place.name, by_name[place.name]
        pieces.append(Piece(value, place, key))
        read = place.end
    if read < len(text):
        pieces.append(Piece(text[read:]))
    used = {piece.key for piece in pieces}
    return Resolved(tuple(pieces), tuple(order), tuple(key for key, _ in order if key not in used))


def resolve_variable(text: str, params: TemplateParams, special_key: str) -> Resolved:
    """Fills the one variable of a WhatsApp header or dynamic URL button with the special parameter meant for it."""
    place = next(iter(placeholders(text, ChannelKind.WHATSAPP)), None)
    if place is None:
        return Resolved(
            (Piece(text),) if text else (), (), (special_key,) if special_key in params else ()
        )
    filled = Piece(
        params.get(special_key, place.text), place, special_key if special_key in params else None
    )
    around = (Piece(text[: place.start]), filled, Piece(text[place.end :]))
    order = ((special_key, params[special_key]),) if special_key in params else ()
    return Resolved(tuple(piece for piece in around if piece.text or piece.placeholder), order, ())


# --- parameters as they are typed -------------------------------------------------------------------------------------


def checked(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The parameters of one send from its keys and values, in the order given.

    Raises `ParamsError` for what Kaleyra's documentation rules out or leaves open: an empty or repeated key, a key with blanks
    around it, a `#key#` that is none of the three, an empty value, and characters that JSON text or a message cannot carry.
    """
    params: dict[str, str] = {}
    for key, value in pairs:
        if not key:
            raise ParamsError("no_key", value=value)
        if key in params:
            raise ParamsError("repeated_key", key=key)
        if (
            key != key.strip()
            or len(key) > MAX_KEY_CHARACTERS
            or not _carried(key)
            or set("\t\n\r") & set(key)
        ):
            raise ParamsError("bad_key", key=key)
        if key.startswith("#") and key.endswith("#") and key not in SPECIAL_KEYS:
            raise ParamsError("no_such_special_key", key=key)
        if not value.strip():
            raise ParamsError("no_value", key=key)
        if not _carried(value):
            raise ParamsError("bad_value", key=key)
        params[key] = value
    late = out_of_order(params)
    if late:
        raise ParamsError("out_of_order", key=late[0])
    return params


def _carried(text: str) -> bool:
    """Whether UTF-8 and a message can carry `text`: no half of a surrogate pair, no control character but tab and line breaks."""
    return not any(
        0xD800 <= ord(c) <= 0xDFFF or (ord(c) < 0x20 and c not in "\t\n\r") or ord(c) == 0x7F
        for c in text
    )
