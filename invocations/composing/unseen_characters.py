"""Characters in keys and values that nobody sees, such as a zero-width space from a web page.

In a key or a code they mean nothing and break it: `cleaned` takes them out and says so, before the
gate sees the values. In other values they may have a meaning (the joiners of Indic scripts and of
emoji), so they stay, and the gate warns of those that have none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from invocations.composing import error_text
from invocations.composing.findings import Finding, Severity
from invocations.composing.template_fields import TemplateField, keys_of
from invocations.kaleyra.characters import is_invisible, is_visible, without_invisible
from invocations.kaleyra.template_params import PARAM_URL, VERIFICATION_CODE, ParamsError
from invocations.models import Channel

_NAMES_OF_CODES = frozenset(
    ["otp", "code", "pin", "passcode", "otpcode", "verificationcode", "securitycode"]
)
_OVERRIDES = frozenset("\u202a\u202b\u202d\u202e\u2066\u2067\u2068")
"""Marks that begin another writing direction: the customer may read a value backwards."""


def clean_keys(
    params: Mapping[str, str], known: Collection[str]
) -> tuple[dict[str, str], list[Finding]]:
    """`params` without unseen characters in their keys, and a caution for each key.

    The `known` keys stand in a template and stay. Raises `ParamsError` if two keys become one.
    """
    clean: dict[str, str] = {}
    found: list[Finding] = []
    for key, value in params.items():
        new_key = key if key in known else without_invisible(key).strip()
        if new_key in clean:
            raise ParamsError("repeated_key", key=new_key)
        clean[new_key] = value
        if new_key != key:
            found.append(_finding("key_cleaned", Severity.CAUTION, 0, new_key))
    return clean, found


def clean_codes(
    channel: Channel, params: Mapping[str, str]
) -> tuple[dict[str, str], list[Finding]]:
    """`params` without unseen characters in codes, and a caution for each."""
    clean: dict[str, str] = {}
    found: list[Finding] = []
    for key, value in params.items():
        clean[key] = value
        if is_code(channel, key) and is_visible(value):
            clean[key] = without_invisible(value)
        if clean[key] != value:
            found.append(_finding("code_cleaned", Severity.CAUTION, channel.position, key))
    return clean, found


def is_code(channel: Channel, key: str) -> bool:
    """Whether the value is one that the customer copies or types, sign by sign."""
    if key == VERIFICATION_CODE or (channel.is_otp and key == PARAM_URL):
        return True
    return "".join(filter(str.isalpha, key)).lower() in _NAMES_OF_CODES


def findings(
    channel: Channel, fields: Sequence[TemplateField], params: Mapping[str, str]
) -> Iterator[Finding]:
    """Blockers for what `cleaned` would have taken out; cautions about other values."""
    known = keys_of(channel)
    for key, value in params.items():
        if key not in known and any(map(is_invisible, key)) and is_visible(key):
            yield _finding("unseen_in_key", Severity.BLOCKER, channel.position, key)
        if not is_visible(value):
            continue
        if is_code(channel, key):
            if any(map(is_invisible, value)):
                yield _finding("unseen_in_code", Severity.BLOCKER, channel.position, key)
        elif _OVERRIDES & set(value):
            yield _finding("writing_direction", Severity.CAUTION, channel.position, key)
        elif has_meaningless(value):
            yield _finding("unseen_character", Severity.CAUTION, channel.position, key)


def has_meaningless(value: str) -> bool:
    """Whether an unseen character stands between signs of ASCII, or between one and an end.

    Beside other letters and emoji it joins or shapes them.
    """
    if value.isascii():
        return False
    before_is_ascii = True
    in_doubt = False
    for char in value:
        if is_invisible(char):
            in_doubt = in_doubt or before_is_ascii
        elif in_doubt and char.isascii():
            return True
        else:
            in_doubt, before_is_ascii = False, char.isascii()
    return in_doubt


def _finding(code: str, severity: Severity, position: int, key: str) -> Finding:
    text = str(error_text.UNSEEN_TEXT[code]) % {"key": key}
    return Finding(code, severity, text, position, key)
