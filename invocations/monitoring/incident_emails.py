"""Emails ALERT_EMAILS when an incident opens and when it has ended.

The text is the console's own; nothing that Kaleyra said is in it. The end is emailed when an
incident has stayed closed for `SURE_AFTER`: one that reopens within that time is the same one.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone
from django.utils.translation import gettext as _

from invocations.emails import console_email
from invocations.history.scheduled import zone_text
from invocations.history.wording import clock_time
from invocations.models import Incident
from invocations.models.viewer import Viewer
from invocations.monitoring import pauses
from invocations.monitoring.claimed_emails import EmailClaim, send_claimed
from invocations.monitoring.incident_text import words_of
from invocations.monitoring.incidents import REOPENED_WITHIN

SURE_AFTER = REOPENED_WITHIN
END_EMAIL_WITHIN = timedelta(days=1)
"""An end that is older is not emailed any more."""


def send_due_emails(now: datetime) -> threading.Thread | None:
    """Sends the emails that are due. Returns the thread that does, or None if nothing is due."""
    if not settings.ALERT_EMAILS:
        return None
    incidents = Incident.objects.select_related(
        "workflow_instance", "account__pod"
    ).prefetch_related("account__api_keys")
    opened = incidents.filter(closed_at__isnull=True, told_opened_at__isnull=True)
    ended = incidents.filter(
        closed_at__gt=now - END_EMAIL_WITHIN,
        closed_at__lte=now - SURE_AFTER,
        told_opened_at__isnull=False,
        told_closed_at__isnull=True,
    )
    due = [(incident, "told_opened_at") for incident in opened]
    due += [(incident, "told_closed_at") for incident in ended]
    emails = [
        (_email(incident), claim)
        for incident, column in due
        if not incident.account.pod.is_practice and (claim := _claim(incident, column, now))
    ]
    return send_claimed(emails)


def _claim(incident: Incident, column: str, now: datetime) -> EmailClaim | None:
    """Sets `column` to `now`. None if another process has, or if the incident has changed."""
    unclaimed = Incident.objects.filter(
        pk=incident.pk, closed_at=incident.closed_at, **{f"{column}__isnull": True}
    )
    return (
        EmailClaim(Incident, incident.pk, column, now)
        if unclaimed.update(**{column: now})
        else None
    )


def _email(incident: Incident) -> EmailMessage:
    with timezone.override(timezone.get_default_timezone()):
        return _email_in_current_zone(incident)


def _email_in_current_zone(incident: Incident) -> EmailMessage:
    is_stopped = pauses.active_kill_switch() is not None
    words = words_of(incident, Viewer.operator(), is_stopped=is_stopped, quoting=False)
    subject = _("Over: %(title)s") % {"title": words.title} if incident.closed_at else words.title
    lines = [words.title, _("Account: %(account)s") % {"account": incident.account.title}]
    lines.append(_("Noticed: %(time)s") % {"time": _time_text(incident.opened_at)})
    if incident.closed_at:
        lines.append(_("Over: %(time)s") % {"time": _time_text(incident.closed_at)})
    else:
        lines += ["", words.says, _("What to do: %(steps)s") % {"steps": words.next}]
    return console_email(subject, lines, page=words.address, to=settings.ALERT_EMAILS)


def _time_text(moment: datetime) -> str:
    """For several people: in the console's zone, which it names. "28 Nov 2026, 14:26 IST"."""
    return clock_time(moment, "j M Y, H:i ") + zone_text(timezone.localtime(moment))
