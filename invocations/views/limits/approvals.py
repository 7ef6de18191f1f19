"""Waiting for approval: what others want to send, and the decision about it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from invocations.batches import approvals as deeds
from invocations.batches.approvals import Decision
from invocations.batches.summary import Counts, Summary
from invocations.forms.limits import ReasonForm
from invocations.history.scheduled import day_and_time
from invocations.history.wording import person_name
from invocations.kaleyra.recipients import country
from invocations.models import Approval, permissions
from invocations.models.viewer import Viewer
from invocations.monitoring.badges import forget_counts
from invocations.views.base import StaffRequest, render_page, staff_page

State = Approval.State
MOST_SHOWN = 50


@staff_page(permissions.SEE_HISTORY)
@require_safe
def approvals(request: StaffRequest) -> HttpResponse:
    """Those that wait, and the last ones that were decided; one's own for who does not approve."""
    found = deeds.with_related(request.viewer.reading.approvals())
    if not request.viewer.may_approve:
        found = found.filter(asked_by=request.user)
    context = {
        "waiting": found.filter(state=State.OPEN).order_by("lapses_at", "pk")[:MOST_SHOWN],
        "decided": found.exclude(state=State.OPEN)[:MOST_SHOWN],
    }
    return render_page(request, "limits/approvals.html", context)


@staff_page(permissions.SEE_HISTORY)
@require_http_methods(["GET", "HEAD", "POST"])
def approval(request: StaffRequest, approval_id: int) -> HttpResponse:
    """What is to be sent, masked, with Approve and Refuse, or Withdraw for who asked."""
    found = get_object_or_404(
        deeds.with_related(request.viewer.reading.approvals()), pk=approval_id
    )
    is_own = found.asked_by_id == request.user.pk
    if not (is_own or request.viewer.may_approve):
        raise PermissionDenied
    form = ReasonForm(label_suffix="")
    if request.method == "POST":
        action = request.POST.get("action")
        if action == "refuse":
            form = ReasonForm(request.POST, label_suffix="")
        if action != "refuse" or form.is_valid():
            _decide(request, found, str(action), form)
            return redirect("approval", approval_id=found.pk)
    return render_page(request, "limits/approval.html", _context(request, found, form))


def _decide(request: StaffRequest, found: Approval, action: str, form: ReasonForm) -> None:
    if action == "withdraw":
        if deeds.withdraw(found, request.user):
            messages.success(request, _("Withdrawn. Nothing was sent."))
        return
    if not request.viewer.may_approve:
        raise PermissionDenied
    if action == "approve":
        decision = deeds.approve(found, request.user)
        done = _("Approved. It leaves by itself.")
    else:
        decision = deeds.refuse(found, request.user, form.cleaned_data["reason"])
        done = _("Refused. Nothing is sent.")
    forget_counts(request.user.pk)
    told: dict[Decision, str] = {
        Decision.DONE: done,
        Decision.OWN: _("Somebody else has to decide: you asked for it, or uploaded the file."),
        Decision.GONE: _("It was decided already, was withdrawn, or has expired."),
        Decision.VOID: _(
            "Something has changed since, so nothing was sent. It has to be asked for anew."
        ),
        Decision.MAYBE_OWN: _(
            "Nothing was sent: the person who asked may have access to your account."
        ),
    }
    level = messages.SUCCESS if decision is Decision.DONE else messages.WARNING
    messages.add_message(request, level, told[decision])


def _context(request: StaffRequest, found: Approval, form: ReasonForm) -> dict[str, Any]:
    viewer: Viewer = request.viewer
    about = found.batch or found.invocation
    counts = None
    if found.batch:
        counts = Summary.from_json(found.batch.found).counts(found.batch.leaves_out)
    countries = [
        (country(region, request.LANGUAGE_CODE) if region else _("unknown"), rows)
        for region, rows in (counts.countries.items() if counts else ())
    ]
    is_open = found.state == State.OPEN
    may_decide = is_open and deeds.may_decide(found, viewer)
    return {
        "approval": found,
        "form": form,
        "account": about.account if about else None,
        "workflow": found.batch.workflow
        if found.batch
        else found.invocation and found.invocation.workflow_instance,
        "counts": counts,
        "countries": countries[:10],
        "asked_by": person_name(found.asked_by),
        "decided_by": person_name(found.decided_by) if found.decided_by else "",
        "may_decide": may_decide,
        "may_be_own": may_decide and deeds.may_be_ones_own(found, request.user),
        **_deed(found, counts),
        "sends_emails": settings.PASSWORD_RESET_BY_EMAIL,
        "may_withdraw": is_open and found.asked_by_id == request.user.pk,
        "texts": _texts(found),
    }


def _deed(found: Approval, counts: Counts | None) -> dict[str, str]:
    """What the button does, and when the messages leave."""
    n = counts.to_send if counts else 1
    button = ngettext("Approve and send %(n)s message", "Approve and send %(n)s messages", n)
    leaves = ngettext("It leaves at once.", "They leave one after the other, at once.", n)
    at = found.not_before or (found.invocation and found.invocation.not_before)
    if at and at > timezone.now():
        button = ngettext("Approve %(n)s message", "Approve %(n)s messages", n)
        words = ngettext("It leaves %(time)s.", "They leave from %(time)s on.", n)
        leaves = words % {"time": day_and_time(at)}
    return {"button": button % {"n": f"{n:,}"}, "leaves": leaves}


def _texts(found: Approval) -> list[tuple[str, str]]:
    """The texts of the channels, with their places; no value of anybody is among them."""
    workflow = found.batch.workflow if found.batch else None
    if found.invocation:
        workflow = found.invocation.workflow_instance
    channels = workflow.channels.all() if workflow else []
    return [(str(each.get_kind_display()), each.template_text) for each in channels]
