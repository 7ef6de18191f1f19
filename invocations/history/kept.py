"""How long the values of a message are kept, and when they were removed, in words."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from invocations.models import Invocation


def removal_text(invocation: Invocation) -> str:
    """For a message whose values are removed; empty for others."""
    if invocation.values_removed_at is None:
        return ""
    day = date_format(timezone.localtime(invocation.values_removed_at), "j F Y")
    return _("Its number, values and notes were removed on %(day)s.") % {"day": day}


def kept_text(invocation: Invocation) -> str:
    """Until when they are kept, or when they were removed.

    Reads the workflow of the message; its account, too, unless it is the one of the message.
    """
    if removed := removal_text(invocation):
        return removed
    workflow = invocation.workflow_instance
    if workflow.account_id == invocation.account_id:
        workflow.account = invocation.account  # is loaded already
    days = workflow.effective_kept_days
    if not (invocation.is_final and invocation.final_at):
        words = ngettext(
            "Its number and values are kept for %(n)s day after it is final.",
            "Its number and values are kept for %(n)s days after it is final.",
            days,
        )
        return words % {"n": days}
    ends = timezone.localtime(invocation.final_at + timedelta(days=days))
    text = _("Its number and values are kept until %(day)s.") % {"day": date_format(ends, "j F Y")}
    if invocation.codes_removed_at:
        text += " " + _("A one-time code in it is removed already.")
    return text
