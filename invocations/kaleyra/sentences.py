"""Kaleyra's error texts as people read them: the sentence inside a JSON or Python value.

Kaleyra may answer `{"message": {"params": "Internal server error."}}`, or the same as text. The raw
answer stays with its attempt.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from typing import Any

MAX_UNWRAPPED = 5_000
"""Characters of a text that is looked into. What is stored of an answer is shorter."""
MAX_DEPTH = 6
SENTENCE_KEYS = ("message", "msg", "error", "errors", "description", "detail", "details", "reason")
"""Where a value has one of these keys, the sentence is there, and its other keys are facts."""
CODE_KEYS = ("code", "error_code", "errorCode")
WRAPPERS = ("params", "data", "response", "body", "input", "result")
"""Keys that say nothing of the sentence below them. Another one is put before it."""


def sentence_of(text: str) -> str:
    """The sentences in `text`, or `text` itself if it is none of a value.

    >>> sentence_of('{"params": "Internal server error."}')
    'Internal server error.'
    >>> sentence_of("{'code': 'E110', 'message': 'Insufficient balance'}")
    'Insufficient balance (E110)'
    >>> sentence_of("The workflow is not published")
    'The workflow is not published'
    """
    found = list(dict.fromkeys(_sentences(_value_in(text), MAX_DEPTH)))
    return " ".join(found) or text


def _value_in(text: str) -> Any:
    """The object, list or quoted text that `text` spells out; else `text` itself."""
    stripped = text.strip()
    if len(stripped) > MAX_UNWRAPPED or stripped[:1] not in ("{", "[", '"', "'"):
        return text
    for read in (json.loads, ast.literal_eval):
        try:
            return read(stripped)
        except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
            continue
    return text


def _sentences(value: Any, depth: int) -> Iterator[str]:
    """The texts in `value`, in order, without those that say nothing."""
    if depth <= 0:
        return
    if isinstance(value, dict):
        yield from _of_object(value, depth)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _sentences(item, depth - 1)
    elif isinstance(value, str):
        inner = _value_in(value)
        if inner != value:
            yield from _sentences(inner, depth - 1)
        elif value.strip():
            yield value.strip()


def _of_object(value: dict[Any, Any], depth: int) -> Iterator[str]:
    """The sentence first, then what is said of single fields; the code in brackets."""
    told = [value[key] for key in SENTENCE_KEYS if value.get(key)]
    sentences = list(_sentences(told, depth - 1))
    others = [
        sentence if str(key).lower() in WRAPPERS else f"{key}: {sentence}"
        for key, item in value.items()
        if key not in (*SENTENCE_KEYS, *CODE_KEYS)
        for sentence in _sentences(item, depth - 1)
    ]
    # A single word beside a sentence is a fact such as an id or a status.
    facts = [other for other in others if " " in other.partition(": ")[2] or ": " not in other]
    sentences += [fact for fact in facts if " " in fact] or ([] if sentences else others)
    code = next((value[key] for key in CODE_KEYS if isinstance(value.get(key), (str, int))), "")
    if sentences and code != "":
        yield f"{' '.join(sentences)} ({code})"
    else:
        yield from sentences or ([str(code)] if code != "" else [])
