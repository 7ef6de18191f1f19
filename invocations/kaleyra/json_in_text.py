"""Finds the JSON objects in a text: in a message, a log line, a program, or alone.

Every function takes time in proportion to the length of its text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from invocations.kaleyra.characters import class_of, is_invisible
from invocations.kaleyra.paste_error import PasteError, shown_name

# What may stand between two tokens of JSON, and what chat programs and logs add there: blanks,
# characters without a width, and line breaks that were written as \n.
INVISIBLE = class_of(is_invisible)
"""For a class of a regular expression."""
_GAP = rf"(?:[\s{INVISIBLE}]|\\[nrt])*+"
_START = re.compile(rf'\{{(?={_GAP}")')
# A string that is not closed runs to the end of the text.
_STRING = r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)'
_BRACES = re.compile(rf"{_STRING}|[{{}}]", re.DOTALL)
_OUTSIDE = re.compile(rf"({_STRING})|[{INVISIBLE}]|\\[nrt]|\u00a0", re.DOTALL)
_FIRST_NAME = re.compile(r'\{(?=\s*+"(?:request[-_ ]?id|input)"\s*+:)', re.IGNORECASE)
_AFTER_NAME = re.compile(r'["”]\s*+:\s*+\Z')
_MAX_RESCUES = 20
_MAX_OBJECTS = 100


@dataclass(frozen=True)
class Found:
    """An object that begins at `start`, up to `end`: its value, or why it could not be read.

    `is_member`: a name stands before it, so that it is a part of something that could not be read.
    """

    start: int
    end: int
    value: dict[str, Any] | None = None
    error: PasteError | None = None
    is_member: bool = False


def loads(text: str) -> Any:
    """The JSON value of `text`. A line break inside a string is kept.

    Raises `PasteError`: `not_json`, `cut_off`, `not_readable` or `repeated_key`.
    """
    refusal = None
    for attempt in _attempts(text):
        try:
            # parse_int: int() refuses very long numbers, float() does not. Numbers are errors.
            return json.loads(
                attempt, object_pairs_hook=_object, parse_int=float, strict=attempt is text
            )
        except json.JSONDecodeError as error:
            refusal = refusal or _refusal(text, error)
        except RecursionError:
            refusal = PasteError("not_readable")
            break
    # Raised outside of `except`: as its context, the error of `json` would carry the whole text.
    raise refusal or PasteError("not_readable")


def _attempts(text: str) -> Iterator[str]:
    yield text
    yield _OUTSIDE.sub(lambda found: found[1] or " ", text) + " "


def _refusal(text: str, error: json.JSONDecodeError) -> PasteError:
    """Whether it ends too early: the error is at its end, or in a string that has none."""
    is_open = error.msg.startswith("Unterminated string")
    if error.pos >= len(text.rstrip()) or is_open:
        return PasteError("cut_off", line=text.rstrip().count("\n") + 1)
    return PasteError("not_json", line=error.lineno, column=error.colno)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in pairs:
        if name in fields:
            raise PasteError("repeated_key", key=shown_name(name))
        fields[name] = value
    return fields


def objects_in(text: str) -> list[Found]:
    """The first objects in `text` that are in no other object, and have a name."""
    found: list[Found] = []
    position = 0
    while len(found) < _MAX_OBJECTS and (start := _START.search(text, position)) is not None:
        position = _end_of(text, start.start())
        found.append(_read(text, start.start(), position))
    return found


def _end_of(text: str, start: int) -> int:
    """Where the object ends that begins at `start`; the end of the text if nothing closes it."""
    depth = 0
    for token in _BRACES.finditer(text, start):
        depth += {"{": 1, "}": -1}.get(token.group(), 0)
        if depth == 0:
            return token.end()
    return len(text)


def _read(text: str, start: int, end: int) -> Found:
    is_member = bool(_AFTER_NAME.search(text[max(0, start - 50) : start]))
    try:
        return Found(start, end, value=loads(text[start:end]), is_member=is_member)
    except PasteError as error:
        return Found(start, end, error=error)


def complete_bodies_in(text: str, is_complete: Callable[[dict[str, Any]], bool]) -> list[Found]:
    """The objects inside of what could not be read that are whole bodies by themselves.

    A body may stand behind a brace that nothing closes.
    """
    found: list[Found] = []
    position = 0
    for _attempt in range(_MAX_RESCUES):
        if (start := _FIRST_NAME.search(text, position)) is None:
            break
        end = _end_of(text, start.start())
        one = _read(text, start.start(), end)
        if one.value is not None and is_complete(one.value):
            found.append(one)
            position = end
        else:
            position = start.end()
    return found
