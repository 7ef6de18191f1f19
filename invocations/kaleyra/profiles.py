"""Reads the list of an account's callback profiles, and whether the API key was accepted.

Never raises. Sources: Kaleyra's pages "platform-apis-get-callback-profiles" and "-by-id": an
envelope `{code, message, data, error, status}`, with code RBC024 for success and RBC302 if there is
no profile. Of a profile, `title`, `url`, `http_method` and `status` are read; its headers and its
`enc` are secrets in clear text and are skipped. RBC001, a wrong SID or key, is from the page
"whatsapp-api-v2-error-codes-for-send-message". The pages do not show where the list stands in
`data`, so `data` may be the list itself or hold it under any name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

MAX_PROFILES = 25
LONGEST_TEXT = 500
SUCCESS, NO_SUCH_PROFILE, WRONG_KEY = "RBC024", "RBC302", "RBC001"


class KeyVerdict(StrEnum):
    """What the answer says about the API key."""

    WORKS = "works"
    REFUSED = "refused"
    UNREADABLE = "unreadable"


class ProfileState(StrEnum):
    """The `status` of a profile."""

    ACTIVE = "1"
    AUTO_DISABLED = "2"
    DISABLED = "3"
    UNKNOWN = ""


@dataclass(frozen=True)
class Profile:
    """One callback profile. `url` may contain a secret: compare it, do not show it."""

    title: str
    url: str = field(repr=False)
    http_method: str
    state: ProfileState


@dataclass(frozen=True)
class KeyCheck:
    """What one answer says about the key, and the profiles if the key works."""

    http_status: int
    verdict: KeyVerdict
    profiles: tuple[Profile, ...] = ()


def read_profiles(http_status: int, body: bytes, *, complete: bool = True) -> KeyCheck:
    """Reads an answer of any shape. `UNREADABLE` unless it clearly accepts or refuses the key."""
    content = _json(body)
    code = str(content.get("code", "")).upper()
    if code == WRONG_KEY or http_status in (401, 403):
        return KeyCheck(http_status, KeyVerdict.REFUSED)
    is_list = 200 <= http_status < 300 and (code == SUCCESS or "data" in content)
    if not complete or not (code == NO_SUCH_PROFILE or is_list):
        return KeyCheck(http_status, KeyVerdict.UNREADABLE)
    rows = [] if code == NO_SUCH_PROFILE else list(_rows(content.get("data")))
    profiles = tuple(_profile(row) for row in rows[:MAX_PROFILES])
    return KeyCheck(http_status, KeyVerdict.WORKS, profiles)


def _json(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _rows(data: Any) -> Iterator[dict[str, Any]]:
    """The objects with a `url`: `data` itself, its items, or the items of a list inside it."""
    if isinstance(data, list):
        yield from (each for each in data if isinstance(each, dict) and "url" in each)
    elif isinstance(data, dict) and "url" in data:
        yield data
    elif isinstance(data, dict):
        for each in data.values():
            if isinstance(each, list):
                yield from _rows(each)


def _profile(row: dict[str, Any]) -> Profile:
    status = _text(row.get("status"))
    state = ProfileState(status) if status in set(ProfileState) else ProfileState.UNKNOWN
    return Profile(
        title=_text(row.get("title")),
        url=_text(row.get("url")),
        http_method=_text(row.get("http_method")).upper(),
        state=state,
    )


def _text(value: Any) -> str:
    text = str(value) if isinstance(value, str | int) else ""
    printable = "".join(character for character in text if character.isprintable())
    return printable[:LONGEST_TEXT].strip()
