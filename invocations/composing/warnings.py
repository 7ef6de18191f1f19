"""What to know before sending: rare numbers, earlier messages to the same number, a workflow that
is being refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.db.models import Q
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from invocations.composing.findings import Finding, Severity
from invocations.kaleyra import recipients
from invocations.kaleyra.recipients import Recipient
from invocations.kaleyra.spellings import canonical
from invocations.models import Attempt, Invocation, WorkflowInstance
from invocations.models.encryption import Unreadable
from invocations.models.people import full_name
from invocations.models.recipients import sent_to
from invocations.models.viewer import Viewer

Status = Invocation.Status

REPEAT_WITHIN = timedelta(minutes=30)
"""A message of the same workflow to the same number within this time is a repeat."""
MAX_EARLIER = 100
"""Messages of one workflow to one number that are looked at."""
REFUSED_IN_A_ROW = 3

DIFFERENT_NUMBERS, REPEAT, RESULT_AWAITED = "different_numbers", "repeat", "result_awaited"
"""The cautions that a person has to acknowledge: each can hurt a customer."""


def of_numbers(found: Sequence[Recipient]) -> Iterator[Finding]:
    """Numbers that are allowed and rarely meant."""
    different = dict.fromkeys(found)
    if len({canonical(recipient.digits) for recipient in found}) > 1:
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
    """One message of the workflow to each number: the last one if it is a repeat, or else the
    newest whose result is still awaited.
    """
    now = timezone.now()
    for digits in dict.fromkeys(canonical(recipient.digits) for recipient in found):
        earlier = _earlier_messages(workflow, digits)
        awaited = next(filter(_may_still_arrive, earlier), None)
        if earlier and (sent_at := _sent_at(earlier[0])) >= now - REPEAT_WITHIN:
            row, code = earlier[0], REPEAT
            words = _("%(who)s sent this workflow to this number %(when)s.")
        elif awaited:
            row, code, sent_at = awaited, RESULT_AWAITED, awaited.created_at
            words = _(
                "%(who)s sent this workflow to this number %(when)s. Its result is still awaited."
            )
        else:
            continue
        if row.not_before and row.not_before > now:
            words = _(
                "%(who)s scheduled this workflow to this number %(when)s. It has not left yet."
            )
        about = {"who": _sender(row, by), "when": _ago((now - sent_at).total_seconds())}
        yield Finding(code, Severity.CAUTION, words % about, asks=True, earlier=row.request_id)


def _earlier_messages(workflow: WorkflowInstance, digits: str) -> list[Invocation]:
    """The newest `MAX_EARLIER` to this number that left or may still leave, newest first."""
    # `COALESCE(x, x)` keeps SQLite without statistics off the index of workflows: it would read all
    # messages of the workflow.
    of_workflow = Q(Exact(Coalesce("workflow_instance_id", "workflow_instance_id"), workflow.pk))
    return list(
        Invocation.objects.filter(sent_to(digits), of_workflow)
        .exclude(status__in=(Status.REJECTED, Status.CANCELLED, Status.EXPIRED))
        .select_related("created_by")
        .only("request_id", "status", "delivery", "created_at", "created_by", "not_before")
        .order_by("-id")[:MAX_EARLIER]
    )


def _sent_at(invocation: Invocation) -> datetime:
    """When Kaleyra accepted it, if it was scheduled or held for long, or else when it was
    recorded.
    """
    recorded_at = invocation.created_at
    if recorded_at >= timezone.now() - REPEAT_WITHIN:
        return recorded_at
    accepted = invocation.attempts.filter(outcome=Attempt.Outcome.ACCEPTED).order_by("number")
    return accepted.values_list("started_at", flat=True).last() or recorded_at


def _may_still_arrive(invocation: Invocation) -> bool:
    is_open = invocation.status in (*Invocation.UNSETTLED, Status.UNKNOWN)
    return is_open or invocation.delivery == Invocation.Delivery.AWAITING


def _sender(invocation: Invocation, by: Viewer) -> str:
    person = invocation.created_by
    if person is None:
        return _("A script")
    return _("You") if person == by.user else full_name(person)


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
            "The last %(n)s messages of this workflow were rejected as not published. This one"
            " may be, too."
        )
        text = words % {"n": REFUSED_IN_A_ROW}
        yield Finding("not_published", Severity.CAUTION, text, earlier=latest[0].request_id)


def _was_refused_as_not_published(invocation: Invocation) -> bool:
    try:
        errors = invocation.errors if invocation.status == Status.REJECTED else []
    except Unreadable:
        return False
    return any("is not published" in error for error in errors)
