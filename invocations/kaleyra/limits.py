"""Channel limits on values and template texts, and value orders that are probably not intended.

Sources: seed, "Channel Agnostic Template Parameters" and "Special Template Parameters" (the order);
Kaleyra's page "whatsapp_authentication_templates" (verification codes); `dlt` for India. White
space in WhatsApp's values is limited by Meta; Kaleyra's pages do not repeat that rule, so it is
only a warning.

No finding contains a value, so it may be shown to people who may not see the values.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Literal

from invocations.kaleyra.dlt import dlt_findings
from invocations.kaleyra.limit_finding import LimitFinding, too_long
from invocations.kaleyra.template_params import (
    SPECIAL_KEYS,
    VERIFICATION_CODE,
    ChannelKind,
    TemplateParams,
    ordered_params,
    out_of_order,
    placeholders,
)

MAX_CODE = 15
DLT_REGION = "IN"


# --- single values ------------------------------------------------------------------------------


def value_findings(
    params: TemplateParams,
    kind: ChannelKind,
    *,
    template_text: str = "",
    otp: bool = False,
    region: str = "",
) -> list[LimitFinding]:
    """What the channel's limits say about the values of one send.

    `region` is the recipient's ("IN"); `otp` means that an SMS template is of type OTP.

    Codes that block: `code_too_long` (facts: `length`, `limit`, `over`), `code_url`, `code_emoji`.
    Warning: `whatsapp_white_space` (facts: `which`, of `newline`, `tab`, `blanks`). For those of an
    SMS to India see `dlt_findings`.
    """
    found: list[LimitFinding] = []
    if kind is ChannelKind.SMS and region == DLT_REGION:
        found += dlt_findings(params, template_text, otp)
    if VERIFICATION_CODE in params and (kind is ChannelKind.WHATSAPP or otp):
        found += _code_findings(params[VERIFICATION_CODE])
    if kind is ChannelKind.WHATSAPP:
        found += _white_space_findings(params)
    return found


# What a phone turns into a link: a scheme, or a name with a top-level domain, at the end of the
# value or before a path.
_URL = re.compile(
    r"[a-z][a-z0-9+.-]{0,20}://|\b[a-z0-9-]{1,63}\.[a-z]{2,63}(?=[/:?#]|\Z)", re.IGNORECASE
)
# The Unicode blocks with emoji, and the two combining marks that turn other characters into emoji
# (Unicode, emoji-data.txt).
_EMOJI = re.compile(
    "[\u231a\u231b\u23e9-\u23fa\u2600-\u27bf\u2b1b\u2b1c\u2b50\u2b55"
    "\ufe0f\u20e3\U0001f000-\U0001faff]"
)


def _code_findings(value: str) -> Iterator[LimitFinding]:
    if len(value) > MAX_CODE:
        yield too_long("code_too_long", VERIFICATION_CODE, len(value), MAX_CODE, blocks=True)
    if _URL.search(value.strip()):
        yield LimitFinding("code_url", VERIFICATION_CODE, blocks=True)
    if _EMOJI.search(value):
        yield LimitFinding("code_emoji", VERIFICATION_CODE, blocks=True)


# Meta: "cannot have new-line/tab characters or more than 4 consecutive spaces". Its documents
# differ by one space; as this is only a warning, the stricter number is used.
_WHITE_SPACE = {
    "newline": re.compile(r"[\n\r]"),
    "tab": re.compile(r"\t"),
    "blanks": re.compile(r" {4}"),
}


def _white_space_findings(params: TemplateParams) -> Iterator[LimitFinding]:
    for key, value in params.items():
        which = tuple(name for name, pattern in _WHITE_SPACE.items() if pattern.search(value))
        if which:
            yield LimitFinding("whatsapp_white_space", key, blocks=False, facts={"which": which})


# --- the order of values ------------------------------------------------------------------------


def order_findings(
    keys: Iterable[str], kind: ChannelKind, *, template_text: str = "", otp: bool = True
) -> list[LimitFinding]:
    """Keys whose alphabetical order is probably not the intended one; `keys` as they were typed.

    `out_of_order`: "10" sorts before "2" (blocks). `capitals`: "City" sorts before "name", which
    was typed first. `special_first`: an SMS takes a special key as an ordinary variable, which
    sorts before the digits and shifts them. Facts: `order`, all keys in alphabetical order;
    `before`, the keys that move behind this one.

    Only positional placeholders depend on the order: a number in the name of a placeholder means
    nothing. Without a template text ("") only the first two are checked. `otp=False` means that an
    SMS is not of type OTP, so that its verification code is an ordinary variable, too.
    """
    typed = list(dict.fromkeys(keys))
    positional = template_mode(template_text, kind) in ("positional", "mixed")
    if template_text and not positional:
        return []
    order = tuple(key for key, _ in ordered_params(dict.fromkeys(typed, ""), kind, otp=otp))
    names = {place.name for place in placeholders(template_text, kind)}
    found = [
        LimitFinding("out_of_order", key, blocks=True, facts={"order": order})
        for key in out_of_order(key for key in typed if key not in names)
    ]
    found += _capitals_first(typed, order)
    if positional:
        found += _special_keys_first(order, otp)
    return found


def _capitals_first(typed: Sequence[str], order: tuple[str, ...]) -> Iterator[LimitFinding]:
    for index, key in enumerate(typed):
        before = tuple(
            earlier
            for earlier in typed[:index]
            if key[:1].isupper() and earlier[:1].islower() and key < earlier
        )
        if before:
            facts = {"order": order, "before": before}
            yield LimitFinding("capitals", key, blocks=False, facts=facts)


def _special_keys_first(order: tuple[str, ...], otp: bool) -> Iterator[LimitFinding]:
    """Finds nothing for WhatsApp, where `ordered_params` leaves the special keys out."""
    for index, key in enumerate(order):
        before = tuple(later for later in order[index + 1 :] if later not in SPECIAL_KEYS)
        # The documented position of an OTP's verification code is the first.
        if key in SPECIAL_KEYS and before and not (otp and key == VERIFICATION_CODE):
            facts = {"order": order, "before": before}
            yield LimitFinding("special_first", key, blocks=False, facts=facts)


# --- the text of a template ---------------------------------------------------------------------

Mode = Literal["none", "positional", "named", "mixed"]


def template_mode(text: str, kind: ChannelKind) -> Mode:
    """How the placeholders of a template take their values."""
    found = placeholders(text, kind)
    positional = any(place.position is not None for place in found)
    named = any(place.name is not None for place in found)
    if positional and named:
        return "mixed"
    return "positional" if positional else "named" if named else "none"


def template_problems(text: str, kind: ChannelKind) -> list[LimitFinding]:
    """Errors and warnings about a template's text.

    `single_brace_on_whatsapp` blocks: `{name}` is for SMS only, WhatsApp would show it as it stands
    (facts: `text`). Warnings: `mixed` (the documentation does not say which values positional
    placeholders take beside named ones), `starts_not_at_one` (facts: `first`), `gap` (facts:
    `missing`).
    """
    found: list[LimitFinding] = []
    if template_mode(text, kind) == "mixed":
        found.append(LimitFinding("mixed", "", blocks=False))
    places = placeholders(text, kind)
    starts = {place.start for place in places}
    only_in_sms = {
        place.text: place.name
        for place in placeholders(text, ChannelKind.SMS)
        if place.start not in starts
    }
    found += [
        LimitFinding("single_brace_on_whatsapp", name or "", blocks=True, facts={"text": written})
        for written, name in only_in_sms.items()
    ]
    found += _position_findings({place.position for place in places if place.position is not None})
    return found


def _position_findings(positions: Collection[int]) -> Iterator[LimitFinding]:
    if not positions:
        return
    first, last = min(positions), max(positions)
    if first != 1:
        yield LimitFinding("starts_not_at_one", "", blocks=False, facts={"first": first})
    missing = tuple(number for number in range(first, last) if number not in positions)
    if missing:
        yield LimitFinding("gap", "", blocks=False, facts={"missing": missing})
