"""Changes of a page by two people at once: what each changed is kept, and the same asked about.

A page carries what its fields held when it was opened. A field that differs from it was changed
here; one whose stored value differs from it was changed by somebody else meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _

OPENED = "opened"
"""The name of the field that carries them, as JSON: each name with its values as posted."""
Values = Mapping[str, list[str]]


@dataclass(frozen=True)
class PageField:
    """`values`: as a browser posts them. `shown`: for people."""

    label: str
    values: list[str]
    shown: str = ""


@dataclass(frozen=True)
class Conflict:
    label: str
    stored: str
    typed: str


@dataclass
class Merge:
    """`data`: what was `posted`, with what others changed meanwhile. `kept`: the labels of that.

    `conflicts`: the names of what was changed here, too, otherwise; `data` has what was typed.
    """

    posted: QueryDict
    data: QueryDict
    kept: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)

    def conflicts_for_people(
        self, stored: Mapping[str, PageField], typed: Mapping[str, PageField]
    ) -> list[Conflict]:
        found = []
        for name in self.conflicts:
            there, here = stored.get(name), typed.get(name)
            either, gone = there or here, _("not asked for any more")
            if either:
                words = [each.shown if each else gone for each in (there, here)]
                found.append(Conflict(either.label, *words))
        return found


def fields_of(form: forms.BaseForm, where: str = "") -> Iterator[tuple[str, PageField]]:
    """The fields of `form` by name. `where` comes before their labels."""
    for bound in form:
        if bound.field.disabled:
            continue
        values = _as_posted(bound)
        label = f"{where}, {bound.label}" if where else str(bound.label)
        yield bound.html_name, PageField(label, values, _shown(bound, values))


def as_json(fields: Mapping[str, PageField]) -> str:
    return json.dumps({name: each.values for name, each in fields.items()})


def merged(stored: Mapping[str, PageField], posted: QueryDict) -> Merge:
    """`stored`: the page as it is opened now."""
    merge = Merge(posted, posted.copy())
    opened = _read(posted.get(OPENED, ""))
    if opened is None:
        return merge
    for name in dict.fromkeys([*stored, *opened]):
        now = stored[name].values if name in stored else []
        then, here = opened.get(name, []), posted.getlist(name)
        if _same(then, now) or _same(here, now):
            continue
        if not _same(here, then):
            merge.conflicts.append(name)
            continue
        if name in stored:
            merge.kept.append(stored[name].label)
        if now:
            merge.data.setlist(name, now)
        else:
            del merge.data[name]
    return merge


def _read(text: str) -> Values | None:
    """None if it is none of ours: then nothing is known of what others changed."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    good = all(
        isinstance(values, list) and all(isinstance(each, str) for each in values)
        for values in found.values()
    )
    return found if good else None


def _same(one: list[str], other: list[str]) -> bool:
    """As a form reads them: an empty text is none, and spaces around it do not count."""
    return _cleaned(one) == _cleaned(other)


def _cleaned(values: list[str]) -> list[str]:
    stripped = ("\n".join(value.splitlines()).strip() for value in values)
    return sorted(value for value in stripped if value)


def _as_posted(bound: forms.BoundField) -> list[str]:
    value = bound.value()
    if isinstance(bound.field, forms.BooleanField):
        return ["on"] if value else []
    if isinstance(value, list | tuple):
        return [str(each) for each in value]
    return ["" if value is None else str(value)]


def _shown(bound: forms.BoundField, values: list[str]) -> str:
    if isinstance(bound.field, forms.BooleanField):
        return _("yes") if values else _("no")
    if isinstance(bound.field, forms.ChoiceField):
        choices: Any = bound.field.choices
        names = {str(key): str(name) for key, name in choices}
        values = [names.get(value, value) for value in values]
    return ", ".join(value for value in values if value) or _("nothing")
