"""Makes of a row what is sent on each channel, as the send form makes it of what is typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from invocations.batches.columns import RECIPIENT, RECIPIENT2, REFERENCE, ColumnMap
from invocations.batches.recipient_file.rows import Row
from invocations.composing.findings import Finding
from invocations.composing.prepared_values import prepared
from invocations.composing.template_fields import TemplateField, fields_of
from invocations.composing.value_sources import places_of, sources_of
from invocations.kaleyra import recipients
from invocations.kaleyra.line_breaks import sends_in_one_line
from invocations.kaleyra.payload import Send
from invocations.kaleyra.recipients import RecipientError
from invocations.models import Channel

Place = tuple[int, str]
"""A channel's position and a key."""


@dataclass(frozen=True)
class RowSends:
    """The sends of one row, its ticket, and what was changed in its values.

    A number that cannot be read stands in `sends` as it was written: the gate says why.
    """

    sends: list[Send]
    reference: str
    findings: list[Finding]


class SendsOfRows:
    """A workflow's channels and where each column goes. Made once for many rows."""

    def __init__(self, channels: Sequence[Channel], columns: ColumnMap, home: str = "") -> None:
        """`home`: the region whose national form the numbers may have, or empty."""
        self._columns = columns
        self._home = home
        self._channels = [(channel, fields_of(channel)) for channel in channels]
        self._taken_from = _taken_from([fields for _channel, fields in self._channels])

    def of(self, row: Row) -> RowSends:
        texts = self._columns.texts_of(row)
        number = texts.get(RECIPIENT, "")
        second = texts.get(RECIPIENT2, "")
        sends, findings = [], []
        for channel, fields in self._channels:
            given = _values(channel.position, fields, texts, self._taken_from)
            params, found = prepared(channel, fields, given)
            to_second = channel.position == 2 and second.strip()
            sends.append(Send(self._digits(second if to_second else number), params))
            findings += found
        return RowSends(sends_in_one_line(sends), texts.get(REFERENCE, "").strip(), findings)

    def _digits(self, written: str) -> str:
        try:
            return recipients.clean(written, self._home).digits
        except RecipientError:
            return written


def _taken_from(asked: Sequence[Sequence[TemplateField]]) -> dict[Place, Place]:
    """By place, the one whose value it takes if it has none of its own, as in the send form."""
    places = {name: (position, field.key) for name, field, position in places_of(asked)}
    found = sources_of(asked).by_name
    return {places[name]: places[source] for name, source in found.items()}


def _values(
    position: int,
    fields: Sequence[TemplateField],
    texts: Mapping[str, str],
    taken_from: Mapping[Place, Place],
) -> dict[str, str]:
    """What the row has for the keys of one channel."""
    values = {}
    for field in fields:
        for key in field.keys:
            value = _text_for((position, key), texts, taken_from)
            if value.strip():
                values[key] = value
    return values


def _text_for(place: Place, texts: Mapping[str, str], taken_from: Mapping[Place, Place]) -> str:
    """The place's own text, else that for its key on both channels, else its source's."""
    while True:
        position, key = place
        text = texts.get(f"{position}:{key}", texts.get(key, ""))
        if text.strip() or place not in taken_from:
            return text
        place = taken_from[place]
