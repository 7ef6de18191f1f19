"""The hub of an account: the steps of its set-up, whether it works, its workflows and changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from invocations.forms.stop import PauseForm
from invocations.history.changes import last_changes
from invocations.models import Account, Invocation, permissions
from invocations.models.viewer import Viewer
from invocations.monitoring import pauses
from invocations.monitoring.account_state import state_of
from invocations.monitoring.setup_facts import WorkflowFacts, facts_of, workflow_facts
from invocations.monitoring.setup_step import hub_url
from invocations.monitoring.setup_steps import Progress, steps_from
from invocations.sending import pause
from invocations.views.base import StaffRequest, render_page, staff_page

MAX_CHANGES = 5


@dataclass(frozen=True)
class WorkflowLine:
    """One workflow in the list of the hub."""

    facts: WorkflowFacts
    is_active: bool
    is_paused: bool


@staff_page(permissions.VIEW_ACCOUNT)
@require_safe
def account_hub(request: StaffRequest, account_id: int) -> HttpResponse:
    accounts = Account.objects.select_related("pod").prefetch_related("api_keys")
    account = get_object_or_404(accounts, pk=account_id)
    facts = facts_of(account, request.viewer.reading)
    context: dict[str, Any] = {
        "account": account,
        "facts": facts,
        "progress": Progress(steps_from(facts)),
        "state": state_of(account),
        "pause": pauses.pause_of(account, request.viewer.reading),
        "last_accepted": _last_accepted(account, request.viewer),
        "workflows": _workflow_lines(account, request.viewer),
        "last_changes": last_changes(request.viewer, MAX_CHANGES, account),
        "of": f"of=account-{account.pk}",
        "sees_keys": request.viewer.may(permissions.VIEW_KEY),
        "may_delete": request.viewer.may(permissions.DELETE_ACCOUNT),
        "back": hub_url(account.pk),
    }
    return render_page(request, "account_hub.html", context)


@staff_page(permissions.CHANGE_ACCOUNT)
@require_http_methods(["GET", "HEAD", "POST"])
def pause_account(request: StaffRequest, account_id: int) -> HttpResponse:
    """Asks for the reason, and pauses the account."""
    account = get_object_or_404(Account, pk=account_id)
    form = PauseForm(request.POST or None, label_suffix="")
    if request.method == "POST" and form.is_valid():
        if not pause.pause_by_hand(account, form.cleaned_data["reason"]):
            messages.info(request, _("%(name)s was paused already.") % {"name": account.title})
        return redirect("account_hub", account_id=account.pk)  # its banner says the rest
    return render_page(request, "pause_account.html", {"account": account, "form": form})


def _last_accepted(account: Account, viewer: Viewer) -> Invocation | None:
    accepted = viewer.invocations().filter(account=account, status=Invocation.Status.ACCEPTED)
    return accepted.only("request_id", "created_at").order_by("-id").first()


def _workflow_lines(account: Account, viewer: Viewer) -> list[WorkflowLine]:
    workflows = viewer.reading.workflows().filter(account=account).order_by("-is_active", "title")
    return [
        WorkflowLine(workflow_facts(each), each.is_active, each.is_paused)
        for each in workflows.prefetch_related("channels__parameters")
    ]
