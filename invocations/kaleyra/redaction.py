"""Removes the API key, the phone numbers and the sensitive values from answers before storage."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from typing import Any

from invocations.kaleyra.characters import class_of, is_blank, is_dash, is_invisible, is_plus
from invocations.kaleyra.payload import Send
from invocations.kaleyra.reply import Reply
from invocations.kaleyra.sentences import sentence_of
from invocations.kaleyra.template_params import VERIFICATION_CODE

KEPT_CHARACTERS = 4096
SHORTEST_SECRET = 4
"""Shorter values occur in any text: replacing them would garble it, and reveal them."""

Secrets = dict[str, str]
"""Each secret that must not be stored, with its replacement; longest secret first."""


def secrets_of(
    api_key: str | None,
    sends: Sequence[Send],
    sensitive_keys: Collection[str],
    *,
    numbers: bool = True,
) -> Secrets:
    """The secrets of one attempt: its key, the values of `sensitive_keys`, and its recipients.

    `numbers=False` leaves the recipients out, for readers who may see them.
    """
    secrets = {api_key: "[API key]"} if api_key else {}
    for send in sends:
        if numbers:
            secrets[send.recipient] = f"[number ending in {send.recipient[-4:]}]"
        for key in set(sensitive_keys) & send.template_params.keys():
            is_code = key == VERIFICATION_CODE
            replacement = "[verification code]" if is_code else "[sensitive value]"
            secrets[send.template_params[key]] = replacement
    long_enough = [item for item in secrets.items() if len(item[0]) >= SHORTEST_SECRET]
    return dict(sorted(long_enough, key=lambda item: -len(item[0])))


def redact(text: str, secrets: Secrets) -> str:
    """`text` with each secret replaced, in plain or JSON-escaped form.

    A partial secret at the end of `text`, as a truncated answer may have, is removed.
    """
    for secret, replacement in secrets.items():
        text = text.replace(secret, replacement)
        if (escaped := _escaped(secret)) != secret:
            text = text.replace(escaped, replacement)
        text = text[: len(text) - _partial_secret_length(text, secret)]
    return text


def _escaped(secret: str) -> str:
    """`secret` as it stands in JSON. Most stand there as they are."""
    is_plain = secret.isascii() and secret.isprintable() and '"' not in secret
    return secret if is_plain and "\\" not in secret else json.dumps(secret)[1:-1]


def _partial_secret_length(text: str, secret: str) -> int:
    """How many characters at the end of `text` are the beginning of `secret`."""
    if secret[:SHORTEST_SECRET] not in text[1 - len(secret) :]:
        return 0
    for length in range(len(secret) - 1, SHORTEST_SECRET - 1, -1):
        if text.endswith(secret[:length]):
            return length
    return 0


# --- phone numbers in any text ------------------------------------------------------------------

FEWEST_DIGITS = 7
"""A run of fewer digits is not a phone number."""
_ESCAPED_DIGIT = r"u(?:003\d|066\d|06[fF]\d|096[6-9a-fA-F]|[fF]{2}1\d)"
_RAISED_OR_CIRCLED = "\u00b2\u00b3\u00b9\u2070\u2074-\u2079\u2080-\u2089\u2460-\u2468\u24ea"
_DIGIT = rf"(?:[\d{_RAISED_OR_CIRCLED}]|\\{{1,8}}{_ESCAPED_DIGIT}|%3\d)"
"""A digit of any script, plain, JSON-escaped (also in nested JSON texts) or percent-encoded."""
_MARKS = "\u0300-\u036f\u20d0-\u20ff"
"""Drawn over a digit: the frame of a keycap emoji, a line below."""
_BETWEEN = (
    rf"(?:[\s().\-/\[\]_+*~\u00b7\u2022{_MARKS}"
    rf"{class_of(is_invisible, is_blank, is_dash, is_plus)}]"
    rf"|\\{{1,8}}(?:(?!{_ESCAPED_DIGIT})u[0-9a-fA-F]{{4}}|x[0-9a-fA-F]{{2}}|[tnrfb/])"
    r"|%(?!3\d)[0-9a-fA-F]{2}|&(?:nbsp|\#160|\#x[aA]0);)"
)
"""Separators inside a number, as typed or copied: plain, JSON-escaped, percent-encoded or HTML."""
_RUN = re.compile(rf"\+?{_DIGIT}(?:{_BETWEEN}{{0,6}}+{_DIGIT}){{{FEWEST_DIGITS - 1},}}+")
_DIGIT_OR_BETWEEN = re.compile(rf"({_DIGIT})|{_BETWEEN}")
TIME_PATTERN = (
    r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])[T ]"
    r"(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?"
)
UUID_PATTERN = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_TIME_UUID_OR_RUN = re.compile(
    rf"(?<![0-9A-Za-z])(?:{TIME_PATTERN}|(?P<uuid>{UUID_PATTERN}))(?![0-9A-Za-z])"
    rf"|(?P<run>{_RUN.pattern})"
)
_PLAIN_RUN = re.compile(rf"\d{{{FEWEST_DIGITS},}}")


def mask_numbers(text: str, *, fewest: int = FEWEST_DIGITS) -> str:
    """`text` with everything that may be a phone number replaced.

    That is a run of `fewest` or more digits (7 at least), with or without separators and escapes
    between them. Times
    stay, and so do UUIDs, except for plain runs of 7 digits or more inside them. Runs in linear
    time: each character is read a few times at most.

    >>> mask_numbers('"to": "+91 80612 34581", "id": "9db24eba-0000-41be-97a5-3ac45551ec1b"')
    '"to": "[number ending in 4581]", "id": "9db24eba-0000-41be-97a5-3ac45551ec1b"'
    """
    return _TIME_UUID_OR_RUN.sub(lambda match: _replacement(match, fewest), text)


def number_runs(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and ASCII digits of each run in `text` that may be a phone number.

    Runs inside UUIDs count, too.
    """
    for match in _RUN.finditer(text):
        yield match.start(), match.end(), "".join(_digits_of(match[0]))


