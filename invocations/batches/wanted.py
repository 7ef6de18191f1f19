"""What a workflow's messages need of a file's columns."""

from __future__ import annotations

from collections.abc import Sequence

from invocations.batches.columns import Value, Wanted
from invocations.composing.template_fields import fields_of
from invocations.models import Channel


def wanted_of(channels: Sequence[Channel]) -> Wanted:
    """A value that both channels need stands once, with both positions."""
    values: dict[str, Value] = {}
    for channel in channels:
        for field in fields_of(channel):
            before = values.get(field.key)
            values[field.key] = Value(
                field.key,
                label=(before.label if before else "") or field.words.label,
                channels=(*(before.channels if before else ()), channel.position),
                required=field.required or bool(before and before.required),
            )
    return Wanted(
        tuple(values.values()),
        has_second_number=len(channels) > 1,
        free_channels=tuple(one.position for one in channels if not one.template_text),
    )
