"""From what stands in the send form to each channel's parameters, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from invocations.composing import unseen_characters
from invocations.composing.findings import Finding
from invocations.composing.prepared_values import prepared
from invocations.composing.template_fields import TemplateField
from invocations.forms.values import field_name
from invocations.models import Channel

Params = dict[str, str]
Asked = Sequence[Sequence[TemplateField]]


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
    first = {
        each.key: value for each in asked[0] if (value := value_of(field_name(1, each.key)))
    } | extras[0]
    if len(channels) < 2:
        return [first]
    if not is_known(channels[1], asked[1]):
        return [first, dict(first) if same else extras[1]]
    second = {}
    for each in asked[1]:
        is_shared = same and shares(asked[0], each)
        own = value_of(field_name(2, each.key))
        if value := first.get(each.key, "") if is_shared else own:
            second[each.key] = value
    return [first, second | (extras[0] if same else extras[1])]


def is_known(channel: Channel, fields: Sequence[TemplateField]) -> bool:
    """Whether its text is stored, so that it takes exactly what that asks for."""
    return bool(fields or channel.template_text)


def shares(fields: Sequence[TemplateField], field: TemplateField) -> bool:
    """Whether another channel, with `fields`, asks for the same value."""
    return any(field.key == each.key for each in fields)


def may_share(asked: Asked) -> bool:
    """Whether a key means the same in both channels, as far as the admin's words tell."""
    if len(asked) < 2:
        return True
    labels = {each.key: each.words.label for each in asked[0]}
    return all(labels.get(each.key, each.words.label) == each.words.label for each in asked[1])


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
