"""Emails those who may approve that something waits for them. No number and no cell is in it."""

from __future__ import annotations

import threading
from datetime import datetime

from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from invocations.batches.approvals import may_decide, with_related
from invocations.emails import console_email
from invocations.history.wording import clock_time, person_name
from invocations.models import Approval, permissions
from invocations.models.viewer import Viewer
from invocations.monitoring.claimed_emails import EmailClaim, send_claimed

State = Approval.State


def send_due_emails(now: datetime) -> threading.Thread | None:
    """One email for each approval that nobody was told of. Returns the thread that sends them."""
    emails = []
    for approval in with_related(Approval.objects.filter(state=State.OPEN, told_at=None)):
        untold = Approval.objects.filter(pk=approval.pk, told_at=None, state=State.OPEN)
        addresses = _addresses(approval)
        if untold.update(told_at=now) and addresses:
            claim = EmailClaim(Approval, approval.pk, "told_at", now)
            emails.append((_email(approval, addresses), claim))
    return send_claimed(emails)


def _addresses(approval: Approval) -> list[str]:
    backend = "django.contrib.auth.backends.ModelBackend"
    people = User.objects.with_perm(permissions.APPROVE, backend=backend).filter(is_staff=True)
    return sorted(
        {each.email for each in people if each.email and may_decide(approval, Viewer.of(each))}
    )


def _email(approval: Approval, addresses: list[str]) -> EmailMessage:
    with timezone.override(timezone.get_default_timezone()):
        title = _title(approval)
        until = clock_time(approval.lapses_at, "j M Y, H:i")
        lines = [
            title,
            _("%(person)s asks for it.") % {"person": person_name(approval.asked_by)},
            _("Without approval until %(time)s it is not sent.") % {"time": until},
        ]
        page = reverse("approval", args=[approval.pk])
        return console_email(title, lines, page=page, bcc=addresses)


def _title(approval: Approval) -> str:
    if approval.batch:
        rows = approval.batch.rows - approval.batch.left_out
        words = _("Waiting for approval: %(workflow)s in bulk, %(rows)s messages")
        return words % {"workflow": approval.batch.workflow.title, "rows": f"{rows:,}"}
    invocation = approval.invocation
    title = invocation.workflow_instance.title if invocation else ""
    return _("Waiting for approval: one message of %(workflow)s") % {"workflow": title}
