"""One mail when an incident opens and one when it is over, to ALERT_EMAILS. In the console's own words alone.

The end is told once an incident has stayed closed for `SURE_AFTER`: one that comes back within that time is the same one.
"""

from __future__ import annotations

import logging
import queue
import threading
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import DatabaseError
from django.utils.translation import gettext as _

from invocations.models import Incident
from invocations.models.permissions import Viewer
from invocations.monitoring import pauses
from invocations.monitoring.incident_text import words_of
from invocations.monitoring.incidents import WITHIN

logger = logging.getLogger(__name__)

SURE_AFTER = WITHIN
FORGOTTEN_AFTER = timedelta(days=1)
TRY_AGAIN_AFTER = timedelta(minutes=1)


class Note(NamedTuple):
    """That somebody sends a mail about an incident: the time in `column` says since when."""

    incident_id: int
    column: str
    noted_at: datetime


_unsent: queue.SimpleQueue[Note] = queue.SimpleQueue()
"""Of this process. A process that ends in the minute between a failure and the next try sends that mail no more."""


def send_due_emails(now: datetime) -> threading.Thread | None:
    """Sends the mails that are due, from a thread of its own: a slow mail server keeps no message waiting. Returns that thread.

    Several processes may call this at once. Who notes the time on the incident sends the mail; one that cannot be sent is logged, and
    is due again once its process has taken its note back (`take_back`).
    """
    if not settings.ALERT_EMAILS:
        return None
    incidents = Incident.objects.select_related(
        "workflow_instance", "account__pod"
    ).prefetch_related("account__api_keys")
    opened = incidents.filter(closed_at__isnull=True, told_opened_at__isnull=True)
    over = incidents.filter(
        closed_at__gt=now - FORGOTTEN_AFTER,
        closed_at__lte=now - SURE_AFTER,
        told_opened_at__isnull=False,
        told_closed_at__isnull=True,
    )
    mails = [
        (_mail(each), note)
        for each in opened
        if _is_real(each) and (note := _claim(each, "told_opened_at", now))
    ]
    mails += [
        (_mail(each), note)
        for each in over
        if _is_real(each) and (note := _claim(each, "told_closed_at", now))
    ]
    if not mails:
        return None
    thread = threading.Thread(target=_send, args=(mails,), name="mail")
    thread.start()
    return thread


def release_unsent(now: datetime) -> None:
    """The notes of this process's mails that could not be sent, after `TRY_AGAIN_AFTER`: any process may try them again."""
    for _each in range(_unsent.qsize()):
        try:
            note = _unsent.get_nowait()
        except queue.Empty:
            return
        if note.noted_at > now - TRY_AGAIN_AFTER:
            _unsent.put(note)
            continue
        try:
            Incident.objects.filter(pk=note.incident_id, **{note.column: note.noted_at}).update(
                **{note.column: None}
            )
        except DatabaseError:
            _unsent.put(note)
            raise


def _is_real(incident: Incident) -> bool:
    return not incident.account.pod.is_practice


def _claim(incident: Incident, column: str, now: datetime) -> Note | None:
    still = Incident.objects.filter(
        pk=incident.pk, closed_at=incident.closed_at, **{f"{column}__isnull": True}
    )
    return Note(incident.pk, column, now) if still.update(**{column: now}) else None


def _mail(incident: Incident) -> EmailMessage:
    words = words_of(
        incident,
        Viewer.operator(),
        is_stopped=pauses.active_kill_switch() is not None,
        quoting=False,
    )
    subject = _("Over: %(title)s") % {"title": words.title} if incident.closed_at else words.title
    lines = [words.title, _("Account: %(account)s") % {"account": incident.account.title}]
    lines.append(_("Noticed: %(time)s") % {"time": _utc(incident.opened_at)})
    if incident.closed_at:
        lines.append(_("Over: %(time)s") % {"time": _utc(incident.closed_at)})
    else:
        lines += ["", words.says, _("What to do: %(steps)s") % {"steps": words.next}]
    if settings.CONSOLE_URL:
        lines += ["", settings.CONSOLE_URL.rstrip("/") + words.address]
    return EmailMessage(
        f"[{_('Fallback console')}] {' '.join(subject.split())}",
        "\n".join(lines),
        to=settings.ALERT_EMAILS,
    )


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _send(mails: list[tuple[EmailMessage, Note]]) -> None:
    for mail, note in mails:
        try:
            get_connection().send_messages([mail])
        except (
            Exception
        ) as error:  # whatever a mail server does wrong; what it says could hold a password
            logger.error("a mail about an incident could not be sent: %s", type(error).__name__)
            _unsent.put(note)
