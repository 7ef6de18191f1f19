"""What of an answer is kept: without the key, the numbers and the sensitive values that were sent, should it repeat them."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import Any

from invocations.kaleyra.payload import Send
from invocations.kaleyra.reply import Reply
from invocations.kaleyra.template_params import VERIFICATION_CODE

KEPT_CHARACTERS = 4096
SHORTEST_SECRET = 4
"""Shorter ones stand in any text: taking them out would garble it and tell them at once."""

Secrets = dict[str, str]
"""What no answer may repeat into our rows, each with its stand-in, longest first."""


def secrets_of(
    api_key: str | None,
    sends: Sequence[Send],
    sensitive_keys: Collection[str],
    *,
    numbers: bool = True,
) -> Secrets:
    """The secrets of one attempt: its key, its recipients (unless `numbers` may be seen) and the values of `sensitive_keys`."""
    hidden = {api_key: "[API key]"} if api_key else {}
    for send in sends:
        if numbers:
            hidden[send.recipient] = f"[number ending in {send.recipient[-4:]}]"
        for key in set(sensitive_keys) & send.template_params.keys():
            hidden[send.template_params[key]] = (
                "[verification code]" if key == VERIFICATION_CODE else "[sensitive value]"
            )
    told_apart = [item for item in hidden.items() if len(item[0]) >= SHORTEST_SECRET]
    return dict(sorted(told_apart, key=lambda item: -len(item[0])))


def redact(text: str, secrets: Secrets) -> str:
    """`text` with each secret, as it is or as JSON writes it, replaced; a secret that breaks off at its end is cut away."""
    for secret, stand_in in secrets.items():
        text = text.replace(secret, stand_in).replace(json.dumps(secret)[1:-1], stand_in)
        text = text[: len(text) - _broken_off(text, secret)]
    return text


def _broken_off(text: str, secret: str) -> int:
    """How many characters at the end of `text` are the beginning of `secret`."""
    if secret[:SHORTEST_SECRET] not in text[1 - len(secret) :]:
        return 0
    return next(
        (
            length
            for length in range(len(secret) - 1, SHORTEST_SECRET - 1, -1)
            if text.endswith(secret[:length])
        ),
        0,
    )


FEWEST_DIGITS = 7
"""A run of fewer is no phone number."""
_ESCAPED_DIGIT = r"u(?:003\d|066\d|06[fF]\d|096[6-9a-fA-F]|[fF]{2}1\d)"
_DIGIT = rf"(?:\d|\\{{1,8}}{_ESCAPED_DIGIT}|%3\d)"
"""A digit of any script, or as JSON (also inside a text inside a text) or a form may write it."""
_BETWEEN = (
    r"(?:[\s().\-/\[\]_+*~\u00a0\u00ad\u00b7\u2010-\u2015\u2022\u2028-\u202f\u200b-\u200f\u2060-\u206f\u2212\ufeff]"
    rf"|\\{{1,8}}(?:(?!{_ESCAPED_DIGIT})u[0-9a-fA-F]{{4}}|[tnrfb/])"
    r"|%(?!3\d)[0-9a-fA-F]{2}|&(?:nbsp|\#160|\#x[aA]0);)"
)
"""What people, spreadsheets and copied texts put between the digits of one number, plain or as JSON, a form or HTML writes it."""
_RUN = re.compile(rf"\+?{_DIGIT}(?:{_BETWEEN}{{0,6}}+{_DIGIT}){{{FEWEST_DIGITS - 1},}}+")
_A_TIME = r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?"
_A_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_A_TIME_A_UUID_OR_A_RUN = re.compile(
    rf"(?<![0-9A-Za-z])(?:{_A_TIME}|(?P<uuid>{_A_UUID}))(?![0-9A-Za-z])|(?P<run>{_RUN.pattern})"
)


def mask_numbers(text: str) -> str:
    """`text` with whatever reads as a phone number replaced: 7 digits and more in a row, whatever stands between them or escapes them.

    Times and UUIDs stay, as far as none of their parts reads so. It looks at each character a few times at most, whatever it is given.

    >>> without_numbers('{"to": "+91 80612 34581", "messageId": "9db24eba-0000-41be-97a5-3ac45551ec1b"}')
    '{"to": "[number ending in 4581]", "messageId": "9db24eba-0000-41be-97a5-3ac45551ec1b"}'
    """
    return _A_TIME_A_UUID_OR_A_RUN.sub(_shown, text)


def _shown(found: re.Match[str]) -> str:
    if found["run"]:
        return _masked(found)
    return _BARE.sub(_masked, found[0]) if found["uuid"] else found[0]


_BARE = re.compile(rf"\d{{{FEWEST_DIGITS},}}")


def _masked(run: re.Match[str]) -> str:
    return (
        f"[number ending in {''.join(_value(digit) for digit in re.findall(_DIGIT, run[0])[-4:])}]"
    )


def _value(digit: str) -> str:
    sign = chr(int(digit[-4:], 16)) if digit.startswith("\\") else digit[-1]
    return str(unicodedata.digit(sign))


def kept_answer(reply: Reply, secrets: Secrets) -> dict[str, Any]:
    """An answer's words as a row keeps them: redacted first, bounded after, so that no cut leaves half a key behind."""
    return {
        "message": None
        if reply.message is None
        else redact(reply.message, secrets)[:KEPT_CHARACTERS],
        "errors": [redact(error, secrets)[:KEPT_CHARACTERS] for error in reply.errors],
        "text": redact(reply.text, secrets)[:KEPT_CHARACTERS],
    }


MOST_OF_A_KIND = 200
_A_WORD = re.compile(r"\[[^\[\]]*\]|[\w+-]+")
_HEX = re.compile("[a-f]{8,}|[A-F]{8,}")
"""No word of English has only these letters and eight of them."""
_SEVERAL = re.compile("…(?:[.:,;/@=&|\"'\u2019 ]{0,3}…)+")
"""Ids beside each other: a moment, an address, a list that is longer one time than another."""
SHORTEST_MIXED = 10


def error_kind(kept: dict[str, Any], sends: Sequence[Send]) -> str:
    """What an answer complained of, alike for all of its kind: the first error, or the message, of what `kept` gave, without ids.

    Taken out are words that have a digit, hexadecimal ones, ones in which capitals and small letters alternate as nobody writes them,
    and whatever stands in square brackets. It stands in addresses, so no value of `sends` stays in it either, sensitive or not.
    """
    text = (kept["errors"] or [kept["message"] or ""])[0]
    values = {value for send in sends for value in send.template_params.values()}
    for value in sorted(values, key=len, reverse=True):
        if len(value) >= SHORTEST_SECRET:
            text = text.replace(value, "…").replace(json.dumps(value)[1:-1], "…")
    text = _A_WORD.sub(lambda word: "…" if word[0] in values or _is_id(word[0]) else word[0], text)
    return _SEVERAL.sub("…", " ".join(text.split()))[:MOST_OF_A_KIND]


def _is_id(word: str) -> bool:
    if word.startswith("[") or any(sign.isdecimal() for sign in word) or _HEX.fullmatch(word):
        return True
    changes = sum(one.isupper() != other.isupper() for one, other in pairwise(word))
    return len(word) >= SHORTEST_MIXED and changes > 0.4 * len(word)
