"""Durations and ages in words, down to less than a minute."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from invocations.history.scheduled import zone_text
from invocations.history.wording import clock_time_of, past_day_and_time

register = template.Library()
ONE_MINUTE = timedelta(minutes=1)


@register.filter
def lasting(begin: datetime, end: datetime | None = None) -> str:
    """From `begin` until `end` or now, in whole minutes, hours, days: "1 hour, 20 minutes"."""
    end = end or timezone.now()
    return timesince(begin, end) if end - begin >= ONE_MINUTE else _("less than a minute")


@register.filter
def ago(moment: datetime) -> str:
    """For example "20 minutes ago"."""
    now = timezone.now()
    if now - moment < ONE_MINUTE:
        return _("just now")
    return _("%(age)s ago") % {"age": timesince(moment, now)}


@register.filter
def expiry(moment: datetime) -> str:
    """A time to come, to the minute: "01:23", from tomorrow on with its day."""
    return clock_time_of(moment, timezone.now())


@register.filter
def in_words(span: timedelta) -> str:
    """For example "4 hours" for 240 minutes."""
    now = timezone.now()
    return lasting(now - span, now)


@register.filter
def moment(at: datetime) -> str:
    """A time in the past, to the minute: "today, 10:12", or with its date."""
    return past_day_and_time(at)


@register.simple_tag
def zone_name() -> str:
    """The current time zone: "IST", or "UTC+8" where it has no letters of its own."""
    return zone_text(timezone.localtime())
