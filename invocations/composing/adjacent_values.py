"""One value for places that stand side by side (`kaleyra.adjacent`): typed once, sent in pieces.

Every door uses these two functions: what is typed is split before the gate sees it, and what was
sent is joined before it is shown in a form again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from invocations.composing.template_fields import TemplateField
from invocations.kaleyra.adjacent import split_value


def split(fields: Sequence[TemplateField], params: Mapping[str, str]) -> dict[str, str]:
    """`params` with the value of each run split over all of its keys, in the same order.

    A run of which more than the first key is given stays as it is, and so does a value with too few
    characters: the gate then says what is missing.
    """
    runs = {field.key: field for field in fields if field.more_keys}
    split_params: dict[str, str] = {}
    for key, value in params.items():
        field = runs.get(key)
        pieces = None
        if field and not any(params.get(more) for more in field.more_keys):
            pieces = split_value(value, len(field.keys))
        if field and pieces:
            split_params |= zip(field.keys, pieces, strict=True)
        else:
            split_params.setdefault(key, value)
    return split_params


def joined(fields: Sequence[TemplateField], params: Mapping[str, str]) -> dict[str, str]:
    """`params` with each run's pieces as one value, under its first key."""
    first_keys = {key: field.key for field in fields for key in field.keys}
    whole: dict[str, str] = {}
    for field in fields:
        if pieces := [params[key] for key in field.keys if key in params]:
            whole[field.key] = "".join(pieces)
    order = dict.fromkeys(first_keys.get(key, key) for key in params)
    return {key: whole.get(key, params.get(key, "")) for key in order}
