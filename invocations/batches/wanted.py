"""Which columns a file for a workflow needs: one for each value that the send form asks once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from invocations.batches.columns import Value, Wanted
from invocations.composing.field_names import field_name
from invocations.composing.template_fields import TemplateField, fields_of
from invocations.composing.value_sources import places_of, sources_of
from invocations.models import Channel


@dataclass(frozen=True)
class WantedColumn:
    """`place`: as `batches.columns` writes it. `example`: the admin's, or empty."""

    place: str
    heading: str
    example: str = ""
    help_text: str = ""
    required: bool = True


def wanted_of(channels: Sequence[Channel]) -> Wanted:
    """`Wanted.values` has those that a file needs first.

    A place that takes the value of another one may have a column of its own, but needs none.
    """
    values = _values(channels)
    needed = [value for value, is_source in values if is_source]
    own = [value for value, is_source in values if not is_source]
    return Wanted(
        (*needed, *own),
        has_second_number=len(channels) > 1,
        free_channels=tuple(one.position for one in channels if not one.template_text),
    )


def wanted_columns(channels: Sequence[Channel]) -> list[WantedColumn]:
    """Those for values, in the order of the send form. Numbers and ticket are not among them."""
    asked = [fields_of(channel) for channel in channels]
    fields = {name: each for name, each, _position in places_of(asked)}
    wanted = wanted_of(channels)
    columns = []
    for value, is_source in _values(channels):
        if not is_source:
            continue
        field = fields[field_name(value.channels[0], value.key)]
        column = WantedColumn(
            place=place_of(value, wanted),
            heading=field.label,
            example=field.words.sample,
            help_text=field.words.help_text,
            required=value.required,
        )
        columns.append(column)
    return columns


def place_of(value: Value, wanted: Wanted) -> str:
    """The place that stands for `value` alone: with its channel if another value has its key."""
    is_alone = sum(1 for one in wanted.values if one.key == value.key) == 1
    return value.key if is_alone else f"{value.channels[0]}:{value.key}"


def _values(channels: Sequence[Channel]) -> list[tuple[Value, bool]]:
    """Each value with whether it is typed itself, and not taken from another place."""
    asked = [fields_of(channel) for channel in channels]
    sources = sources_of(asked)
    places = {name: (each, at) for name, each, at in places_of(asked)}
    found: list[tuple[Value, bool]] = []
    for name, (each, position) in places.items():
        root = sources.root(name)
        if root == name:
            shared = _channels_with(each, position, places, sources.by_name)
            label = each.words.label
            found.append((Value(each.key, label, shared, each.required), True))
        elif places[root][0].key != each.key:
            found.append((Value(each.key, "", (position,), required=False), False))
    return found


def _channels_with(
    field: TemplateField,
    position: int,
    places: Mapping[str, tuple[TemplateField, int]],
    by_name: Mapping[str, str],
) -> tuple[int, ...]:
    """The channels on which this key takes the value that is typed here."""
    name = field_name(position, field.key)
    other = field_name(2, field.key)
    takes_it = position == 1 and other in places and _root(other, by_name) == name
    return (1, 2) if takes_it else (position,)


def _root(name: str, by_name: Mapping[str, str]) -> str:
    while name in by_name:
        name = by_name[name]
    return name
