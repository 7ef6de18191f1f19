"""How long ago, and how long: as people say it, also of what is younger than a minute."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

register = template.Library()
A_MINUTE = timedelta(minutes=1)


@register.filter
def lasting(begin: datetime, end: datetime | None = None) -> str:
    """The time from `begin` to `end`, or until now, in whole minutes, hours, days: "1 hour, 20 minutes"."""
    end = end or timezone.now()
    return timesince(begin, end) if end - begin >= A_MINUTE else _("less than a minute")


@register.filter
def ago(moment: datetime) -> str:
    """When `moment` was, seen from now: "20 minutes ago"."""
    now = timezone.now()
    return (
        _("%(age)s ago") % {"age": timesince(moment, now)}
        if now - moment >= A_MINUTE
        else _("just now")
    )


@register.filter
def in_words(span: timedelta) -> str:
    """A length of time: 240 minutes are "4 hours"."""
    now = timezone.now()
    return lasting(now - span, now)
