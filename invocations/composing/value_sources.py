"""Which places of a workflow's texts ask for the same value, so that it is typed once.

Two places ask for the same value if an admin gave them the same label. A place of the second
channel also takes the value of the same key on the first, unless their labels tell them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from invocations.composing.field_names import field_name
from invocations.composing.template_fields import TemplateField
from invocations.kaleyra.template_params import SPECIAL_KEYS

Asked = Sequence[Sequence[TemplateField]]


@dataclass(frozen=True)
class ValueSources:
    """`by_name`: by the field of a place, the field whose value it takes if it has none of its own.

    Fields are named as in the send form (`values.field_name`). A source may have a source itself,
    on the first channel. `optional`: the fields of places that may stay empty.
    """

    by_name: Mapping[str, str] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()

    def root(self, name: str) -> str:
        """The field in which the value of a place is typed for all that share it."""
        while name in self.by_name:
            name = self.by_name[name]
        return name

    def typed_in(self, name: str, value_of: Callable[[str], str | None], *, same: bool) -> str:
        """The field that the place takes its value from, as the form stands now.

        `same`: the channels share their values, so that the second's own do not count.
        """
        while source := self.by_name.get(name):
            if not (same and self.is_shared(name)) and (value_of(name) or name in self.optional):
                break
            name = source
        return name

    def is_shared(self, name: str) -> bool:
        """Whether a place of the second channel takes its value from the first."""
        source = self.by_name.get(name, name)
        return source.partition("-")[0] != name.partition("-")[0]


def places_of(asked: Asked) -> list[tuple[str, TemplateField, int]]:
    """Each value that the texts ask for: its field, what is asked, the channel's position."""
    return [
        (field_name(position, each.key), each, position)
        for position, fields in enumerate(asked, start=1)
        for each in fields
    ]


def sources_of(asked: Asked) -> ValueSources:
    """`asked` are the template fields of each channel."""
    found: dict[str, str] = {}
    labelled = [_follow_labels(position, fields, found) for position, fields in enumerate(asked, 1)]
    for each in asked[1] if len(asked) > 1 else ():
        source = _on_first_channel(each, asked[0], labelled[0])
        if source and field_name(2, each.key) not in found:
            found[field_name(2, each.key)] = field_name(1, source.key)
    optional = {name for name, each, _position in places_of(asked) if not each.required}
    return ValueSources(found, frozenset(optional & found.keys()))


def _follow_labels(
    position: int, fields: Sequence[TemplateField], found: dict[str, str]
) -> dict[str, TemplateField]:
    """Adds the places of one channel that ask for what an earlier one asks for.

    Returns the first place with each label.
    """
    first_with: dict[str, TemplateField] = {}
    for each in fields:
        label = _label(each)
        if label in first_with and _may_follow(each, first_with[label]):
            found[field_name(position, each.key)] = field_name(position, first_with[label].key)
        elif label:
            first_with.setdefault(label, each)
    return first_with


def _on_first_channel(
    place: TemplateField, fields: Sequence[TemplateField], labelled: Mapping[str, TemplateField]
) -> TemplateField | None:
    """The place of the first channel that asks for what `place` of the second asks for."""
    label = _label(place)
    same_key = next((each for each in fields if each.key == place.key), None)
    if same_key and _label(same_key) == label:
        return same_key
    if (same_label := labelled.get(label)) and _may_follow(place, same_label):
        return same_label
    is_named = not place.by_position or place.key in SPECIAL_KEYS
    return same_key if same_key and is_named and "" in {label, _label(same_key)} else None


def _label(place: TemplateField) -> str:
    """The admin's label, without differences that nobody sees; empty if there is none."""
    return " ".join(place.words.label.casefold().split())


def _may_follow(place: TemplateField, first: TemplateField) -> bool:
    """Whether one input can stand for both: not if the place may stay empty, or looks different."""
    return place.required and (place.choices, place.is_sensitive, place.words.default) == (
        first.choices,
        first.is_sensitive,
        first.words.default,
    )
