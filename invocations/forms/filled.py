"""The send form's initial values from an earlier message, a preset or a pasted text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from invocations.composing import template_fields
from invocations.composing.field_names import field_name
from invocations.composing.placing import Placement, place
from invocations.composing.template_fields import TemplateField
from invocations.composing.value_sources import ValueSources, sources_of
from invocations.forms.channel_params import collected, is_known
from invocations.forms.template_params import Editor
from invocations.kaleyra.line_breaks import has_line_break
from invocations.kaleyra.payload import Send
from invocations.kaleyra.template_params import ChannelKind, TemplateParams
from invocations.models import Channel

EDITORS = {1: "params", 2: "params2"}
"""The field of a channel's free editor, by the channel's position."""


@dataclass(frozen=True)
class Filled:
    """`initial` has the form's initial values by field name.

    `placements` has what went where, by the channel's position. `hidden` are the keys of sensitive
    values that were left out.
    """

    initial: dict[str, Any] = field(default_factory=dict)
    placements: Mapping[int, Placement] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()


def filled(
    channels: Sequence[Channel],
    asked: Sequence[Sequence[TemplateField]],
    params: Mapping[int, TemplateParams],
    *,
    shows_hidden: bool = False,
) -> Filled:
    """Each channel's parameters, by its position: into their fields, or else the free editors.

    Sensitive values are left out: none is shown after it was sent, and a code is used once.
    `shows_hidden`: they were just pasted, so a field that shows dots takes them. The free editor
    would show them in clear.
    """
    sensitive = template_fields.sensitive_keys(channels)
    placements = {
        position: place(asked[position - 1], values, ChannelKind(channels[position - 1].kind))
        for position, values in params.items()
    }
    initial: dict[str, Any] = {"same_values": _is_shareable(channels, asked, placements)}
    broken, hidden = [], []
    for position, placed in placements.items():
        for key, value in placed.values.items():
            name = field_name(position, key)
            is_left_out = key in sensitive and not shows_hidden
            initial[name] = "" if is_left_out else value
            broken += [name] if has_line_break(initial[name]) else []
        initial[EDITORS[position]] = Editor.of(
            {key: "" if key in sensitive else value for key, value in placed.others.items()}
        )
        hidden += [key for key in placed.others if key in sensitive]
    initial = _without_repeats(initial, sources_of(asked))
    return Filled(initial | {"one_line": broken}, placements, tuple(dict.fromkeys(hidden)))


def by_position(sends: Sequence[Send]) -> dict[int, dict[str, str]]:
    """The parameters of each send, by the position of its channel."""
    return {number: dict(send.template_params) for number, send in enumerate(sends, start=1)}


def for_all_channels(
    channels: Sequence[Channel],
    asked: Sequence[Sequence[TemplateField]],
    values: TemplateParams,
) -> dict[int, dict[str, str]]:
    """Each channel's part of values that are for all of them, by its position.

    A value that only another channel takes is not for a channel whose text is known.
    """
    asked_for = {each.key for fields in asked for each in fields}
    known = [
        position
        for position, (channel, fields) in enumerate(zip(channels, asked, strict=True), start=1)
        if is_known(channel, fields)
    ]
    taken: dict[int, set[str]] = {}
    for position in known:
        fields = asked[position - 1]
        not_own = asked_for - {each.key for each in fields}
        part = {key: value for key, value in values.items() if key not in not_own}
        placed = place(fields, part, ChannelKind(channels[position - 1].kind))
        taken[position] = part.keys() - placed.others.keys()
    parts = {position: dict(values) for position in range(1, len(channels) + 1)}
    for position in known:
        elsewhere = {key for other in known if other != position for key in taken[other]}
        for key in elsewhere - taken[position]:
            del parts[position][key]
    return parts


def _is_shareable(
    channels: Sequence[Channel],
    asked: Sequence[Sequence[TemplateField]],
    placements: Mapping[int, Placement],
) -> bool:
    """Whether sharing the first channel's values would give the second exactly what it has."""
    if 2 not in placements:
        return True
    if 1 not in placements:
        return False
    values = {
        field_name(position, key): value
        for position, placed in placements.items()
        for key, value in placed.values.items()
    }
    extras = [placements[1].others, placements[2].others]
    given = [collected(channels, asked, values.get, extras, same=same)[1] for same in (True, False)]
    return given[0] == given[1]


def _without_repeats(initial: dict[str, Any], sources: ValueSources) -> dict[str, Any]:
    """`initial` without what a place of the same channel takes from its source anyway.

    Otherwise it would keep the old value when the source is changed.
    """
    repeats = [
        name
        for name, source in sources.by_name.items()
        if not sources.is_shared(name) and initial.get(name) == initial.get(source)
    ]
    return {name: "" if name in repeats else value for name, value in initial.items()}
