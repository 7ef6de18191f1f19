"""What to know before sending: rare numbers, earlier messages to the same number, a workflow that
is being refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from invocations.composing.findings import Finding, Severity
from invocations.kaleyra import recipients
from invocations.kaleyra.recipients import Recipient
from invocations.models import Invocation, WorkflowInstance
from invocations.models.encryption import Unreadable
from invocations.models.permissions import Viewer
from invocations.models.recipients import sent_to

Status = Invocation.Status

REPEAT_WITHIN = timedelta(minutes=30)
"""A message of the same workflow to the same number within this time is a repeat."""
REFUSED_IN_A_ROW = 3

DIFFERENT_NUMBERS, REPEAT, RESULT_AWAITED = "different_numbers", "repeat", "result_awaited"
"""The cautions that a person has to acknowledge: each can hurt a customer."""


def of_numbers(found: Sequence[Recipient]) -> Iterator[Finding]:
    """Numbers that are allowed and rarely meant."""
    different = dict.fromkeys(found)
    if len(different) > 1:
        text = _("The two channels go to two different numbers.")
        yield Finding(DIFFERENT_NUMBERS, Severity.CAUTION, text, asks=True)
    for recipient in different:
        if not recipient.is_assigned:
            words = _(
                "%(number)s is in no range that %(country)s has given out. "
                "Is the country code there, and every digit right?"
            )
            country = recipients.country(recipient.region)
            text = words % {"number": recipients.mask(recipient.formatted), "country": country}
            yield Finding("unassigned_number", Severity.CAUTION, text)


def of_earlier_messages(
    workflow: WorkflowInstance, found: Sequence[Recipient], *, by: Viewer
) -> Iterator[Finding]:
    """The last message of the workflow to each number, if it is a repeat or its result is still
    awaited.
    """
    now = timezone.now()
    for digits in dict.fromkeys(recipient.digits for recipient in found):
        last = (
            Invocation.objects.filter(sent_to(digits), workflow_instance=workflow)
            .exclude(status__in=(Status.REJECTED, Status.CANCELLED, Status.EXPIRED))
            .select_related("created_by")
            .only("request_id", "status", "delivery", "created_at", "created_by")
            .order_by("-id")
            .first()
        )
        if last is None:
            continue
        about = {"who": _sender(last, by), "when": _ago((now - last.created_at).total_seconds())}
        if last.created_at >= now - REPEAT_WITHIN:
            code, words = REPEAT, _("%(who)s sent this workflow to this number %(when)s.")
        elif _may_still_arrive(last):
            code = RESULT_AWAITED
            words = _(
                "%(who)s sent this workflow to this number %(when)s. Its result is still awaited."
            )
        else:
            continue
        yield Finding(code, Severity.CAUTION, words % about, asks=True, earlier=last.request_id)


def _may_still_arrive(invocation: Invocation) -> bool:
    is_open = invocation.status in (*Invocation.UNSETTLED, Status.UNKNOWN)
    return is_open or invocation.delivery == Invocation.Delivery.AWAITING


def _sender(invocation: Invocation, by: Viewer) -> str:
    person = invocation.created_by
    if person is None:
        return _("A script")
    return _("You") if person == by.user else person.get_full_name() or person.get_username()


def _ago(seconds: float) -> str:
    if seconds < 60:
        n = max(1, int(seconds))
        return ngettext("%(n)s second ago", "%(n)s seconds ago", n) % {"n": n}
    if seconds < 3600:
        n = int(seconds // 60)
        return ngettext("%(n)s minute ago", "%(n)s minutes ago", n) % {"n": n}
    n = int(seconds // 3600)
    return ngettext("%(n)s hour ago", "%(n)s hours ago", n) % {"n": n}


def of_workflow(workflow: WorkflowInstance) -> Iterator[Finding]:
    """Whether the workflow's last messages were all refused as not published."""
    latest = list(workflow.invocations.order_by("-id")[:REFUSED_IN_A_ROW])
    if len(latest) == REFUSED_IN_A_ROW and all(map(_was_refused_as_not_published, latest)):
        words = _(
            "The last %(n)s messages of this workflow were refused as not published. "
            "This one will probably be, too."
        )
        text = words % {"n": REFUSED_IN_A_ROW}
        yield Finding("not_published", Severity.CAUTION, text, earlier=latest[0].request_id)


def _was_refused_as_not_published(invocation: Invocation) -> bool:
    try:
        errors = invocation.errors if invocation.status == Status.REJECTED else []
    except Unreadable:
        return False
    return any("is not published" in error for error in errors)
