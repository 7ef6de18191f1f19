"""From what stands in the send form to each channel's parameters, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from invocations.composing import unseen_characters
from invocations.composing.field_names import field_name
from invocations.composing.findings import Finding
from invocations.composing.prepared_values import prepared
from invocations.composing.template_fields import TemplateField
from invocations.composing.value_sources import Asked, sources_of
from invocations.models import Channel

Params = dict[str, str]


def collected(
    channels: Sequence[Channel],
    asked: Asked,
    value_of: Callable[[str], str | None],
    extras: Sequence[Params],
    *,
    same: bool,
) -> list[Params]:
    """Each channel's parameters: what it asks for, then what was added freely (`extras`).

    `value_of` gives the value in a field of the form. `same`: the channels share their values.
    """
    sources = sources_of(asked)

    def values(position: int) -> Params:
        named = {each.key: field_name(position, each.key) for each in asked[position - 1]}
        typed = {
            key: value_of(sources.typed_in(name, value_of, same=same))
            for key, name in named.items()
        }
        return {key: value for key, value in typed.items() if value}

    first = values(1) | extras[0]
    if len(channels) < 2:
        return [first]
    if not is_known(channels[1], asked[1]):
        return [first, dict(first) if same else extras[1]]
    return [first, values(2) | (extras[0] if same else extras[1])]


def is_known(channel: Channel, fields: Sequence[TemplateField]) -> bool:
    """Whether its text is stored, so that it takes exactly what that asks for."""
    return bool(fields or channel.template_text)


def as_sent(
    channels: Sequence[Channel], asked: Asked, params: Iterable[Mapping[str, str]]
) -> tuple[list[Params], list[Finding]]:
    """Each channel's parameters as they are sent, and what was taken out of them."""
    sent: list[Params] = []
    found: list[Finding] = []
    for channel, fields, typed in zip(channels, asked, params, strict=True):
        values, findings = prepared(channel, fields, typed)
        sent.append(values)
        found += findings
    return sent, found


def with_clean_keys(asked: Asked, params: Mapping[str, str]) -> tuple[Params, list[Finding]]:
    """What stands in a free editor, or was pasted, without unseen characters in the keys.

    Raises `ParamsError` if two keys become one.
    """
    known = {key for fields in asked for field in fields for key in field.keys}
    return unseen_characters.clean_keys(params, known)


def field_key(fields: Sequence[TemplateField], key: str) -> str:
    """The key of the field in which the value of `key` is typed: of the first of several places
    side by side.
    """
    return next((field.key for field in fields if key in field.keys), key)


def key_with_field(fields: Sequence[TemplateField], free: Mapping[str, str]) -> str:
    """A key of the free editor that has a field of its own; empty if none has."""
    return next((key for field in fields for key in field.keys if key in free), "")