def _replacement(match: re.Match[str], fewest: int) -> str:
    if match["run"]:
        return _masked(match, fewest)
    if match["uuid"]:
        return _PLAIN_RUN.sub(lambda run: _masked(run, fewest), match[0])
    return match[0]


def _masked(run: re.Match[str], fewest: int) -> str:
    digits = _digits_of(run[0])
    return run[0] if len(digits) < fewest else f"[number ending in {''.join(digits[-4:])}]"


def _digits_of(run: str) -> list[str]:
    """Without those of its separators, such as `%20`."""
    return [_decimal(digit) for digit in _DIGIT_OR_BETWEEN.findall(run) if digit]


def _decimal(digit: str) -> str:
    """The ASCII form of a match of `_DIGIT`."""
    character = chr(int(digit[-4:], 16)) if digit.startswith("\\") else digit[-1]
    return str(unicodedata.digit(character))


# --- what is stored of an answer ----------------------------------------------------------------


def kept_answer(reply: Reply, secrets: Secrets) -> dict[str, Any]:
    """The texts of an answer as they are stored.

    Redacted before they are truncated, so that no truncation leaves a part of a key behind.
    """

    def kept(text: str) -> str:
        return redact(text, secrets)[:KEPT_CHARACTERS]

    def kept_words(text: str) -> str:
        """Pages unwrap it (`sentence_of`), which must not bring to light an escaped secret."""
        sentence = sentence_of(redact(text, secrets))
        is_clean = redact(sentence, secrets) == sentence
        return kept(text) if is_clean else kept(sentence)

    return {
        "message": None if reply.message is None else kept_words(reply.message),
        "errors": [kept_words(error) for error in reply.errors],
        "text": kept(reply.text),
    }


MAX_ERROR_KIND = 200
_WORD = re.compile(r"\[[^\[\]]*\]|[\w+-]+")
_HEX = re.compile("[a-f]{8,}|[A-F]{8,}")
"""No English word consists of these letters only and has eight of them."""
_SEVERAL = re.compile("…(?:[.:,;/@=&|\"'\u2019 ]{0,3}…)+")
"""Adjacent ids: a time, an address, or a list of varying length."""
SHORTEST_MIXED = 10


def error_kind(kept: dict[str, Any], sends: Sequence[Send]) -> str:
    """The error of an answer without ids, so that answers with the same cause have the same text.

    `kept` is the result of `kept_answer`. The text is its first error, or its message. "…" replaces
    words with a digit, hexadecimal words, words in which upper and lower case alternate as in no
    language, and everything in square brackets. The result is used in URLs, so it contains no value
    of `sends` either, sensitive or not.
    """
    text = sentence_of((kept["errors"] or [kept["message"] or ""])[0])
    values = {value for send in sends for value in send.template_params.values()}
    for value in sorted(values, key=len, reverse=True):
        if len(value) >= SHORTEST_SECRET:
            text = text.replace(value, "…").replace(json.dumps(value)[1:-1], "…")
    text = _WORD.sub(lambda word: "…" if word[0] in values or _is_id(word[0]) else word[0], text)
    return _SEVERAL.sub("…", " ".join(text.split()))[:MAX_ERROR_KIND]


def _is_id(word: str) -> bool:
    if (
        word.startswith("[")
        or any(character.isdecimal() for character in word)
        or _HEX.fullmatch(word)
    ):
        return True
    changes = sum(one.isupper() != other.isupper() for one, other in pairwise(word))
    return len(word) >= SHORTEST_MIXED and changes > 0.4 * len(word)
