"""Regular expressions that people configure, matched in time linear in the text.

`re` can take exponential time for a pattern such as `([A-Za-z]+ ?)+`. RE2 never does; in return it
has no lookaround and no backreferences. Source of the syntax and of the error texts: RE2's
"syntax.txt" and "re2/re2.cc".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol

import re2

MAX_MATCHED = 4096
"""Most characters of a text that a pattern is tried on. A longer text matches none."""
MAX_REPEATS = 1000
"""RE2's own limit, also for the product of nested repetitions."""


class PatternError(ValueError):
    """A text that is no pattern here. `code` says why, `part` is the part that is meant, or "".

    - `not_supported`: lookaround, a backreference, a possessive or atomic group, or the like
    - `escape`: a backslash before a character that has no meaning after one
    - `end`: `\\Z`, which is written `\\z` here
    - `open_start`: `{,3}`, which RE2 would take for plain text
    - `group_name`: a name that two groups have
    - `bracket`, `parenthesis`, `backslash`: one is not closed, or stands alone
    - `repeat`: a repetition of nothing, or of a repetition
    - `repeats`: more than `MAX_REPEATS`, or a range that ends before it begins
    - `range`: a range of characters or a class that does not exist
    - `too_large`: too complex for RE2's memory
    - `unreadable`: anything else
    """

    def __init__(self, code: str, part: str = "") -> None:
        super().__init__(code)
        self.code, self.part = code, part


class SearchPattern(Protocol):
    """What a text is searched with: a `LinearPattern`, or a pattern of `re`."""

    def search(self, text: str, /) -> object: ...


@dataclass(frozen=True)
class LinearPattern:
    """A compiled pattern. A text that UTF-8 cannot hold never matches."""

    source: str
    _compiled: Any = field(compare=False, repr=False)

    def fullmatch(self, text: str) -> bool:
        return self._is_found(self._compiled.fullmatch, text)

    def search(self, text: str) -> bool:
        return self._is_found(self._compiled.search, text)

    def _is_found(self, how: Any, text: str) -> bool:
        if len(text) > MAX_MATCHED:
            return False
        try:
            return how(text) is not None
        except UnicodeEncodeError:
            return False


@lru_cache(maxsize=512)
def compiled(source: str, *, ignore_case: bool = False) -> LinearPattern:
    """The pattern of `source`. Raises `PatternError`."""
    _refuse_what_re2_reads_otherwise(_LITERALS.sub(" ", source))
    options = re2.Options()
    options.log_errors = False  # or else RE2 writes every wrong pattern to standard error
    options.case_sensitive = not ignore_case
    try:
        return LinearPattern(source, re2.compile(source, options))
    except UnicodeEncodeError:
        raise PatternError("unreadable") from None
    except re2.error as error:
        raise _error_of(error) from None


_LITERALS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
"""Escaped characters and character classes: what stands in them is plain text."""
_OPEN_START = re.compile(r"\{,[0-9]*\}")
_HUGE_REPEAT = re.compile(r"\{(?:[0-9]*,)?[0-9]{5,}(?:,[0-9]*)?\}")
_GROUP_NAME = re.compile(r"\(\?P?<([^<>=!]+)>")


def _refuse_what_re2_reads_otherwise(skeleton: str) -> None:
    """Repetitions that RE2 would take for plain text, and names of groups that it does not compare.

    `skeleton`: a pattern without `_LITERALS`.
    """
    if found := _OPEN_START.search(skeleton):
        raise PatternError("open_start", found[0])
    if found := _HUGE_REPEAT.search(skeleton):
        raise PatternError("repeats", found[0][:40])
    names = _GROUP_NAME.findall(skeleton)
    if repeated := [name for name in names if names.count(name) > 1]:
        raise PatternError("group_name", repeated[0][:40])


_CODES = {
    "missing ]": "bracket",
    "missing )": "parenthesis",
    "unexpected )": "parenthesis",
    "trailing \\": "backslash",
    "invalid perl operator": "not_supported",
    "invalid named capture group": "not_supported",
    "invalid escape sequence": "escape",
    "no argument for repetition operator": "repeat",
    "bad repetition operator": "repeat",
    "invalid repetition size": "repeats",
    "invalid character class range": "range",
    "invalid character class": "range",
    "pattern too large": "too_large",
    "expression nests too deeply": "too_large",
}
"""RE2's messages, as they begin, and our codes."""

_BACKREFERENCE = re.compile(r"\\[1-9]")
_POSSESSIVE = frozenset(["*+", "++", "?+"])


def _error_of(error: Exception) -> PatternError:
    """Of `re2.error`, whose argument is bytes such as `b"missing ]: [a-z"`."""
    raw = error.args[0] if error.args else ""
    message = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)
    what, _colon, part = message.partition(": ")
    code = next((code for start, code in _CODES.items() if what.startswith(start)), "unreadable")
    if code == "escape":
        if part == "\\Z":
            code = "end"
        elif _BACKREFERENCE.fullmatch(part):
            code = "not_supported"
    elif code == "repeat" and (part in _POSSESSIVE or part.endswith("}+")):
        code = "not_supported"
    return PatternError(code, part[:40])
