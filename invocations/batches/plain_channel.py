"""Finds values of one channel that need no thought: the gate finds nothing about them.

A value is taken only if it is made of signs without a meaning of their own and is within every
limit; all others are left to the gate (`composing.value_rules`). A property test holds both
together.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from invocations.batches.columns import ColumnMap
from invocations.composing.prepared_values import prepared
from invocations.composing.preview import bubbles
from invocations.composing.template_fields import TemplateField, fields_of
from invocations.composing.value_doubts import MAX_BODY, MAX_HEADER
from invocations.composing.value_rules import value_findings
from invocations.kaleyra import patterns
from invocations.kaleyra.adjacent import SPLIT_PLACE
from invocations.kaleyra.dlt import MAX_DLT_VALUE
from invocations.kaleyra.limits import DLT_REGION
from invocations.kaleyra.line_breaks import params_in_one_line
from invocations.kaleyra.patterns import LinearPattern
from invocations.kaleyra.rendering import resolve
from invocations.kaleyra.sms import GSM_PART, GSM_SINGLE, measure
from invocations.kaleyra.template_params import (
    PARAM_HEADER,
    PARAM_URL,
    VERIFICATION_CODE,
    ChannelKind,
    placeholders,
)
from invocations.models import Channel

_MOST_CHARACTERS = 200
# Letters of several scripts, without Ã and â: an encoding that was mistaken begins with them.
_LETTERS = "A-Za-zÀ-ÂÄ-ÖØ-áã-öø-ſ\u0370-\u03ff\u0400-\u04ff\u0620-\u064a\u0900-\u0963\u0966-\u0d7f"
_SIGNS = r",.'/:+@\-!?&()=_\u2019\u2013\u20b9\u00a3"
_BETWEEN = "\x1f"
_TEXT = rf"[{_LETTERS}0-9+(](?:[{_LETTERS}{_SIGNS}0-9]| (?! ))*(?<! )"
_PLAIN = re.compile(rf"{_TEXT}(?:{_BETWEEN}{_TEXT})*")
_NOT_PLAIN = re.compile(
    r"\b(?:null|none|nil|undefined|n/a|n\.a|tb[acd]|true|false|na[nt]|invalid|blank|empty)\b"
    r"|0000-00-00|optional|\(\(",
    re.IGNORECASE,
)
"""All of `kaleyra.unlikely` that is made of plain signs, and more."""
_ADDRESS = re.compile(r"://|www\.", re.IGNORECASE)
_PROBE = "Q7"
"""A value that is as plain as can be."""
_OF_THE_PROBE = frozenset(["pattern", "choice", "max_length", "sample_value", "label_value"])
"""What the gate may find about the probe itself: `_Rule` asks the same of each value."""


def are_plain(texts: Sequence[str]) -> bool:
    """One search for all texts of a row: their number makes no difference."""
    whole = _BETWEEN.join(texts)
    return _PLAIN.fullmatch(whole) is not None and _NOT_PLAIN.search(whole) is None


class NotPlain(Exception):
    """Nothing can be said for this channel: each row is left to the gate."""


@dataclass(frozen=True)
class Source:
    """Where a text comes from: a column, or else the same text for all rows."""

    column: int | None
    text: str = ""

    def of(self, cells: Sequence[str]) -> str:
        """Empty for a row without the cell, also if it has a fall-back."""
        if self.column is None:
            return self.text
        return cells[self.column] if self.column < len(cells) else ""


def source_of(place: str, columns: ColumnMap) -> Source | None:
    if place in columns.places:
        return Source(columns.places.index(place))
    text = columns.fixed.get(place, columns.fallbacks.get(place))
    return None if text is None else Source(None, text)


@dataclass(frozen=True)
class _Rule:
    """What is asked of a value in a column, beside plain signs."""

    column: int
    most: int
    """Characters."""
    names: frozenset[str]
    """The value is none of these, in small letters: the value's own name, its example."""
    choices: frozenset[str]
    pattern: LinearPattern | None
    is_in_address: bool
    in_body: int
    """How often it stands in the text."""
    in_header: bool


