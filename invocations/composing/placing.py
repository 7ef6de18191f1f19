"""Which value of a pasted or stored message goes into which field of the form.

Source: seed, "Channel Agnostic Template Parameters" and "Special Template Parameters".
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass, field

from invocations.composing.adjacent_values import joined
from invocations.composing.template_fields import TemplateField
from invocations.kaleyra.template_params import (
    PARAM_HEADER,
    PARAM_URL,
    SPECIAL_KEYS,
    ChannelKind,
    TemplateParams,
)

_LEADING_NUMBER = re.compile(r"\A([0-9]{1,9})(?![0-9])")


@dataclass(frozen=True)
class Placement:
    """Where the values of one channel go.

    `values` has them by the key of their field, `others` those that no field takes, by their own
    key. `renamed` is the key of the field by the key of the value, where the two differ.
    `misleading` are the keys among them whose number is not that of their place: "10" is sorted
    before "2", so it takes the second place. `empty` are the keys of the fields without a value.
    """

    values: dict[str, str] = field(default_factory=dict)
    others: dict[str, str] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    misleading: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()

    @property
    def params(self) -> dict[str, str]:
        """All values, by the keys that they are sent with."""
        return self.values | self.others


def place(fields: Sequence[TemplateField], params: TemplateParams, kind: ChannelKind) -> Placement:
    """The values of `params` in the fields of one channel.

    Special keys and names go to the field with exactly that key. The rest takes the places by
    position as it would at Kaleyra: in the alphabetical order of the keys, so that the customer
    gets the same message. If all numbered keys are keys of the form ("01", "03"), each goes to its
    own field, because the form has asked for them. The values of places side by side are joined in
    their one field.
    """
    named = {each.key for each in fields if not each.by_position or each.key in SPECIAL_KEYS}
    places = [key for each in fields if each.key not in named for key in each.keys]
    by_key = named & params.keys()
    taken = {key: key for key in by_key} | _by_position(params.keys() - by_key, places, kind)
    values = joined(fields, {place: params[key] for key, place in taken.items()})
    renamed = {key: place for key, place in taken.items() if key != place}
    return Placement(
        values,
        others={key: value for key, value in params.items() if key not in taken},
        renamed=renamed,
        misleading=tuple(key for key, place in renamed.items() if _number(key) != _number(place)),
        empty=tuple(each.key for each in fields if not values.get(each.key)),
    )


def _by_position(keys: Set[str], places: Sequence[str], kind: ChannelKind) -> dict[str, str]:
    """The place of each of `keys` that gets one."""
    ordinary = sorted(keys - set(SPECIAL_KEYS))
    numbered = [key for key in ordinary if _number(key) is not None]
    if numbered and set(numbered) <= set(places):
        return {key: key for key in numbered}
    if kind is ChannelKind.SMS:
        # An SMS takes these two as ordinary variables (seed, "Special Template Parameters").
        with_special = sorted({*ordinary, *(keys & {PARAM_HEADER, PARAM_URL})})
        if len(with_special) <= len(places):
            return dict(zip(with_special, places, strict=False))
    return dict(zip(ordinary, places, strict=False))


def _number(key: str) -> int | None:
    """The number that a key starts with (2 of "02_city"), None without one."""
    match = _LEADING_NUMBER.match(key)
    return int(match[1]) if match else None
