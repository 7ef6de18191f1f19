"""Makes of a row what is sent on each channel, as the send form makes it of what is typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from invocations.batches.columns import RECIPIENT, RECIPIENT2, REFERENCE, ColumnMap
from invocations.batches.recipient_file.rows import Row
from invocations.composing.findings import Finding
from invocations.composing.prepared_values import prepared
from invocations.composing.template_fields import TemplateField, fields_of
from invocations.kaleyra import recipients
from invocations.kaleyra.line_breaks import sends_in_one_line
from invocations.kaleyra.payload import Send
from invocations.kaleyra.recipients import RecipientError
from invocations.models import Channel


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
        self._channels = [
            (channel, fields := fields_of(channel), _keys(channel, fields, columns))
            for channel in channels
        ]

    def of(self, row: Row) -> RowSends:
        texts = self._columns.texts_of(row)
        number = texts.get(RECIPIENT, "")
        second = texts.get(RECIPIENT2, "")
        sends, findings = [], []
        for channel, fields, keys in self._channels:
            given = _values(channel.position, keys, texts)
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


def _keys(channel: Channel, fields: Sequence[TemplateField], columns: ColumnMap) -> list[str]:
    """Those of the channel's texts; without texts, all that a column or a text was chosen for."""
    keys = [key for field in fields for key in field.keys]
    if channel.template_text:
        return keys
    places = dict.fromkeys([*columns.places, *columns.fixed, *columns.fallbacks])
    for place in places:
        if place in ("", RECIPIENT, RECIPIENT2, REFERENCE):
            continue
        position, mark, key = place.partition(":")
        if not mark or position not in ("1", "2"):
            keys.append(place)
        elif position == str(channel.position):
            keys.append(key)
    return list(dict.fromkeys(keys))


def _values(position: int, keys: Sequence[str], texts: Mapping[str, str]) -> dict[str, str]:
    """What the row has for the keys of one channel: its own place first, then that of both."""
    values = {}
    for key in keys:
        value = texts.get(f"{position}:{key}", texts.get(key, ""))
        if value.strip():
            values[key] = value
    return values
