"""The preview: what the customer will see on each channel.

`kaleyra.rendering` fills the templates, by the same rules as everywhere else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from invocations.kaleyra.lookalikes import Lookalike, lookalikes
from invocations.kaleyra.payload import Send
from invocations.kaleyra.rendering import Piece, Resolved, resolve, resolve_variable
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
"""Shown in place of a sensitive value."""


@dataclass(frozen=True)
class Stretch:
    """A part of a text, and how it is marked.

    `mark` is empty for plain text; else `value`, `bad` (a value that is blocked), `hidden` (a
    sensitive value, shown as dots), `missing` (a placeholder without a value) or `literal` (what
    looks like a placeholder and is none).
    """

    text: str
    mark: str = ""


@dataclass(frozen=True)
class Place:
    """A placeholder with the key and the value that it takes: one line of the order of values."""

    what: str
    """`body`, `header` or `button`."""
    text: str
    number: int | None
    """Which one it is, if there are several `{#var#}` or the like."""
    key: str
    """Empty if there is no value for it."""
    value: Stretch


@dataclass(frozen=True)
class Bubble:
    """One channel's message with its values filled in.

    Without a template text, `body` and `size` are None and everything else is empty. `waits_for` is
    the channel before it, if any. `unused` are the keys that no placeholder takes, `missing` the
    placeholders without a value. `literals` look like placeholders and are sent as they stand.
    `size` is for an SMS only. `text` is the complete body with all values, also sensitive ones.
    """

    channel: Channel
    waits_for: Channel | None
    body: list[Stretch] | None = None
    header: list[Stretch] = field(default_factory=list)
    button: list[Stretch] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    literals: list[str] = field(default_factory=list)
    size: SmsSize | None = None
    text: str = ""


def bubbles(
    channels: Sequence[Channel],
    params: Sequence[TemplateParams],
    *,
    hidden: Collection[str] = (),
    bad: Sequence[Collection[str]] = ((), ()),
    absent: Sequence[Mapping[str, str]] = ({}, {}),
) -> list[Bubble]:
    """One bubble for each channel, in the order of sending.

    `params` and `bad` have an item for each channel: its values, and the keys of those that are
    marked as blocked. The values of the keys in `hidden` are shown as dots. `absent` has, for each
    channel, the keys that still need a value, with the name that stands in their places meanwhile
    (empty: the place itself), so that the other values stand in their own places already.
    """
    before: list[Channel | None] = [None, *channels]
    return [
        _bubble(channel, waits_for, values, _Marks(hidden, bad_keys, names))
        for channel, waits_for, values, bad_keys, names in zip(
            channels, before, params, bad, absent, strict=False
        )
    ]


def shown_send(send: Send, *, masked: bool, hidden: Collection[str]) -> Send:
    """`send` as it may be shown.

    If `masked`, the number is shortened to its last four digits. The values of the keys in `hidden`
    are dots.
    """
    number = f"…{send.recipient[-4:]}" if masked else send.recipient
    params = {key: DOTS if key in hidden else value for key, value in send.template_params.items()}
    return Send(number, params)


@dataclass(frozen=True)
class _Marks:
    """The keys of one channel whose values are hidden, those whose values are blocked, and those
    without a value, with the names of these.
    """

    hidden: Collection[str]
    bad: Collection[str]
    absent: Mapping[str, str]

    def stretch(self, piece: Piece) -> Stretch:
        if piece.key is None:
            return Stretch(piece.text, "missing")
        if piece.key in self.absent:
            place = piece.placeholder.text if piece.placeholder else ""
            return Stretch(self.absent[piece.key] or place, "missing")
        if piece.key in self.hidden:
            return Stretch(DOTS, "hidden")
        return Stretch(piece.text, "bad" if piece.key in self.bad else "value")


class _Part(NamedTuple):
    """A text of the template: `what` is `body`, `header` or `button`.

    `literals` are the pieces of `text` that look like placeholders and are none.
    """

    what: str
    text: str
    resolved: Resolved
    literals: list[Lookalike]

    def stretches(self, marks: _Marks) -> list[Stretch]:
        found: list[Stretch] = []
        start = 0
        for piece in self.resolved.pieces:
            if piece.placeholder is None:
                found += self._plain(start, start + len(piece.text))
                start += len(piece.text)
            else:
                found.append(marks.stretch(piece))
                start = piece.placeholder.end
        return found

    def missing(self, marks: _Marks) -> Iterator[str]:
        """The placeholders without a value, each once."""
        without = [
            piece.placeholder.text
            for piece in self.resolved.pieces
            if piece.placeholder and (piece.key is None or piece.key in marks.absent)
        ]
        yield from dict.fromkeys(without)

    def _plain(self, start: int, end: int) -> Iterator[Stretch]:
        """The text from `start` to `end`, which has no placeholder."""
        for literal in self.literals:
            if start <= literal.start and literal.end <= end:
                if literal.start > start:
                    yield Stretch(self.text[start : literal.start])
                yield Stretch(literal.text, "literal")
                start = literal.end
        if end > start:
            yield Stretch(self.text[start:end])


def _bubble(
    channel: Channel, waits_for: Channel | None, params: TemplateParams, marks: _Marks
) -> Bubble:
    if not channel.template_text:
        return Bubble(channel, waits_for)
    kind = ChannelKind(channel.kind)
    parts = _parts(channel, kind, {**marks.absent, **params})
    body = resolve(channel.template_text, params, kind, otp=channel.is_otp)
    shown = {part.what: part.stretches(marks) for part in parts}
    used = {piece.key for part in parts for piece in part.resolved.pieces if piece.key}
    return Bubble(
        channel,
        waits_for,
        body=shown["body"],
        header=shown.get("header", []),
        button=shown.get("button", []),
        places=[place for part in parts for place in _places(part, kind, marks)],
        unused=[key for key in params if key not in used],
        missing=[text for part in parts for text in part.missing(marks)],
        literals=list(dict.fromkeys(each.text for part in parts for each in part.literals)),
        size=measure(body.text) if kind is ChannelKind.SMS else None,
        text=body.text,
    )


def _parts(channel: Channel, kind: ChannelKind, params: TemplateParams) -> list[_Part]:
    """The body, then a WhatsApp template's header and button if it has them."""
    body = resolve(channel.template_text, params, kind, otp=channel.is_otp)
    parts = [_Part("body", channel.template_text, body, lookalikes(channel.template_text, kind))]
    if kind is ChannelKind.WHATSAPP:
        parts += [
            _Part(
                what,
                text,
                resolve_variable(text, params, key),
                lookalikes(text, kind, is_address=what == "button"),
            )
            for what, text, key in [
                ("header", channel.header_text, PARAM_HEADER),
                ("button", channel.button_url, PARAM_URL),
            ]
            if text
        ]
    return parts


def _places(part: _Part, kind: ChannelKind, marks: _Marks) -> list[Place]:
    """Each placeholder once, in the order in which they take their values."""
    pieces = {piece.placeholder: piece for piece in part.resolved.pieces if piece.placeholder}
    is_numbered = sum(_is_by_occurrence(placeholder) for placeholder in pieces) > 1
    places: dict[tuple[int | None, str | None], Place] = {}
    for placeholder in placeholders(part.text, kind):
        piece = pieces.get(placeholder)
        if piece is None:
            continue
        number = placeholder.position if is_numbered and _is_by_occurrence(placeholder) else None
        place = Place(part.what, placeholder.text, number, piece.key or "", marks.stretch(piece))
        places.setdefault((placeholder.position, placeholder.name), place)
    return sorted(places.values(), key=_sort_key)


def _is_by_occurrence(placeholder: Placeholder) -> bool:
    """Whether it is `{#var#}` or the like, which takes the next value each time it occurs."""
    return placeholder.text.startswith("{#")


def _sort_key(place: Place) -> tuple[bool, bool, str]:
    """By key; those without a value come after them, special keys of header and button last."""
    is_special = place.key in SPECIAL_KEYS and place.what != "body"
    return is_special, place.key == "", place.key
