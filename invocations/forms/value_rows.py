"""The table of a workflow's values: one row for each value that staff are asked for once.

A place is a key of one channel's texts. Places whose values are named the same, and have the same
rules, are in one row. The page posts for each place the row that it is in, so that a row stays
together, or is split, whatever happens to the texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from invocations.composing import template_fields
from invocations.composing.field_names import safe_name
from invocations.composing.template_fields import TemplateField
from invocations.forms.template_fields import ParameterForm
from invocations.kaleyra import patterns
from invocations.kaleyra.patterns import PatternError
from invocations.kaleyra.template_params import (
    PARAM_HEADER,
    PARAM_URL,
    SPECIAL_KEYS,
    VERIFICATION_CODE,
)
from invocations.models import Channel, Parameter

WORDS = tuple(ParameterForm.base_fields)
MAX_RULE = 24
"""Characters of a pattern that the table shows."""


@dataclass(frozen=True)
class Place:
    channel: Channel
    asked: TemplateField

    @property
    def name(self) -> str:
        return place_name(self.channel.kind, self.asked.key)

    @property
    def where(self) -> str:
        """As the table shows it: `WhatsApp {{1}}`, `SMS 1`, `header`."""
        key, kind = self.asked.key, self.channel.get_kind_display()
        special = {PARAM_HEADER: _("header"), PARAM_URL: _("link"), VERIFICATION_CODE: _("code")}
        if key in special:
            return f"{kind} {special[key]}"
        number = str(int(key)) if self.asked.by_position and key.isdecimal() else key
        is_sms = self.channel.kind == Channel.Kind.SMS
        shown = number if is_sms and self.asked.by_position else f"{{{{{number}}}}}"
        more = len(self.asked.more_keys)
        beside = ngettext("and %(n)d beside it", "and %(n)d beside it", more) % {"n": more}
        return f"{kind} {shown} {beside}" if more else f"{kind} {shown}"

    def parameter(self) -> Parameter:
        """The stored words, or new ones."""
        stored = None
        if self.channel.pk:
            stored = Parameter.objects.filter(channel=self.channel, key=self.asked.key).first()
        return stored or Parameter(key=self.asked.key)


def place_name(kind: str, key: str) -> str:
    return f"{kind}-{safe_name(key)}"


@dataclass
class ValueRow:
    """`name` is the prefix of the row's fields."""

    name: str
    form: ParameterForm
    places: list[Place] = field(default_factory=list)

    @property
    def label(self) -> str:
        return str(self.form["label"].value() or "").strip()

    @property
    def example(self) -> str:
        return str(self.form["sample"].value() or "")

    @property
    def is_always_hidden(self) -> bool:
        return any(place.asked.key == VERIFICATION_CODE for place in self.places)

    @property
    def has_inner_errors(self) -> bool:
        """Whether a field has an error that stands behind the rule."""
        return bool(set(self.form.errors) - {"label", "sample"}) if self.form.is_bound else False

    @property
    def is_unreadable(self) -> bool:
        """Whether its stored pattern does not compile; older versions stored some that do not."""
        try:
            patterns.compiled(self.places[0].asked.words.pattern)
        except PatternError:
            return True
        return False

    @property
    def rule(self) -> str:
        """The rule in a few words."""
        form = self.form
        choices = [line for line in str(form["choices"].value() or "").splitlines() if line.strip()]
        pattern, most = str(form["pattern"].value() or ""), form["max_length"].value()
        words = []
        if choices:
            words.append(_("one of %(n)s") % {"n": len(choices)})
        if pattern:
            words.append(pattern if len(pattern) <= MAX_RULE else f"{pattern[:MAX_RULE]}…")
        if most:
            words.append(_("up to %(n)s characters") % {"n": most})
        if "required" in form.fields and not form["required"].value():
            words.append(_("may be left out"))
        return ", ".join(words) or _("any text")

    def save(self) -> None:
        """Stores the words of the row for each of its places. Their channels are saved already."""
        if not self.form.is_bound:
            return
        for place in self.places:
            parameter = place.parameter()
            parameter.channel = place.channel
            typed = {name: self.form.cleaned_data.get(name) for name in self.form.fields}
            is_new = parameter.pk is None
            if is_new or any(getattr(parameter, name) != typed[name] for name in typed):
                for name, value in typed.items():
                    setattr(parameter, name, value)
                parameter.save()


def rows_of(
    channels: Sequence[Channel], data: QueryDict | None = None, *, split: str = ""
) -> list[ValueRow]:
    """The rows for the texts of `channels`, in their order. `data`: what was posted.

    `split`: the name of a row whose places get a row each.
    """
    rows: dict[str, ValueRow] = {}
    for place in _places(channels):
        posted = data.get(f"{place.name}-row", "") if data is not None else ""
        name = place.name if posted == split and split else posted
        name = name or _joined(place, rows, data) or place.name
        if name not in rows:
            source = posted if posted == split and split else name
            rows[name] = ValueRow(name, _form(place, name, source, data))
        rows[name].places.append(place)
    for row in rows.values():
        if not all(place.asked.by_position for place in row.places):
            continue
        row.form.fields.pop("required", None)  # a gap would shift the later values
    return list(rows.values())


def _places(channels: Sequence[Channel]) -> Iterator[Place]:
    for channel in channels:
        for asked in template_fields.fields_of(channel):
            yield Place(channel, asked)


def _joined(place: Place, rows: dict[str, ValueRow], data: QueryDict | None) -> str:
    """The row that a place joins which the page did not name; empty if none."""
    words = _words(place)
    for row in rows.values():
        first = row.places[0]
        same_key = place.asked.key == first.asked.key and place.asked.key not in SPECIAL_KEYS
        if row.places[-1].channel == place.channel and not words[0]:
            continue
        if data is not None:
            if same_key and place.parameter().pk is None:
                return row.name
        elif words == _words(first) and (words[0] or same_key):
            return row.name
    return ""


def _words(place: Place) -> list[object]:
    """The label first."""
    words = place.asked.words
    return [getattr(words, name) for name in WORDS if name != "required"] + [
        place.asked.is_sensitive
    ]


def _form(place: Place, name: str, source: str, data: QueryDict | None) -> ParameterForm:
    """Of the row `name`. `source`: the row that its values were posted in."""
    parameter = place.parameter()
    # Of several places side by side the first has the words; another may have been sensitive.
    parameter.is_sensitive = parameter.is_sensitive or place.asked.has_sensitive_key
    if data is None or f"{source}-label" not in data:  # the texts have the place since this change
        return ParameterForm(None, instance=parameter, prefix=name, by_position=False)
    typed = data if source == name else _renamed(data, source, name)
    return ParameterForm(typed, instance=parameter, prefix=name, by_position=False)


def _renamed(data: QueryDict, source: str, name: str) -> QueryDict:
    """The fields of the row `source`, as fields of the row `name`."""
    copied = QueryDict(mutable=True)
    for key, values in data.lists():
        if key.startswith(f"{source}-"):
            copied.setlist(f"{name}-{key.removeprefix(f'{source}-')}", values)
    return copied
