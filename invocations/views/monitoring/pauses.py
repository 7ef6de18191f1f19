"""Trouble: the brake for all sending, and letting go on what is paused."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from invocations.forms.stop import StopForm
from invocations.history.reasons import REASONS
from invocations.models import Account, KillSwitch, WorkflowInstance, permissions
from invocations.monitoring import pauses, remedies
from invocations.sending import pause as sending_pause
from invocations.sending.pause import resume_everything, stop_everything
from invocations.views.base import StaffRequest, render_page, staff_page


@staff_page(permissions.STOP)
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: StaffRequest) -> HttpResponse:
    """Says what stopping does, and stops."""
    form = StopForm(request.POST or None, label_suffix="")
    if request.method == "POST" and form.is_valid():
        stop_everything(form.cleaned_data["reason"], request.user)
        messages.warning(
            request, _("All sending is stopped. What is being posted this second still ends.")
        )
        return redirect("stop")
    waiting = pauses.count_stopped()
    context = {
        "form": form,
        "waiting": min(waiting, pauses.MAX_WAITING_COUNTED),
        "and_more": waiting > pauses.MAX_WAITING_COUNTED,
        "changes": KillSwitch.history.select_related("changed_by")[:20],
    }
    return render_page(request, "stop.html", context)


@staff_page(permissions.STOP)
@require_POST
def let_go_on(request: StaffRequest) -> HttpResponse:
    """Takes the brake off."""
    resume_everything(request.user)
    messages.success(
        request, _("Sending goes on. What waited leaves now, as far as it is still in time.")
    )
    return redirect("stop")


@staff_page(permissions.CHANGE_ACCOUNT)
@require_POST
def resume(request: StaffRequest, account_id: int) -> HttpResponse:
    """What is queued and held leaves with its ids. If nothing was mended, the next answer pauses the account again.

    Without a key that could be used it would be paused again before anything left: then it stays so, and the page leads to the cure.
    """
    account = get_object_or_404(
        Account.objects.select_related("pod").prefetch_related("api_keys"), pk=account_id
    )
    because = account.paused_because
    if account.is_paused and (trouble := remedies.key_problem(account)):
        mend = remedies.remedy_for(account, trouble)
        words = _("%(account)s stays paused, for it would be paused again at once.") % {
            "account": account.title
        }
        link = (
            format_html(' <a href="{}">{}</a>', mend.address, mend.label)
            if request.viewer.may(mend.permission)
            else ""
        )
        messages.error(request, format_html("{} {}{}", words, REASONS[trouble], link))
    elif sending_pause.resume(account):
        messages.success(request, _goes_on(account.title, because))
    else:
        messages.info(request, _("%(name)s was not paused.") % {"name": account.title})
    return _back(request)


@staff_page(permissions.CHANGE_WORKFLOW)
@require_POST
def resume_workflow(request: StaffRequest, workflow_id: int) -> HttpResponse:
    """What is queued leaves with its ids. If nothing was mended, the next answer pauses the workflow again."""
    workflow = get_object_or_404(WorkflowInstance.objects.select_related("account"), pk=workflow_id)
    because = next(
        (
            pause.because
            for pause in pauses.pauses_of(workflow.account, workflow)
            if pause.kind == "workflow"
        ),
        "",
    )
    if not sending_pause.resume_workflow(workflow):
        messages.info(request, _("%(name)s was not paused.") % {"name": workflow.title})
    elif workflow.account.is_paused:
        words = _(
            "%(name)s is no longer paused. Its account %(account)s still is, so nothing leaves yet."
        )
        messages.warning(
            request, words % {"name": workflow.title, "account": workflow.account.title}
        )
    else:
        messages.success(request, _goes_on(workflow.title, because))
    return _back(request)


def _goes_on(name: str, because: str) -> str:
    """`because`: the reason for which the console had paused it, if it had. Nothing tells whether that was mended."""
    if pauses.active_kill_switch():
        return _("%(name)s is no longer paused. What waits leaves once all sending goes on.") % {
            "name": name
        }
    if because:
        words = _(
            "%(name)s goes on. What waited is tried now, with its request IDs. If nothing was mended, the next refusal pauses it again."
        )
        return words % {"name": name}
    return _(
        "%(name)s goes on. What waited leaves now, with its request IDs, as far as it is still in time."
    ) % {"name": name}


def _back(request: StaffRequest) -> HttpResponseRedirect:
    """To the page that the button stood on."""
    page = request.POST.get("back", "")
    here = page.startswith("/") and url_has_allowed_host_and_scheme(page, allowed_hosts=None)
    return HttpResponseRedirect(page if here else reverse("dashboard"))
