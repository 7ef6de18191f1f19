"""Durations, times of day, persons and channels as text, the same on every page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from invocations.kaleyra.callbacks import ReportedChannel
from invocations.models import Channel, ChannelResult
from invocations.models.people import full_name


def duration_text(seconds: float) -> str:
    """The duration in its largest fitting unit, rounded.

    >>> [duration_text(seconds) for seconds in (0.041, 0.41, 4.2, 37.4, 312, 9000)]
    ['41 ms', '0.41 s', '4.2 s', '37 s', '5 min', '2.5 h']
    """
    if seconds >= 3600:
        return _("%(n)s h") % {"n": number_format(round(seconds / 3600, 1))}
    if seconds >= 120:
        return _("%(n)s min") % {"n": number_format(round(seconds / 60))}
    if seconds < 0.1:
        return _("%(n)s ms") % {"n": round(seconds * 1000)}
    decimals = 2 if seconds < 1 else 1 if seconds < 10 else 0
    return _("%(n)s s") % {"n": number_format(seconds, decimals)}


def clock_time(moment: datetime, form: str = "H:i:s") -> str:
    """`moment` in the current time zone. `form`: a format of Django's `date` filter."""
    return date_format(timezone.localtime(moment), form)


def chosen_time(moment: datetime) -> str:
    """ "30 Nov 2026, 09:00", with seconds only where a command chose some, in the current zone."""
    return clock_time(moment, "j M Y, H:i:s" if moment.second else "j M Y, H:i")


def clock_time_of(moment: datetime, now: datetime) -> str:
    """`moment` to the minute: "01:23" within a day, "Mon 09:00" within a week, else with its date.

    In the current time zone.
    """
    ahead = moment - now
    if ahead < timedelta(hours=20):
        return clock_time(moment, "H:i")
    return clock_time(moment, "D H:i" if ahead < timedelta(days=6) else "j M, H:i")


def past_time(moment: datetime, now: datetime) -> str:
    """ "12:52" today, "Tuesday 12:52" within a week, else "20 Nov". In the current time zone."""
    if timezone.localdate(moment) == timezone.localdate(now):
        return clock_time(moment, "H:i")
    return clock_time(moment, "l H:i" if now - moment < timedelta(days=6) else "j M")


def past_day_and_time(moment: datetime) -> str:
    """ "today, 10:12", "yesterday, 10:12", else "20 Nov 2026, 10:12". In the current time zone."""
    day, today = timezone.localdate(moment), timezone.localdate()
    time = clock_time(moment, "H:i")
    if day == today:
        return _("today, %(time)s") % {"time": time}
    if day == today - timedelta(days=1):
        return _("yesterday, %(time)s") % {"time": time}
    return clock_time(moment, "j M Y, H:i")


def person_name(user: User | None) -> str:
    return full_name(user) if user else _("a script")


def channel_name(result: ReportedChannel | ChannelResult, channels: Sequence[Channel] = ()) -> str:
    """The reported kind, in Kaleyra's own word if the console has none for it.

    Without a reported kind: that of the workflow's channel at this position, or its number.
    """
    position = result.position
    configured = channels[position - 1].get_kind_display() if position <= len(channels) else ""
    return (
        dict(Channel.Kind.choices).get(result.kind)
        or result.kind
        or configured
        or _("Channel %(n)s") % {"n": position}
    )
