"""Places that stand side by side: `{#var#}{#var#}` in an SMS for India.

India's operators allow 30 characters for one place, and more places side by side for a longer value
(Kaleyra's support article 3000107310). The customer reads the values without a gap, as one.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from itertools import accumulate

from invocations.kaleyra.characters import is_invisible, is_visible
from invocations.kaleyra.template_params import (
    VERIFICATION_CODE,
    ChannelKind,
    Placeholder,
    needed_keys,
    placeholders,
)

SPLIT_PLACE = "{#var#}"
MAX_PIECE = 30
"""Characters of one place (Kaleyra's support article 3000105308)."""


def adjacent_keys(text: str, kind: ChannelKind, *, otp: bool = False) -> list[tuple[str, ...]]:
    """The keys of each run of two or more `{#var#}` with nothing between them, in an SMS.

    A place that takes the verification code, or whose value another place takes too, is in no run.
    """
    if kind is not ChannelKind.SMS:
        return []
    places = placeholders(text, kind)
    uses = Counter(place.position for place in places)
    keys = needed_keys(text, kind, otp=otp)
    runs: list[list[Placeholder]] = []
    for place in places:
        position = place.position or 0
        if (
            place.text != SPLIT_PLACE
            or uses[position] > 1
            or keys[position - 1] == VERIFICATION_CODE
        ):
            continue
        if runs and runs[-1][-1].end == place.start:
            runs[-1].append(place)
        else:
            runs.append([place])
    return [tuple(keys[(place.position or 0) - 1] for place in run) for run in runs if len(run) > 1]


def split_value(value: str, places: int) -> list[str] | None:
    """`value` in as many pieces as there are places; together they are `value` exactly.

    Each piece has at most `MAX_PIECE` characters, as far as they suffice, and something to be seen.
    A cut is made inside a word: whoever trims a piece then takes no blank from between two words.
    None if `value` has too few characters.
    """
    if len(value) > MAX_PIECE * places:
        ends = [MAX_PIECE * (place + 1) for place in range(places - 1)]
        return [value[start:end] for start, end in zip([0, *ends], [*ends, None], strict=True)]
    shown = [is_visible(char) for char in value]
    before = [0, *accumulate(shown)]  # how many characters are seen before an index
    pieces, start = [], 0
    for later in range(places - 1, 0, -1):
        first = max(start + 1, len(value) - MAX_PIECE * later)
        last = min(start + MAX_PIECE, len(value) - later)
        cuts = [
            cut
            for cut in range(last, first - 1, -1)
            if before[cut] > before[start] and before[-1] - before[cut] >= later
        ]
        if not cuts:
            return None
        cut = next((cut for cut in cuts if _is_inside_a_word(value, cut)), cuts[0])
        pieces.append(value[start:cut])
        start = cut
    return [*pieces, value[start:]]


def _is_inside_a_word(value: str, cut: int) -> bool:
    """Whether the characters on both sides are seen, and the one behind does not join the other."""
    left, right = value[cut - 1], value[cut]
    joins = unicodedata.category(right).startswith("M") or is_invisible(left)
    return is_visible(left) and is_visible(right) and not joins
