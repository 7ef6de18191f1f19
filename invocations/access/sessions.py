"""When a session is over, whose sessions there are, and how they are ended."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q, QuerySet

from invocations.audit import verbs
from invocations.audit.record import record
from invocations.models.browser_sessions import BrowserSession

IDLE_LIMIT = timedelta(minutes=30)
"""Since the person last did something."""
ABSOLUTE_LIMIT = timedelta(hours=12)
"""Since sign-in, whatever they do."""
MAX_SHOWN = 50

IDLE, OLD = "idle", "old"
"""Why a session is over by itself, as the trail says it."""


def hashed(session_key: str) -> str:
    """What stands in the table for the key of a cookie: 160 bits of its SHA-256."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:40]


def why_over(row: BrowserSession, now: datetime) -> str:
    """`IDLE` or `OLD`; empty while the session goes on, and for one that nobody signed in to."""
    if row.last_seen is None or row.signed_in_at is None:
        return ""
    if now - row.last_seen >= IDLE_LIMIT:
        return IDLE
    return OLD if now - row.signed_in_at >= ABSOLUTE_LIMIT else ""


def sessions_of(person: User, now: datetime) -> list[BrowserSession]:
    """Those that go on, the one seen last first."""
    rows = BrowserSession.objects.filter(
        person=person,
        last_seen__gt=now - IDLE_LIMIT,
        signed_in_at__gt=now - ABSOLUTE_LIMIT,
    )
    return list(rows.defer("session_data").order_by("-last_seen")[:MAX_SHOWN])


def end_sessions(
    people: Iterable[int], because: str, *, by: User | None = None, but: str = ""
) -> int:
    """Ends all sessions of `people` (ids), so that their next request is refused. Returns how many.

    `because`: a word for the trail. `but`: the start of the hash of a session that goes on.
    """
    rows = BrowserSession.objects.filter(person__in=list(people))
    if but:
        rows = rows.exclude(session_key__startswith=but)
    return _end(rows, because, by)


def end_session(row_key: str, because: str, *, by: User) -> None:
    """Ends the session of this hash."""
    _end(BrowserSession.objects.filter(pk=row_key), because, by)


def end_over(row: BrowserSession, because: str) -> None:
    """Ends one session, unless its person has just been seen."""
    _end(BrowserSession.objects.filter(pk=row.pk, last_seen=row.last_seen), because, None)


def _end(rows: QuerySet[BrowserSession], because: str, by: User | None) -> int:
    with transaction.atomic():
        found = dict(rows.values_list("pk", "person_id"))
        if not found:
            return 0
        rows.filter(pk__in=list(found)).delete()
        ended = Counter(found.values())
        for person in User.objects.filter(pk__in=[pk for pk in ended if pk]):
            facts = {"because": because, "sessions": ended[person.pk]}
            record(verbs.SESSION_ENDED, by=by, about=person, facts=facts)
    return len(found)


def drop_over(now: datetime) -> int:
    """Deletes sessions that are over, and what is left of those of Django's own table.

    Done with each heartbeat. Returns how many.
    """
    idle = Q(last_seen__lte=now - IDLE_LIMIT)
    old = Q(signed_in_at__lte=now - ABSOLUTE_LIMIT)
    ended = _end(BrowserSession.objects.filter(idle), IDLE, None)
    ended += _end(BrowserSession.objects.filter(old), OLD, None)
    anonymous = BrowserSession.objects.filter(person=None, expire_date__lte=now)
    # Of the version before, which kept the keys themselves. Here they open nothing.
    before = Session.objects.filter(expire_date__lte=now)
    return ended + anonymous.delete()[0] + before.delete()[0]
