"""Makes of a row what is sent on each channel, as the send form makes it of what is typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from invocations.batches.columns import RECIPIENT, RECIPIENT2, REFERENCE, ColumnMap
from invocations.batches.recipient_file.rows import Row
from invocations.composing.findings import Finding
from invocations.composing.prepared_values import prepared
from invocations.composing.preview import bubbles
from invocations.composing.template_fields import TemplateField, fields_of
from invocations.composing.value_sources import places_of, sources_of
from invocations.kaleyra import recipients
from invocations.kaleyra.line_breaks import sends_in_one_line
from invocations.kaleyra.payload import Send
from invocations.kaleyra.recipients import RecipientError
from invocations.kaleyra.template_params import ChannelKind
from invocations.models import Channel

Target = tuple[int, str]
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
        self._channels = [
            (channel, fields_of(channel), places_by_key)
            for channel, places_by_key in zip(
                channels, candidate_places(channels, columns), strict=True
            )
        ]
        self._places = {
            (channel.position, key): places
            for channel, _fields, places_by_key in self._channels
            for key, places in places_by_key.items()
        }

    def place_of(self, position: int, key: str) -> str:
        """Where a person finds the text of a channel's value: the place that has a column, or else
        one text for all rows; without either, the one that is asked for.
        """
        candidates = self._places.get((position, key), [f"{position}:{key}", key])
        given = [*self._columns.places, *self._columns.fixed]
        return next((place for place in candidates if place in given), candidates[-1])

    def of(self, row: Row) -> RowSends:
        texts = self._columns.texts_of(row)
        number = texts.get(RECIPIENT, "")
        second = texts.get(RECIPIENT2, "")
        sends, findings = [], []
        for channel, fields, places_by_key in self._channels:
            given = _values(places_by_key, texts)
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


def candidate_places(channels: Sequence[Channel], columns: ColumnMap) -> list[dict[str, list[str]]]:
    """By channel and key: the places whose text it takes, the first one that is not empty."""
    asked = [fields_of(channel) for channel in channels]
    sources = _sources(asked)
    return [
        _places_by_key(channel, _keys(channel, fields, columns), sources)
        for channel, fields in zip(channels, asked, strict=True)
    ]


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


def _sources(asked: Sequence[Sequence[TemplateField]]) -> dict[Target, Target]:
    """By position and key, the ones whose value is taken where a row has no own one, as in the
    send form.
    """
    targets = {name: (position, field.key) for name, field, position in places_of(asked)}
    found = sources_of(asked).by_name
    return {targets[name]: targets[source] for name, source in found.items()}


def _places_by_key(
    channel: Channel, keys: Sequence[str], sources: Mapping[Target, Target]
) -> dict[str, list[str]]:
    """By key: the places whose text it takes, the first one that is not empty. Its own come first,
    then that of its key on both channels, then those of its source.
    """
    found = {}
    for key in keys:
        places: list[str] = []
        target: Target | None = (channel.position, key)
        while target is not None:
            places += [f"{target[0]}:{target[1]}", target[1]]
            target = sources.get(target)
        found[key] = list(dict.fromkeys(places))
    return found


def _values(places_by_key: Mapping[str, Sequence[str]], texts: Mapping[str, str]) -> dict[str, str]:
    """What the row has for the keys of one channel."""
    values = {}
    for key, places in places_by_key.items():
        for place in places:
            value = texts.get(place, "")
            if value.strip():
                values[key] = value
                break
    return values


def sms_parts(channels: Sequence[Channel], sends: Sequence[Send]) -> int:
    """Parts of the SMS as far as its text is known; 0 without one."""
    parts = 0
    for channel, send in zip(channels, sends, strict=False):
        if channel.kind == ChannelKind.SMS and channel.template_text:
            [bubble] = bubbles([channel], [send.template_params])
            parts += bubble.size.parts if bubble.size else 0
    return parts
