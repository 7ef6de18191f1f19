"""Stop all sending with the kill switch, and resume what is paused."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from invocations.forms.next_page import own_page
from invocations.forms.stop import CancelWaitingForm, StopForm
from invocations.history.reasons import REASONS
from invocations.models import Account, Invocation, WorkflowInstance, permissions
from invocations.models.viewer import Viewer
from invocations.monitoring import pauses, remedies, stops
from invocations.monitoring.stop_facts import StopFacts, stop_facts
from invocations.sending import decisions
from invocations.sending import pause as sending_pause
from invocations.sending.account_key import key_problem
from invocations.sending.departure import sender_is_running
from invocations.sending.pause import resume_everything, stop_everything
from invocations.views.base import StaffRequest, render_page, staff_page


@staff_page(permissions.STOP)
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: StaffRequest) -> HttpResponse:
    """Explains what stopping does, and stops all sending."""
    form = StopForm(request.POST or None, label_suffix="")
    if request.method == "POST" and form.is_valid():
        stop_everything(form.cleaned_data["reason"], request.user)
        return redirect("stop")  # its banner says the rest
    now, switch = timezone.now(), pauses.active_kill_switch()
    context = {
        "form": form,
        "now": now,
        "facts": stop_facts(now, switch),
        "lines": stops.waiting_lines(now) if switch else [],
        "earlier": stops.earlier_stops(),
        "live_workflows": WorkflowInstance.objects.filter(is_active=True, is_paused=False).count(),
        "live_accounts": Account.objects.filter(is_paused=False).count(),
    }
    return render_page(request, "stop.html", context)


@staff_page(permissions.STOP)
@require_http_methods(["GET", "HEAD", "POST"])
def cancel_waiting(request: StaffRequest) -> HttpResponse:
    """Asks, then cancels every message that waits, while all sending is stopped.

    The form holds the newest id that the person saw counted: later messages stay.
    """
    if not pauses.active_kill_switch():
        messages.info(request, _("Sending was not stopped."))
        return redirect("stop")
    form = CancelWaitingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        n = decisions.cancel_all_queued(request.user, form.cleaned_data["newest"])
        text = ngettext("%(n)s message is cancelled.", "%(n)s messages are cancelled.", n)
        messages.success(request, text % {"n": n} if n else _("Nothing waited any more."))
        return redirect("stop")
    queued = Invocation.objects.filter(status=Invocation.Status.QUEUED)
    newest = queued.order_by("-pk").values_list("pk", flat=True).first()
    if newest is None:
        messages.info(request, _("Nothing waits."))
        return redirect("stop")
    now = timezone.now()
    n = queued.filter(pk__lte=newest).count()
    context = {"n": n, "newest": newest, "lines": stops.waiting_lines(now), "now": now}
    return render_page(request, "stop_cancel.html", context)


@staff_page(permissions.STOP)
@require_POST
def let_go_on(request: StaffRequest) -> HttpResponse:
    """Turns the kill switch off."""
    switch = pauses.active_kill_switch()
    if switch is None:
        messages.info(request, _("Sending was not stopped."))
        return redirect("stop")
    facts = stop_facts(timezone.now(), switch)
    resume_everything(request.user)
    messages.success(request, _resumed_all_text(facts))
    return redirect("stop")


@staff_page(permissions.CHANGE_ACCOUNT)
@require_POST
def resume(request: StaffRequest, account_id: int) -> HttpResponse:
    """Resumes an account: its queued and held messages are sent with their request IDs.

    If the cause was not fixed, the next answer pauses it again. Without a usable key that would
    happen before anything is sent, so the account stays paused and the page links to the fix.
    """
    account = get_object_or_404(
        Account.objects.select_related("pod").prefetch_related("api_keys"), pk=account_id
    )
    because = account.paused_because
    if account.is_paused and (problem := key_problem(account)):
        messages.error(request, _stays_paused_text(account, problem, request.viewer))
    elif sending_pause.resume(account):
        messages.success(request, _resumed_text(account.title, because))
    else:
        messages.info(request, _("%(name)s was not paused.") % {"name": account.title})
    return _redirect_back(request)


@staff_page(permissions.CHANGE_WORKFLOW)
@require_POST
def resume_workflow(request: StaffRequest, workflow_id: int) -> HttpResponse:
    """Resumes a workflow: its queued messages are sent with their request IDs.

    If the cause was not fixed, the next answer pauses it again.
    """
    workflow = get_object_or_404(WorkflowInstance.objects.select_related("account"), pk=workflow_id)
    current = pauses.pauses_of(workflow.account, workflow)
    because = next((pause.because for pause in current if pause.kind == "workflow"), "")
    if not sending_pause.resume_workflow(workflow):
        messages.info(request, _("%(name)s was not paused.") % {"name": workflow.title})
    elif workflow.account.is_paused:
        text = _(
            "%(name)s is resumed. Its account %(account)s is still paused, so nothing leaves yet."
        )
        names = {"name": workflow.title, "account": workflow.account.title}
        messages.warning(request, text % names)
    else:
        messages.success(request, _resumed_text(workflow.title, because))
    return _redirect_back(request)


def _stays_paused_text(account: Account, problem: str, viewer: Viewer) -> SafeString:
    """Why the account was not resumed, with a link to the fix for those who may make it."""
    text = _("%(account)s stays paused: the cause is not fixed yet.")
    remedy = remedies.remedy_for(account, problem)
    link = ""
    if viewer.may(remedy.permission):
        link = format_html(' <a href="{}">{}</a>', remedy.address, remedy.label)
    return format_html("{} {}{}", text % {"account": account.title}, REASONS[problem], link)


def _resumed_all_text(facts: StopFacts) -> str:
    """For example: Sending is resumed. 12 messages leave now, 2 have expired."""
    leaving = ngettext("%(n)s message leaves now", "%(n)s messages leave now", facts.leaving)
    if not facts.has_sender:
        leaving = ngettext(
            "%(n)s message leaves once the background sender runs: it is not running",
            "%(n)s messages leave once the background sender runs: it is not running",
            facts.leaving,
        )
    parts = [leaving % {"n": facts.leaving}] if facts.leaving else [_("Nothing waits")]
    if facts.expired:
        expired = ngettext("%(n)s has expired", "%(n)s have expired", facts.expired)
        parts.append(expired % {"n": facts.expired})
    return _("Sending is resumed. %(what)s.") % {"what": ", ".join(parts)}


def _resumed_text(name: str, because: str) -> str:
    """`because`: the reason for which the console paused it; empty if a person did.

    The console cannot tell whether that cause was fixed.
    """
    if pauses.active_kill_switch():
        text = _("%(name)s is resumed. Messages leave once all sending is resumed.")
    elif not sender_is_running(timezone.now()):
        text = _(
            "%(name)s is resumed. Messages leave once the background sender runs: "
            "it is not running."
        )
    elif because:
        text = _("%(name)s is resumed. If Kaleyra refuses again, it is paused again.")
    else:
        text = _("%(name)s is resumed. Messages that are still in time leave now.")
    return text % {"name": name}


def _redirect_back(request: StaffRequest) -> HttpResponseRedirect:
    """To the page with the button that was pressed; to no other site."""
    return HttpResponseRedirect(own_page(request.POST.get("back", "")) or reverse("dashboard"))
