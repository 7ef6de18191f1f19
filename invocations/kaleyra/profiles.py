"""What Kaleyra says of an account's callback profiles, and with that of the key it was asked with. Nothing here raises.

Sources: Kaleyra's pages "platform-apis-get-callback-profiles" and "-by-id": an envelope `{code, message, data, error, status}`, RBC024
where it went well, RBC302 where there is no profile; of a profile `title`, `url`, `http_method` and `status` are read. Its headers and
its `enc` are secrets in clear: they are passed over. RBC001, a wrong SID or key, is from "whatsapp-api-v2-error-codes-for-send-message".
How a list of profiles lies in `data` is not shown there: as a list, or as one under any name, it is read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

MOST_PROFILES = 25
LONGEST_TEXT = 500
WELL, NO_SUCH_PROFILE, WRONG_KEY = "RBC024", "RBC302", "RBC001"


class Verdict(StrEnum):
    """What the answer says of the key."""

    WORKS = "works"
    REFUSED = "refused"
    UNREADABLE = "unreadable"


class State(StrEnum):
    """Of a profile: its `status`."""

    ACTIVE = "1"
    AUTO_DISABLED = "2"
    DISABLED = "3"
    UNKNOWN = ""


@dataclass(frozen=True)
class Profile:
    """One callback profile. `url` is for comparing: it may hold a secret."""

    title: str
    url: str = field(repr=False)
    http_method: str
    state: State


@dataclass(frozen=True)
class KeyCheck:
    """One answer: of the key, and the profiles if it was let in."""

    http_status: int
    verdict: Verdict
    profiles: tuple[Profile, ...] = ()


def read_profiles(http_status: int, body: bytes, *, complete: bool = True) -> KeyCheck:
    """An answer in whatever shape -> what it says. Where it is not clear that the key was let in, that is not said."""
    content = _json(body)
    code = str(content.get("code", "")).upper()
    if code == WRONG_KEY or http_status in (401, 403):
        return KeyCheck(http_status, Verdict.REFUSED)
    if not complete or not (
        code == NO_SUCH_PROFILE
        or (200 <= http_status < 300 and (code == WELL or "data" in content))
    ):
        return KeyCheck(http_status, Verdict.UNREADABLE)
    rows = [] if code == NO_SUCH_PROFILE else list(_rows(content.get("data")))
    return KeyCheck(
        http_status, Verdict.WORKS, tuple(_profile(row) for row in rows[:MOST_PROFILES])
    )


def _json(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _rows(data: Any) -> Iterator[dict[str, Any]]:
    """The objects in `data` that have a URL: `data` itself, in it as a list, or in a list of it."""
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
    state = State(status) if status in set(State) else State.UNKNOWN
    return Profile(
        _text(row.get("title")), _text(row.get("url")), _text(row.get("http_method")).upper(), state
    )


def _text(value: Any) -> str:
    text = str(value) if isinstance(value, str | int) else ""
    return "".join(character for character in text if character.isprintable())[
        :LONGEST_TEXT
    ].strip()
