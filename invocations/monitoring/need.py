"""One row of the list "Needs you": a trouble with one cause, and the next step."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from invocations.history.wording import clock_time_of, past_time
from invocations.monitoring.durations import short_duration

NEVER = datetime.max.replace(tzinfo=UTC)


class Rank(IntEnum):
    """How bad a trouble is, the worst first, where nothing is about to expire."""

    NOTHING_LEAVES = 0
    PAUSED = 1
    REFUSED = 2
    UNREACHABLE = 3
    SET_UP = 4
    UNKNOWN = 5
    MISSING = 6
    UNMATCHED = 7
    ASKED = 8


class Wait(NamedTuple):
    """Messages of one status that wait for the cause. `address`: the history's list of them."""

    text: str
    address: str


class Ask(NamedTuple):
    """A person has asked an admin about this. `wish`: what they wrote. `address`: the message."""

    request_id: uuid.UUID
    person: str
    asked_at: datetime
    wish: str = ""
    address: str = ""


@dataclass(frozen=True, kw_only=True)
class Need:
    """A trouble that a person with `permission` can end.

    `cause` is its code: what has the same one is the same trouble. `n`: how many messages it is
    about, and `list_address` the history's list of just these; `waits`: those that wait for it.
    `button` and `address`: the next step. `resume`: the URL that a Resume button posts to, empty if
    there is none; it is the next step itself where there is no `button`. `command`: what to run on
    the server. `quoted`: Kaleyra's words.
    """

    cause: str
    rank: Rank
    tone: str
    icon: str
    title: str
    says: str
    permission: str
    button: str = ""
    address: str = ""
    resume: str = ""
    command: str = ""
    quoted: str = ""
    n: int = 0
    list_address: str = ""
    waits: Sequence[Wait] = ()
    is_capped: bool = False
    expires_at: datetime | None = None
    since: datetime | None = None
    oldest: datetime | None = None
    newest: datetime | None = None
    is_practice: bool = False
    asks: tuple[Ask, ...] = ()

    @property
    def order(self) -> tuple[bool, datetime, Rank, datetime]:
        """What reaches customers before practice, then what expires first, then the worst."""
        began = self.since or self.oldest or self.newest or NEVER
        return self.is_practice, self.expires_at or NEVER, self.rank, began

    @property
    def resume_label(self) -> str:
        is_account = self.cause.startswith("account:")
        return _("Resume the account") if is_account else _("Resume the workflow")

    @property
    def expires(self) -> str:
        """When the first message that waits expires, for example "17:40"."""
        return clock_time_of(self.expires_at, timezone.now()) if self.expires_at else ""

    @property
    def expires_in(self) -> str:
        now = timezone.now()
        if self.expires_at is None or self.expires_at <= now:
            return ""
        hours, minutes = divmod(int((self.expires_at - now).total_seconds()) // 60, 60)
        if hours:
            return _("in %(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}
        return _("in %(minutes)s min") % {"minutes": minutes}

    @property
    def when(self) -> str:
        """Since when it lasts, or how old its oldest or newest message is."""
        now = timezone.now()
        if self.since:
            return _("since %(time)s") % {"time": past_time(self.since, now)}
        if self.oldest:
            return _("oldest %(age)s") % {"age": short_duration(now - self.oldest)}
        if self.newest:
            return _("newest %(age)s ago") % {"age": short_duration(now - self.newest)}
        return ""
