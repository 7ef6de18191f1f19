"""Cautions about what may be sent and is hardly meant."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from invocations.composing import error_text
from invocations.composing.findings import Finding, Severity
from invocations.composing.preview import Bubble, bubbles
from invocations.composing.template_fields import TemplateField
from invocations.composing.template_warnings import listed, not_places
from invocations.kaleyra.rendering import resolve
from invocations.kaleyra.template_params import PARAM_URL, ChannelKind, TemplateParams
from invocations.kaleyra.unlikely import unlikely
from invocations.models import Channel

MAX_HEADER, MAX_BODY = 60, 1024
"""Characters of a WhatsApp message's header and body (Meta, "Template components")."""


def findings(
    channel: Channel,
    fields: Sequence[TemplateField],
    params: TemplateParams,
    *,
    is_practice: bool = False,
) -> Iterator[Finding]:
    """`is_practice`: the example values are sent on purpose."""
    if pieces := not_places(channel):
        yield _not_places(channel, pieces)
    [bubble] = bubbles([channel], [params])
    if channel.kind == ChannelKind.WHATSAPP and bubble.body is not None:
        yield from _of_length(channel, bubble)
    by_key = {field.key: field for field in fields}
    in_runs = {key for field in fields for key in field.more_keys}
    for key, value in params.items():
        if key in in_runs:
            continue
        field = by_key.get(key)
        whole = "".join(params.get(each, "") for each in field.keys) if field else value
        if code := _of_value(whole, key, field, is_practice=is_practice):
            yield _caution(code, channel, key)
    for key in _addresses_twice(channel, params):
        yield _caution("address_twice", channel, key)


def _caution(code: str, channel: Channel, key: str = "", **facts: Any) -> Finding:
    text = str(error_text.DOUBT_TEXT[code]) % facts
    return Finding(code, Severity.CAUTION, text, channel.position, key, facts=facts)


def _not_places(channel: Channel, pieces: list[str]) -> Finding:
    """One finding, in words for one piece or for several."""
    facts = {"pieces": listed(pieces)}
    words = error_text.DOUBT_TEXT["not_a_place" if len(pieces) == 1 else "not_places"]
    text = str(words) % facts
    return Finding("not_a_place", Severity.CAUTION, text, channel.position, facts=facts)


def _of_length(channel: Channel, bubble: Bubble) -> Iterator[Finding]:
    header = "".join(stretch.text for stretch in bubble.header)
    for code, text, limit in [
        ("header_too_long", header, MAX_HEADER),
        ("body_too_long", bubble.text, MAX_BODY),
    ]:
        if len(text) > limit:
            facts = {"length": len(text), "limit": limit, "over": len(text) - limit}
            yield _caution(code, channel, "", **facts)


def _of_value(value: str, key: str, field: TemplateField | None, *, is_practice: bool) -> str:
    """The code of a doubt about one value, or ""."""
    if field and value in field.choices:
        return ""
    if code := unlikely(value, is_address=key == PARAM_URL or "://" in value):
        return code
    if field is None:
        return ""
    typed = value.strip().casefold()
    names = {field.words.label.casefold()} | (set() if field.by_position else {key.casefold()})
    if typed in names - {""}:
        return "label_value"
    is_example = bool(field.words.sample) and value == field.words.sample != field.words.default
    return "sample_value" if is_example and not is_practice else ""


def _addresses_twice(channel: Channel, params: TemplateParams) -> Iterator[str]:
    """The keys whose value is a full address in a place behind the beginning of an address."""
    kind = ChannelKind(channel.kind)
    if kind is ChannelKind.WHATSAPP and PARAM_URL in params:
        # Kaleyra has the button's beginning also where the console has no copy of the template.
        beginning = channel.button_url.partition("{")[0] if channel.template_text else "https://"
        if _repeats(params[PARAM_URL], beginning):
            yield PARAM_URL
    before = ""
    for piece in resolve(channel.template_text, params, kind, otp=channel.is_otp).pieces:
        if piece.key is not None and _repeats(piece.text, _last_word(before)):
            yield piece.key
        before = piece.text if piece.placeholder is None else ""


def _last_word(text: str) -> str:
    """What stands at the end of `text` without a blank behind it."""
    return "" if not text or text[-1].isspace() else text.split()[-1]


_SCHEME = re.compile(r"(?:[a-z][a-z0-9+.-]{1,20}:)?//", re.IGNORECASE)


def _repeats(value: str, beginning: str) -> bool:
    """Whether an address that has its `beginning` already would get another one from `value`.

    Not where the beginning ends in "=": an address may be a parameter of another.
    """
    start, value = beginning.strip().casefold(), value.strip().casefold()
    if not ("://" in start or start.startswith("www.")) or start.endswith("="):
        return False
    host = re.split(r"[/?#]", start.partition("://")[2] or start, maxsplit=1)[0]
    if _SCHEME.match(value) or value.startswith("www."):
        return True
    return "." in host and value.startswith(host)
