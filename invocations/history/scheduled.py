"""Messages that leave at a time of their own: which they are, and their time in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from invocations.history.meanings import Text
from invocations.history.timeline_step import TimelineStep
from invocations.history.wording import clock_time, clock_time_of, person_name
from invocations.models import Invocation, ScheduleChange

_MINUTE = timedelta(minutes=1)


def is_scheduled() -> Q:
    """Queued, with a time that has not come. A scheduled message of the past is queued."""
    return Q(status=Invocation.Status.QUEUED, not_before__gt=timezone.now())


def time_changes(invocation: Invocation) -> list[ScheduleChange]:
    """Oldest first. Asks the database only about a message with a time of its own."""
    if invocation.not_before is None:
        return []
    changes = ScheduleChange.objects.filter(invocation=invocation)
    return list(changes.select_related("changed_by"))


@dataclass(frozen=True)
class Schedule:
    """A message's time in words, in the current time zone."""

    not_before: datetime
    expires_at: datetime | None
    now: datetime

    @classmethod
    def of(cls, invocation: Invocation, now: datetime) -> Schedule | None:
        """None unless it waits for its time."""
        not_before = invocation.not_before
        is_queued = invocation.status == Invocation.Status.QUEUED
        if not_before is None or not is_queued or not_before <= now:
            return None
        return cls(not_before, invocation.not_after, now)

    @property
    def leaves(self) -> str:
        return _("It leaves %(time)s.") % {"time": day_and_time(self.not_before)}

    @property
    def ahead(self) -> str:
        return _("In %(span)s.") % {"span": span_text(self.not_before - self.now)}

    @property
    def expires(self) -> str:
        if self.expires_at is None:
            return ""
        end = clock_time_of(self.expires_at, self.not_before)
        return _("If it cannot leave by %(end)s, it expires.") % {"end": end}

    @property
    def cancel_until(self) -> str:
        """A minute before it leaves, so that nobody tries in the last second."""
        if self.not_before - self.now <= _MINUTE:
            return _("You can still cancel it.")
        last = short_time(self.not_before - _MINUTE, self.not_before)
        return _("You can cancel it until %(time)s.") % {"time": last}

    @property
    def short(self) -> str:
        return short_time(self.not_before, self.now)


def short_time(moment: datetime, now: datetime) -> str:
    """ "09:00" on the same day, "Mon 09:00" within six days, else "24 Dec, 09:00"."""
    if timezone.localdate(moment) == timezone.localdate(now):
        return clock_time(moment, "H:i")
    return clock_time(moment, "D H:i" if moment - now < timedelta(days=6) else "j M, H:i")


def day_and_time(moment: datetime) -> str:
    """ "Monday 30 November, 09:00 IST", in the current time zone."""
    return clock_time(moment, "l j F, H:i ") + zone_text(timezone.localtime(moment))


def zone_text(local: datetime) -> str:
    """The abbreviation of the zone, or "UTC+4" where it has none."""
    name = local.tzname() or ""
    if name.isalpha():
        return name
    offset = f"{local:%z}"  # such as +0400
    minutes = f":{offset[3:5]}" if offset[3:5] != "00" else ""
    return f"UTC{offset[:1]}{int(offset[1:3])}{minutes}"


def span_text(span: timedelta) -> str:
    """In its two largest units.

    >>> [span_text(timedelta(minutes=n)) for n in (0.2, 12, 200, 2520)]
    ['less than a minute', '12 min', '3 h 20 min', '1 day 18 h']
    """
    minutes = int(span / _MINUTE)
    days, hours, rest = minutes // 1440, minutes % 1440 // 60, minutes % 60
    if days:
        named = _("1 day") if days == 1 else _("%(n)s days") % {"n": days}
        return f"{named} {hours} h" if hours and days < 7 else named
    if hours:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{minutes} min" if minutes else _("less than a minute")


def change_steps(
    changes: Sequence[ScheduleChange], expiry: Sequence[Text]
) -> Iterator[TimelineStep]:
    """One step of the timeline for each change of the time.

    `expiry`: when the message expires by now, which follows from the last change.
    """
    for number, change in enumerate(changes, start=1):
        facts = {
            "person": person_name(change.changed_by),
            "time": clock_time(change.becomes, "j M Y, H:i"),
            "was": clock_time(change.was, "j M Y, H:i"),
        }
        yield TimelineStep(
            _("Time changed"),
            icon="edit_calendar",
            at=change.changed_at,
            says=[
                _("%(person)s: to %(time)s, from %(was)s.") % facts,
                *(expiry if number == len(changes) else ()),
            ],
        )
