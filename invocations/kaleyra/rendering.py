"""Fills a template with its values: what the customer sees."""

from __future__ import annotations

from dataclasses import dataclass

from invocations.kaleyra.template_params import (
    SPECIAL_KEYS,
    ChannelKind,
    Placeholder,
    TemplateParams,
    ordered_params,
    placeholders,
)


@dataclass(frozen=True)
class Piece:
    """A part of a resolved text: plain text, or the value of `key` in place of `placeholder`.

    A placeholder without a value has the key None and its own text.
    """

    text: str
    placeholder: Placeholder | None = None
    key: str | None = None


@dataclass(frozen=True)
class Resolved:
    """A template with its values filled in.

    `order` holds the values that positions take, `unused` the keys that no placeholder takes.
    """

    pieces: tuple[Piece, ...]
    order: tuple[tuple[str, str], ...]
    unused: tuple[str, ...]

    @property
    def text(self) -> str:
        """What the customer reads. A placeholder without a value stays as it is."""
        return "".join(piece.text for piece in self.pieces)

    @property
    def missing(self) -> tuple[str, ...]:
        """The placeholders without a value, each once."""
        return tuple(
            dict.fromkeys(
                piece.text for piece in self.pieces if piece.placeholder and piece.key is None
            )
        )


def resolve(text: str, params: TemplateParams, kind: ChannelKind, *, otp: bool = False) -> Resolved:
    """Fills a template's body. Placeholders inside values are not replaced."""
    order = ordered_params(params, kind, otp=otp)
    by_name = {
        key: value
        for key, value in params.items()
        if kind is ChannelKind.SMS or key not in SPECIAL_KEYS
    }
    pieces: list[Piece] = []
    end = 0
    for place in placeholders(text, kind):
        if place.start > end:
            pieces.append(Piece(text[end : place.start]))
        key, value = None, place.text
        if place.position is not None and 1 <= place.position <= len(order):
            key, value = order[place.position - 1]
        elif place.name is not None and place.name in by_name:
            key, value = place.name, by_name[place.name]
        pieces.append(Piece(value, place, key))
        end = place.end
    if end < len(text):
        pieces.append(Piece(text[end:]))
    used = {piece.key for piece in pieces}
    unused = tuple(key for key, _ in order if key not in used)
    return Resolved(tuple(pieces), tuple(order), unused)


def resolve_variable(text: str, params: TemplateParams, special_key: str) -> Resolved:
    """Fills the one variable of a WhatsApp header or dynamic URL button with its special key."""
    is_given = special_key in params
    place = next(iter(placeholders(text, ChannelKind.WHATSAPP)), None)
    if place is None:
        unused = (special_key,) if is_given else ()
        return Resolved((Piece(text),) if text else (), (), unused)
    filled = Piece(params.get(special_key, place.text), place, special_key if is_given else None)
    pieces = (Piece(text[: place.start]), filled, Piece(text[place.end :]))
    order = ((special_key, params[special_key]),) if is_given else ()
    return Resolved(tuple(piece for piece in pieces if piece.text or piece.placeholder), order, ())
