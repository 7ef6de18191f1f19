"""What the channels allow of single values and of a template's text, and when the order of values is hardly the one meant.

Sources: seed, "Channel Agnostic Template Parameters" and "Special Template Parameters" (the order); Kaleyra's support articles
3000105308 and 3000108952 (India's DLT); Kaleyra's page "whatsapp_authentication_templates" (verification codes). White space in
WhatsApp's values is Meta's rule, which Kaleyra's pages do not repeat: it only warns.

No finding carries a value: it may be shown where the values may not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from invocations.kaleyra.template_params import (
    SPECIAL_KEYS,
    VERIFICATION_CODE,
    ChannelKind,
    TemplateParams,
    in_order,
    out_of_order,
    placeholders,
    resolve,
)

MAX_DLT_VALUE = 30
MAX_CODE = 15
DLT_REGION = "IN"


@dataclass(frozen=True)
class LimitFinding:
    """Something wrong (`blocks`) or doubtful about the value of `key`; in a template about the name `key`, or about the whole ("")."""

    code: str
    key: str
    blocks: bool
    facts: Mapping[str, Any] = field(default_factory=dict)


# --- single values ----------------------------------------------------------------------------------------------------


def value_findings(
    params: TemplateParams,
    kind: ChannelKind,
    *,
    template_text: str = "",
    otp: bool = False,
    region: str = "",
) -> list[LimitFinding]:
    """What the channel says of the values: `region` is the recipient's ("IN"), `otp` says that an SMS template is of type OTP.

    Codes that block: `dlt_too_long` and `code_too_long` (facts: `length`, `limit`, `over`), `dlt_angle`, `code_url`, `code_emoji`.
    Warnings: `dlt_double_blank`, `whatsapp_white_space` (facts: `which`, of `newline`, `tab`, `blanks`).
    """
    found: list[LimitFinding] = []
    if kind is ChannelKind.SMS and region == DLT_REGION:
        found += _of_dlt(params, template_text, otp)
    if VERIFICATION_CODE in params and (kind is ChannelKind.WHATSAPP or otp):
        found += _of_a_code(params[VERIFICATION_CODE])
    if kind is ChannelKind.WHATSAPP:
        found += _of_white_space(params)
    return found


def _of_dlt(params: TemplateParams, template_text: str, otp: bool) -> Iterator[LimitFinding]:
    """India's operators compare the message with the text registered with them; only what fills a `{#…#}` place is a variable to them."""
    pieces = resolve(template_text, params, ChannelKind.SMS, otp=otp).pieces
    for index, piece in enumerate(pieces):
        if (
            piece.key is None
            or piece.placeholder is None
            or not piece.placeholder.text.startswith("{#")
        ):
            continue
        if len(piece.text) > MAX_DLT_VALUE:
            yield _too_long("dlt_too_long", piece.key, piece.text, MAX_DLT_VALUE)
        if "<" in piece.text or ">" in piece.text:
            yield LimitFinding("dlt_angle", piece.key, blocks=True)
        # The rule is about the message: a blank at a value's end beside one of the template's is two blanks as well.
        before = "".join(neighbour.text for neighbour in pieces[max(index - 1, 0) : index])[-1:]
        after = "".join(neighbour.text for neighbour in pieces[index + 1 : index + 2])[:1]
        if "  " in before + piece.text + after:
            yield LimitFinding("dlt_double_blank", piece.key, blocks=False)


# What a phone would make a link of: a scheme, or a name with a top level domain, alone or before a path.
_URL = re.compile(
    r"[a-z][a-z0-9+.-]{0,20}://|\b[a-z0-9-]{1,63}\.[a-z]{2,63}(?=[/:?#]|\Z)", re.IGNORECASE
)
# The blocks of Unicode that emoji are in, and the two marks that make emoji of other characters (Unicode, emoji-data.txt).
_EMOJI = re.compile(
    "[\u231a\u231b\u23e9-\u23fa\u2600-\u27bf\u2b1b\u2b1c\u2b50\u2b55\ufe0f\u20e3\U0001f000-\U0001faff]"
)


def _of_a_code(value: str) -> Iterator[LimitFinding]:
    if len(value) > MAX_CODE:
        yield _too_long("code_too_long", VERIFICATION_CODE, value, MAX_CODE)
    if _URL.search(value.strip()):
        yield LimitFinding("code_url", VERIFICATION_CODE, blocks=True)
    if _EMOJI.search(value):
        yield LimitFinding("code_emoji", VERIFICATION_CODE, blocks=True)


# Meta: "cannot have new-line/tab characters or more than 4 consecutive spaces". Its documents differ by one; a warning may come early.
_WHITE_SPACE = {
    "newline": re.compile(r"[\n\r]"),
    "tab": re.compile(r"\t"),
    "blanks": re.compile(r" {4}"),
}


