"""Text that looks like a place for a value and is none: `{{ 1 }}`, `{#VAR#}`, `%name%`.

Kaleyra documents `{#var#}`, `{{1}}`, `{{$1}}`, `{{name}}`, and `{name}` for an SMS (seed, "Channel
Agnostic Template Parameters"), and India's operators their tags. Whatever else stands in a
template is sent as it stands. The other notations are those of common template languages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from invocations.kaleyra.characters import is_invisible
from invocations.kaleyra.template_params import ChannelKind, Placeholder, placeholders


@dataclass(frozen=True)
class Lookalike:
    """A piece of a text, from `start` to `end`, that takes no value."""

    text: str
    start: int
    end: int


# Each notation has a bounded length, so that a hostile text is searched in linear time.
_WORD = r"[A-Za-z_][A-Za-z0-9_.-]{0,40}"
_IN_BRACES = [
    r"\$?\{{1,3}[^{}]{0,60}\}{1,3}",  # {{ 1 }}, {#VAR#}, { name }, {}, ${name}
    r"[\uff5b\ufe5b]{1,2}[^\uff5b\uff5d\ufe5b\ufe5c\n]{0,60}[\uff5d\ufe5c]{1,2}",  # wide braces
    r"\{\{[\w#$]{0,20}",  # {{1, never closed
    r"[\w#$]{0,20}\}\}",  # 1}}, never opened
    r"%7[Bb](?:%7[Bb])?[^%\n]{0,60}%7[Dd](?:%7[Dd])?",  # {{1}}, percent-encoded
]
_IN_OTHER_SIGNS = [
    r"\[\[[^\[\]\n]{0,60}\]\]",  # [[1]]
    r"\(\(" + _WORD + r"\)\)",  # ((name))
    r"</?" + _WORD + r"(?: " + _WORD + r"){0,3} ?/?>",  # <name>, <first name>
    r"<<[^<>\n]{1,60}>>",  # <<name>>
    r"<%[^%\n]{1,60}%>",  # <%= name %>
    r"\*\|[^|*\n]{1,60}\|\*",  # *|FNAME|*
    r"##?" + _WORD + r"##?",  # ##name##, #verification_code#
    r"%%?" + _WORD + r"%%?",  # %name%
    r"%\(" + _WORD + r"\)s",  # %(name)s
    r"(?<![0-9A-Za-z%])%(?:[0-9]\$)?[sd](?![0-9A-Za-z])",  # %s, %1$s
    r"(?<![0-9A-Za-z$])\$[a-z_][A-Za-z0-9_]{0,40}",  # $name
    r"(?<![0-9A-Za-z\[])\[(?i:first[ _-]?name|last[ _-]?name|your[ _-]name|customer[ _-]?name|name"
    r"|user|otp|code|pin|date|time|amount|order[ _-]?(?:id|number|no)?|link|url|phone|number"
    r"|value|var(?:iable)?|x{2,5}|insert[^\[\]\n]{0,40})\](?!\])",  # [name]
]
_LOOKALIKE = re.compile("|".join([*_IN_BRACES, *_IN_OTHER_SIGNS]))
_LOOKALIKE_IN_ADDRESS = re.compile("|".join(_IN_BRACES))
_BRACES_BEFORE = re.compile(r"\{{1,3}\Z")
_BRACES_AFTER = re.compile(r"\A\}{1,3}")


def lookalikes(text: str, kind: ChannelKind, *, is_address: bool = False) -> list[Lookalike]:
    """The pieces of a template's text that look like a place for a value and are none, in order.

    `is_address`: in the address of a button, where % and # have a meaning of their own.
    """
    pattern = _LOOKALIKE_IN_ADDRESS if is_address else _LOOKALIKE
    found: list[Lookalike] = []
    for start, end, before, after in _gaps(text, placeholders(text, kind)):
        gap = text[start:end]
        spans = [match.span() for match in pattern.finditer(gap)]
        # A brace too many beside a place, as in {{{1}}}.
        if before and (match := _BRACES_AFTER.search(gap)):
            spans.append(match.span())
        if after and (match := _BRACES_BEFORE.search(gap)):
            spans.append(match.span())
        found += [
            Lookalike(gap[first:last], start + first, start + last) for first, last in sorted(spans)
        ]
    return found


def _gaps(
    text: str, places: list[Placeholder]
) -> Iterator[tuple[int, int, Placeholder | None, Placeholder | None]]:
    """Start and end of each text between two places, with these places."""
    start, before = 0, None
    for place in places:
        yield start, place.start, before, place
        start, before = place.end, place
    yield start, len(text), before, None


def doubtful_names(text: str, kind: ChannelKind) -> list[Placeholder]:
    """Places with a name that can hardly be meant: one with an unseen character in it, or one of
    digits of another script, such as `{{१}}`, which does not go by position.
    """
    return [
        place
        for place in placeholders(text, kind)
        if place.name is not None
        and (
            any(map(is_invisible, place.name))
            or (place.name.isdecimal() and not place.name.isascii())
        )
    ]


def holds_a_place(value: str, *, is_address: bool = False) -> bool:
    """Whether a value has a place in it, or what looks like one: it was not filled before it was
    copied.
    """
    pattern = _LOOKALIKE_IN_ADDRESS if is_address else _LOOKALIKE
    return pattern.search(value) is not None
