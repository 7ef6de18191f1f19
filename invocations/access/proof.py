"""How a person who is signed in proves once more who they are, and how long that holds.

By the password; the optional extra (fallback_console/sign_in_extra) adds ways to `WAYS`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum
from typing import cast

from django.contrib.auth import logout
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import SessionBase
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone

from invocations.access.session_store import own_row_key
from invocations.access.sessions import end_session
from invocations.audit import verbs
from invocations.audit.record import record
from invocations.models.browser_sessions import BrowserSession

HOLDS = timedelta(minutes=5)
MAX_WRONG = 5
"""Wrong ones in a row, after which the session ends: its browser may be in other hands."""
_PROVED_AT = "proved_at"


class Outcome(Enum):
    PROVED = "proved"
    WRONG = "wrong"
    ENDED = "ended"
    """It was wrong once too often, and the session is over."""


def by_password(person: User, typed: str) -> bool:
    return person.check_password(typed)


WAYS: dict[str, Callable[[User, str], bool]] = {"password": by_password}
"""By the word for the trail: whether what was typed, or made by a script, proves the person."""


def way_that_proves(person: User, typed: str) -> str:
    """The name of the first way that it proves them by; empty if none does."""
    return next((way for way, proves in WAYS.items() if proves(person, typed)), "")


def note_proof(session: SessionBase, now: datetime) -> None:
    session[_PROVED_AT] = now.timestamp()


def has_proof(session: SessionBase, now: datetime) -> bool:
    """Whether the person of this session has proved within `HOLDS` who they are."""
    proved_at = session.get(_PROVED_AT)
    return proved_at is not None and now.timestamp() - proved_at < HOLDS.total_seconds()


def prove(request: HttpRequest, typed: str) -> Outcome:
    """Checks what was typed. Counts before it looks, so that parallel tries are counted too."""
    person = cast(User, request.user)
    row = own_row_key(request)
    own = BrowserSession.objects.filter(pk=row, wrong_proofs__lt=MAX_WRONG)
    may_try = own.update(wrong_proofs=F("wrong_proofs") + 1)
    if may_try and (way := way_that_proves(person, typed)):
        record(verbs.PROVED_AGAIN, by=person, about=person, facts={"by": way})
        BrowserSession.objects.filter(pk=row).update(wrong_proofs=0)
        note_proof(request.session, timezone.now())
        return Outcome.PROVED
    record(verbs.PROOF_REFUSED, by=person, about=person, facts={"by": " or ".join(WAYS)})
    if own.exists():
        return Outcome.WRONG
    end_session(row, "wrong_proofs", by=person)
    logout(request)
    return Outcome.ENDED
