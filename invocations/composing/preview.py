"""What the customer will see of each channel, resolved by the one implementation of the rules (`kaleyra.template_params`)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from invocations.kaleyra.payload import Send
from invocations.kaleyra.rendering import Resolved, resolve, resolve_variable
from invocations.kaleyra.sms import SmsSize, measure
from invocations.kaleyra.template_params import (
    PARAM_HEADER,
    PARAM_URL,
    SPECIAL_KEYS,
    ChannelKind,
    Placeholder,
    TemplateParams,
    placeholders,
)
from invocations.models import Channel

DOTS = "••••"


@dataclass(frozen=True)
class Stretch:
    """A stretch of a text with its mark: "" plain, `value`, `bad` (a blocked value), `hidden` (a sensitive one), `missing`."""

    text: str
    mark: str = ""


@dataclass(frozen=True)
class Place:
    """One line of the order: which place takes which key's value. `what` is `body`, `header` or `button`; no `key`: nothing given."""

    what: str
    text: str
    number: int | None
    key: str
    value: Stretch


@dataclass(frozen=True)
class Bubble:
    """One channel's message with its values filled in. `body` is None where the channel's template text is not known."""

    channel: Channel
    waits_for: Channel | None
    body: list[Stretch] | None = None
    header: list[Stretch] = field(default_factory=list)
    button: list[Stretch] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    size: SmsSize | None = None
    text: str = ""


def bubbles(
    channels: Sequence[Channel],
    params: Sequence[TemplateParams],
    *,
    hidden: Collection[str] = (),
    bad: Sequence[Collection[str]] = ((), ()),
) -> list[Bubble]:
    """One bubble a channel, in sending order.

    `params` are what each channel would be sent; the values of the keys in `hidden` are shown as dots, and those of a channel's
    keys in `bad` are marked as wrong.
    """
    before: list[Channel | None] = [None, *channels]
    return [
        _bubble(channel, waits, values, hidden, wrong)
        for channel, waits, values, wrong in zip(channels, before, params, bad, strict=False)
    ]


def shown_send(send: Send, *, masked: bool, hidden: Collection[str]) -> Send:
    """What would be sent, as it may be shown: the number shortened if `masked`, the values of the keys in `hidden` as dots."""
    number = f"…{send.recipient[-4:]}" if masked else send.recipient
    return Send(
        number,
        {key: DOTS if key in hidden else value for key, value in send.template_params.items()},
    )


def _bubble(
    channel: Channel,
    waits_for: Channel | None,
    params: TemplateParams,
    hidden: Collection[str],
    bad: Collection[str],
) -> Bubble:
    kind = ChannelKind(channel.kind)
    if not channel.template_text:
        return Bubble(channel, waits_for, unused=[])
    body = resolve(channel.template_text, params, kind, otp=channel.is_otp)
    parts = [("body", channel.template_text, body)]
    if kind is ChannelKind.WHATSAPP:
        parts += [
            (what, text, resolve_variable(text, params, key))
            for what, text, key in [
                ("header", channel.header_text, PARAM_HEADER),
                ("button", channel.button_url, PARAM_URL),
            ]
            if text
        ]
    shown = {what: _stretches(resolved, hidden, bad) for what, _text, resolved in parts}
    used = {piece.key for _what, _text, resolved in parts for piece in resolved.pieces if piece.key}
    return Bubble(
        channel,
        waits_for,
        body=shown["body"],
        header=shown.get("header", []),
        button=shown.get("button", []),
        places=[
            place
            for what, text, resolved in parts
            for place in _places(what, text, kind, resolved, hidden, bad)
        ],
        unused=[key for key in params if key not in used],
        missing=[text for _what, _text, resolved in parts for text in resolved.missing],
        size=measure(body.text) if kind is ChannelKind.SMS else None,
        text=body.text,
    )


def _stretches(resolved: Resolved, hidden: Collection[str], bad: Collection[str]) -> list[Stretch]:
    return [
        _stretch(piece.text, piece.key, piece.placeholder, hidden, bad) for piece in resolved.pieces
    ]


def _stretch(
    text: str,
    key: str | None,
    placeholder: Placeholder | None,
    hidden: Collection[str],
    bad: Collection[str],
) -> Stretch:
    if placeholder is None:
        return Stretch(text)
    if key is None:
        return Stretch(text, "missing")
    if key in hidden:
        return Stretch(DOTS, "hidden")
    return Stretch(text, "bad" if key in bad else "value")


def _places(
    what: str,
    text: str,
    kind: ChannelKind,
    resolved: Resolved,
    hidden: Collection[str],
    bad: Collection[str],
) -> list[Place]:
    """Each place once, in the order in which the places take their values."""
    filled = {piece.placeholder: piece for piece in resolved.pieces if piece.placeholder}
    by_occurrence = sum(1 for place in filled if place.text.startswith("{#")) > 1
    found: dict[tuple[int | None, str | None], Place] = {}
    for place in placeholders(text, kind):
        piece = filled.get(place)
        if piece is None:
            continue
        number = place.position if by_occurrence and place.text.startswith("{#") else None
        value = _stretch(piece.text, piece.key, place, hidden, bad)
        found.setdefault(
            (place.position, place.name), Place(what, place.text, number, piece.key or "", value)
        )
    return sorted(
        found.values(),
        key=lambda place: (
            place.key in SPECIAL_KEYS and what != "body",
            place.key == "",
            place.key,
        ),
    )