class PlainChannel:
    """For one map of columns."""

    def __init__(
        self, channel: Channel, columns: ColumnMap, places: Mapping[str, Sequence[str]]
    ) -> None:
        """`places`: of `row_sends.candidate_places`. Raises `NotPlain`."""
        fields = fields_of(channel)
        if not channel.template_text or any(field.more_keys for field in fields):
            raise NotPlain
        self._channel, self._kind = channel, ChannelKind(channel.kind)
        sources = {
            field.key: source
            for field in fields
            if (source := _first_source(places[field.key], columns)) is not None
        }
        self._probe = {
            key: source.text if source.column is None else _PROBE
            for key, source in sources.items()
            if source.column is not None or source.text.strip()
        }
        self._refuse_findings(fields)
        self._columns = {
            key: source.column for key, source in sources.items() if source.column is not None
        }
        self._rules = [
            self._rule(field, column)
            for field in fields
            if (column := sources.get(field.key, Source(None)).column) is not None
        ]
        self._measure()

    def _refuse_findings(self, fields: Sequence[TemplateField]) -> None:
        """What the gate finds about a plain row, it finds about each."""
        if VERIFICATION_CODE in self._probe:
            raise NotPlain
        tags = {place.text for place in placeholders(self._channel.template_text, self._kind)}
        if any(tag.startswith("{#") and tag != SPLIT_PLACE for tag in tags):
            raise NotPlain
        params, found = prepared(self._channel, fields, self._probe)
        if found or params != self._probe or params_in_one_line(params) != params:
            raise NotPlain
        for finding in value_findings(self._channel, params, region=DLT_REGION):
            if finding.code not in _OF_THE_PROBE or self._probe.get(finding.key) != _PROBE:
                raise NotPlain

    def _rule(self, field: TemplateField, column: int) -> _Rule:
        texts = (self._channel.template_text, self._channel.button_url)
        uses = self._uses()[field.key]
        is_dlt = self._kind is ChannelKind.SMS and uses > 0
        most = [_MOST_CHARACTERS, field.words.max_length or _MOST_CHARACTERS]
        if is_dlt:
            most.append(MAX_DLT_VALUE)
        names = {field.words.label, field.key, field.words.sample}
        return _Rule(
            column,
            most=min(most),
            names=frozenset(name.strip().casefold() for name in names),
            choices=frozenset(field.choices),
            pattern=patterns.compiled(field.words.pattern) if field.words.pattern else None,
            is_in_address=field.key == PARAM_URL or any(map(_ADDRESS.search, texts)),
            in_body=uses,
            in_header=field.key == PARAM_HEADER,
        )

    def _uses(self) -> Counter[str]:
        text = self._channel.template_text
        resolved = resolve(text, self._probe, self._kind, otp=self._channel.is_otp)
        return Counter(piece.key for piece in resolved.pieces if piece.key is not None)

    def _measure(self) -> None:
        """The sizes of all but what comes from columns."""
        [bubble] = bubbles([self._channel], [self._probe])
        probes = sum(rule.in_body for rule in self._rules)
        self._body = len(bubble.text) - probes * len(_PROBE)
        header = "".join(stretch.text for stretch in bubble.header)
        self._header = len(header)
        size = measure(bubble.text)
        self._units = size.units - probes * len(_PROBE) if size.encoding == "GSM-7" else None
        self._has_wide_signs = size.units != len(bubble.text)

    @property
    def columns(self) -> set[int]:
        return {rule.column for rule in self._rules}

    def sms_parts(self, cells: Sequence[str]) -> int | None:
        """Parts of the row's SMS, 0 on WhatsApp; None if the row is left to the gate.

        The cells of `columns` are there, and plain.
        """
        body, header = self._body, self._header
        is_ascii = True
        for rule in self._rules:
            value = cells[rule.column]
            if not _fits(value, rule):
                return None
            is_ascii = is_ascii and value.isascii()
            body += rule.in_body * len(value)
            header += len(value) if rule.in_header else 0
        if self._kind is ChannelKind.WHATSAPP:
            return 0 if body <= MAX_BODY and header <= MAX_HEADER else None
        if self._units is not None and is_ascii:
            units = self._units + body - self._body
            if units <= GSM_SINGLE:
                return 1
            if not self._has_wide_signs:
                return -(-units // GSM_PART)
        return measure(self._text(cells)).parts

    def params(self, cells: Sequence[str]) -> dict[str, str]:
        """What is sent on the channel, as `row_sends` makes it of a row that is not left to the
        gate.
        """
        return {**self._probe, **{key: cells[column] for key, column in self._columns.items()}}

    def _text(self, cells: Sequence[str]) -> str:
        text, params = self._channel.template_text, self.params(cells)
        return resolve(text, params, self._kind, otp=self._channel.is_otp).text


def _first_source(places: Sequence[str], columns: ColumnMap) -> Source | None:
    """Of the places that have a text for a row. A row whose cell there is empty is not plain, so
    that what stands in for it is left to `row_sends`.
    """
    found = (source_of(place, columns) for place in places)
    return next((source for source in found if source is not None), None)


def _fits(value: str, rule: _Rule) -> bool:
    if len(value) > rule.most:
        return False
    if value.casefold() in rule.names or (rule.is_in_address and ("." in value or "/" in value)):
        return False
    if rule.choices:
        return value in rule.choices
    return rule.pattern is None or bool(rule.pattern.fullmatch(value))
