"""The page Limits: caps, approval and countries, for the console and for each account."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from invocations.forms.limits import AccountLimitsForm, ConsoleLimitsForm
from invocations.models import Account, LimitSet, permissions
from invocations.sending.limit_settings import change_limits, limit_set, mark_workflows
from invocations.views.base import StaffRequest, render_page, staff_page
from invocations.views.step_up import needs_step_up


@staff_page(permissions.CHANGE_LIMITS)
@needs_step_up
@require_http_methods(["GET", "HEAD", "POST"])
def limits(request: StaffRequest) -> HttpResponse:
    form = ConsoleLimitsForm(limit_set(None), _posted(request))
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        marked = {workflow.pk for workflow in values.pop("workflows")}
        is_changed = change_limits(None, values, request.user)
        is_changed = bool(mark_workflows(marked, request.user)) or is_changed
        _say(request, is_changed=is_changed)
        return redirect("limits")
    own = set(LimitSet.objects.exclude(account=None).values_list("account_id", flat=True))
    accounts = [
        (account, account.pk in own)
        for account in Account.objects.select_related("pod")
        if not account.pod.is_practice
    ]
    context = {"form": form, "accounts": accounts}
    return render_page(request, "limits/limits.html", context)


@staff_page(permissions.CHANGE_LIMITS)
@needs_step_up
@require_http_methods(["GET", "HEAD", "POST"])
def account_limits(request: StaffRequest, account_id: int) -> HttpResponse:
    """What one account has instead of the console's limits."""
    account = get_object_or_404(Account.objects.select_related("pod"), pk=account_id)
    form = AccountLimitsForm(limit_set(account), limit_set(None), _posted(request))
    if request.method == "POST" and form.is_valid():
        _say(request, is_changed=change_limits(account, form.cleaned_data, request.user))
        return redirect("account_limits", account_id=account.pk)
    return render_page(request, "limits/account.html", {"form": form, "account": account})


def _posted(request: StaffRequest) -> QueryDict | None:
    """An empty form sets no limit: it is posted, too."""
    return request.POST if request.method == "POST" else None


def _say(request: StaffRequest, *, is_changed: bool) -> None:
    if is_changed:
        messages.success(request, _("Saved. It holds for every message from now on."))
    else:
        messages.info(request, _("Nothing was changed."))
