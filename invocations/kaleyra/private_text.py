"""What should not stand in a ticket or a note: phone numbers, and keys."""

from __future__ import annotations

import re

from invocations.kaleyra.characters import class_of, is_invisible
from invocations.kaleyra.redaction import UUID_PATTERN, mask_numbers

# Also with characters in between that nobody sees, and in full width: copied, it is the key.
_FULL_WIDTH = "\uff10-\uff19\uff21-\uff3a\uff41-\uff5a"
_LETTER = rf"[A-Za-z0-9_\-{_FULL_WIDTH}{class_of(is_invisible)}]"
_WORD = re.compile(rf"(?<![\w-]){_LETTER}{{24,}}(?![\w-])")
_UUID = re.compile(UUID_PATTERN)
_NAMED = re.compile(
    r"\b(?:(?:api[-_ ]?key|secret|password|passwd|pwd|token)\s{0,3}[:=]"
    r"|authorization\s{0,3}[:=]\s{0,3}(?:bearer|basic))\s{0,3}\S{8,}",
    re.IGNORECASE,
)
KEY = "[key]"


def _is_key(word: str) -> bool:
    """Long, of letters and digits in one word. IDs of messages are UUIDs."""
    has_both = any(map(str.isdigit, word)) and any(map(str.isalpha, word))
    return has_both and not _UUID.match(word)


def mask_keys(text: str) -> str:
    """`text` with everything that may be a key replaced.

    >>> mask_keys("api-key: 9f86d081884c7d659a2feaa0 was refused")
    '[key] was refused'
    """
    text = _NAMED.sub(KEY, text)
    return _WORD.sub(lambda word: KEY if _is_key(word[0]) else word[0], text)


def has_key(text: str) -> bool:
    return mask_keys(text) != text


def has_number(text: str, fewest: int) -> bool:
    """Whether `mask_numbers` would replace something in it."""
    return mask_numbers(text, fewest=fewest) != text
