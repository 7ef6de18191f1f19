"""How a person who is signed in proves once more who they are, and how long that holds.

By the password. `proves` and `WAY` are all that another way (a code, a passkey) would replace.
"""

from __future__ import annotations

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
WAY = "password"
_PROVED_AT = "proved_at"


class Outcome(Enum):
    PROVED = "proved"
    WRONG = "wrong"
    ENDED = "ended"
    """It was wrong once too often, and the session is over."""


def proves(person: User, typed: str) -> bool:
    return person.check_password(typed)


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
    if own.update(wrong_proofs=F("wrong_proofs") + 1) and proves(person, typed):
        BrowserSession.objects.filter(pk=row).update(wrong_proofs=0)
        note_proof(request.session, timezone.now())
        record(verbs.PROVED_AGAIN, by=person, about=person, facts={"by": WAY})
        return Outcome.PROVED
    record(verbs.PROOF_REFUSED, by=person, about=person, facts={"by": WAY})
    if own.exists():
        return Outcome.WRONG
    end_session(row, "wrong_proofs", by=person)
    logout(request)
    return Outcome.ENDED