def _of_white_space(params: TemplateParams) -> Iterator[LimitFinding]:
    for key, value in params.items():
        which = tuple(name for name, pattern in _WHITE_SPACE.items() if pattern.search(value))
        if which:
            yield LimitFinding("whatsapp_white_space", key, blocks=False, facts={"which": which})


def _too_long(code: str, key: str, value: str, limit: int) -> LimitFinding:
    return LimitFinding(
        code,
        key,
        blocks=True,
        facts={"length": len(value), "limit": limit, "over": len(value) - limit},
    )


# --- the order of values ----------------------------------------------------------------------------------------------


def order_findings(
    keys: Iterable[str], kind: ChannelKind, *, template_text: str = "", otp: bool = True
) -> list[LimitFinding]:
    """Keys, given in the order they were typed, that positional places will hardly take in the order meant.

    `out_of_order` ("10" before "2"; blocks, as `checked` refuses it), `capitals` ("City" before "name", which was typed first) and
    `special_first` (a special key that an SMS takes as an ordinary variable stands before the digits and shifts them). Facts:
    `order`, all keys as they are taken; `before`, those that the key overtakes.

    A text without positional places has no such dangers; of an unknown text ("") only the first two can be told. `otp=False` says
    that an SMS is not of type OTP, so that its verification code, too, is an ordinary variable.
    """
    typed = list(dict.fromkeys(keys))
    positional = template_mode(template_text, kind) in ("positional", "mixed")
    if template_text and not positional:
        return []
    order = tuple(key for key, _ in in_order(dict.fromkeys(typed, ""), kind, otp=otp))
    found = [
        LimitFinding("out_of_order", key, blocks=True, facts={"order": order})
        for key in out_of_order(typed)
    ]
    for index, key in enumerate(typed):
        overtaken = tuple(
            earlier
            for earlier in typed[:index]
            if key[:1].isupper() and earlier[:1].islower() and key < earlier
        )
        if overtaken:
            found.append(
                LimitFinding(
                    "capitals", key, blocks=False, facts={"order": order, "before": overtaken}
                )
            )
    if positional:
        found += _specials_before_ordinary_keys(order, otp)
    return found


def _specials_before_ordinary_keys(order: Sequence[str], otp: bool) -> Iterator[LimitFinding]:
    """WhatsApp takes special keys out of the order, so that there are none here."""
    for index, key in enumerate(order):
        shifted = tuple(later for later in order[index + 1 :] if later not in SPECIAL_KEYS)
        # The code of an OTP is documented to be first: there it is meant.
        if key in SPECIAL_KEYS and shifted and not (otp and key == VERIFICATION_CODE):
            yield LimitFinding(
                "special_first", key, blocks=False, facts={"order": tuple(order), "before": shifted}
            )


# --- the text of a template -------------------------------------------------------------------------------------------

Mode = Literal["none", "positional", "named", "mixed"]


def template_mode(text: str, kind: ChannelKind) -> Mode:
    """How the places of a template take their values."""
    found = placeholders(text, kind)
    positional = any(place.position is not None for place in found)
    named = any(place.name is not None for place in found)
    if positional and named:
        return "mixed"
    return "positional" if positional else "named" if named else "none"


def template_problems(text: str, kind: ChannelKind) -> list[LimitFinding]:
    """What is wrong or doubtful in a template's text.

    `single_brace_on_whatsapp` blocks: `{name}` is for SMS only, and WhatsApp would show it as it is (facts: `text`). Warnings:
    `mixed` (what positions do among names is not documented), `starts_not_at_one` (facts: `first`), `gap` (facts: `missing`).
    """
    found = (
        [LimitFinding("mixed", "", blocks=False)] if template_mode(text, kind) == "mixed" else []
    )
    places = placeholders(text, kind)
    taken = {place.start for place in places}
    only_in_sms = {
        place.text: place.name
        for place in placeholders(text, ChannelKind.SMS)
        if place.start not in taken
    }
    found += [
        LimitFinding("single_brace_on_whatsapp", name or "", blocks=True, facts={"text": written})
        for written, name in only_in_sms.items()
    ]
    positions = {place.position for place in places if place.position is not None}
    if positions:
        first = min(positions)
        missing = tuple(
            number for number in range(first, max(positions)) if number not in positions
        )
        if first != 1:
            found.append(
                LimitFinding("starts_not_at_one", "", blocks=False, facts={"first": first})
            )
        if missing:
            found.append(LimitFinding("gap", "", blocks=False, facts={"missing": missing}))
    return found
