"""Emails whoever started a batch: once it is done, or if it was paused by itself.

The email names the workflow and counts. Neither a cell nor the name of the file is in it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime

from django.core.mail import EmailMessage
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from invocations.batches.changed import PAUSE_TEXT
from invocations.batches.progress import Progress, progress_of
from invocations.emails import console_email
from invocations.history.references import masked_reference
from invocations.history.scheduled import zone_text
from invocations.history.wording import clock_time
from invocations.models import Batch, Invocation
from invocations.models.viewer import Viewer
from invocations.monitoring.claimed_emails import EmailClaim, send_claimed

State, Status = Batch.State, Invocation.Status


def send_due_emails(now: datetime) -> threading.Thread | None:
    """Sends the emails that are due. Returns the thread that does, or None if nothing is due.

    A batch is told about once no result is awaited of it, or its results are overdue.
    """
    emails = []
    for batch in _untold():
        progress = progress_of(batch)
        is_over = batch.state == State.PAUSED or progress.is_over or _is_overdue(batch, now)
        if is_over and (claim := _claim(batch, now)) and (address := _address_of(batch)):
            emails.append((_email(batch, progress, address), claim))
    return send_claimed(emails)


def _untold() -> QuerySet[Batch]:
    paused_by_itself = Q(state=State.PAUSED) & ~Q(paused_because="")
    found = Batch.objects.filter(Q(state__in=Batch.ENDED) | paused_by_itself, told_at__isnull=True)
    return found.select_related("started_by", "workflow", "account__pod")


def _is_overdue(batch: Batch, now: datetime) -> bool:
    ended = batch.ended_at
    return ended is not None and ended + batch.workflow.result_due_in < now


def _claim(batch: Batch, now: datetime) -> EmailClaim | None:
    """None if another process has it, or if the batch has changed."""
    untold = Batch.objects.filter(pk=batch.pk, state=batch.state, told_at__isnull=True)
    return EmailClaim(Batch, batch.pk, "told_at", now) if untold.update(told_at=now) else None


def _address_of(batch: Batch) -> str:
    """Empty if nobody is to be told: it was started from the command line, or they are gone, or
    may not read it any more.
    """
    person = batch.started_by
    if person is None or not person.is_active:
        return ""
    is_read = Viewer.of(person).batches().filter(pk=batch.pk).exists()
    return person.email if is_read else ""


# --- the text -------------------------------------------------------------------------------------


def _email(batch: Batch, progress: Progress, address: str) -> EmailMessage:
    with timezone.override(timezone.get_default_timezone()):
        title = _title(batch, progress)
        lines = [title, *_facts(batch)]
        if batch.state == State.PAUSED:
            lines += ["", str(PAUSE_TEXT.get(batch.paused_because, ""))]
        lines += ["", *_counts(progress)]
        page = reverse("batch", args=[batch.uid])
        return console_email(title, lines, page=page, to=[address])


def _title(batch: Batch, progress: Progress) -> str:
    facts = {"workflow": batch.workflow.title, "count": number_format(progress.to_send)}
    titles = {
        State.PAUSED: _("Paused: %(workflow)s in bulk, %(count)s rows"),
        State.CANCELLED: _("Cancelled: %(workflow)s in bulk, %(count)s rows"),
        State.EXPIRED: _("Expired: %(workflow)s in bulk, %(count)s rows"),
    }
    return titles.get(State(batch.state), _("Done: %(workflow)s in bulk, %(count)s rows")) % facts


def _facts(batch: Batch) -> Iterator[str]:
    yield _("Account: %(account)s") % {"account": batch.account.title}
    if batch.is_practice:
        yield _("Practice: nothing went to a customer.")
    if batch.reference:
        yield _("Ticket: %(ticket)s") % {"ticket": masked_reference(batch.reference)}
    if batch.started_at:
        began = clock_time(batch.started_at, "j M Y, H:i ")
        began += zone_text(timezone.localtime(batch.started_at))
        yield _("Started: %(time)s") % {"time": began}


def _counts(progress: Progress) -> Iterator[str]:
    """A line for each count that is not 0."""
    status = progress.by_status
    counts = [
        (_("Delivered"), progress.delivered),
        (_("Not delivered on any channel"), progress.not_delivered),
        (_("Awaiting a result"), progress.awaited),
        (_("No result received"), progress.by_delivery[Invocation.Delivery.NO_RESULT]),
        (_("Accepted by Kaleyra, in all"), status[Status.ACCEPTED]),
        (_("Rejected, nothing went out"), status[Status.REJECTED]),
        (_("Outcome unknown, may have gone out"), status[Status.UNKNOWN]),
        (_("On hold"), status[Status.HELD]),
        (_("Not sent yet"), progress.waiting),
        (_("Cancelled"), progress.cancelled),
        (_("Expired"), progress.expired),
        (_("Left out"), progress.left_out),
    ]
    for label, count in counts:
        if count:
            rows = ngettext("%(count)s row", "%(count)s rows", count)
            yield f"{label}: {rows % {'count': number_format(count)}}"
