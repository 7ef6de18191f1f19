"""Why a text is no pattern, in words for the admin who wrote it (`kaleyra.patterns`)."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from invocations.kaleyra.patterns import MAX_REPEATS, PatternError

PATTERN_TEXT: dict[str, Promise] = {
    "not_supported": _(
        "“%(part)s” is not possible here. Lookahead, lookbehind, backreferences, possessive and "
        "atomic groups can make a rule run for minutes."
    ),
    "group_name": _("two groups have the name “%(part)s”."),
    "escape": _("“%(part)s” has no meaning. For the character itself leave out the backslash."),
    "end": _("Leave out “\\Z”: a rule is for the whole value anyway."),
    "open_start": _("Write the first number of “%(part)s” too: {0,3} instead of {,3}."),
    "bracket": _("a [ is not closed. For the character itself write \\[."),
    "parenthesis": _("a ( or a ) stands alone. For the character itself write \\( or \\)."),
    "backslash": _("it ends in a backslash. For the character itself write \\\\."),
    "repeat": _(
        "“%(part)s” has nothing to repeat. For the character itself write a backslash before it."
    ),
    "repeats": _(
        "“%(part)s” is not a possible number of repetitions: at most %(limit)s, the smaller"
        " number first. One repetition inside another counts too."
    ),
    "range": _("“%(part)s” is not a range of characters."),
    "too_large": _("The rule is too large. Use fewer or smaller repetitions."),
    "unreadable": _("it cannot be read."),
}
_UNFAMILIAR = frozenset(["not_supported", "end", "open_start", "too_large"])
"""Codes of what other regular expressions may have."""


def pattern_text(error: PatternError) -> str:
    why = str(PATTERN_TEXT[error.code]) % {"part": error.part, "limit": MAX_REPEATS}
    if error.code in _UNFAMILIAR:
        return why
    return gettext("This is not a regular expression: %(why)s") % {"why": why}
