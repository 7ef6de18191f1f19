"""The only numbers that an account sends to before it goes live, and its going live."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from invocations.forms.limits import NumbersForm
from invocations.models import Account, ListedNumber, permissions
from invocations.sending.number_lists import (
    keep_to_list,
    let_account_go_live,
    list_numbers,
    unlist_number,
)
from invocations.views.base import StaffRequest, render_page, staff_page
from invocations.views.step_up import needs_step_up

MOST_SHOWN = 200


@staff_page(permissions.CHANGE_LIMITS)
@needs_step_up
@require_http_methods(["GET", "HEAD", "POST"])
def listed_numbers(request: StaffRequest, account_id: int) -> HttpResponse:
    account = get_object_or_404(Account.objects.select_related("pod"), pk=account_id)
    form = NumbersForm(request.POST or None, request.FILES or None, label_suffix="")
    if request.method == "POST" and form.is_valid():
        added = list_numbers(account, form.read.numbers, request.user)
        words = _("%(added)s added, %(known)s were on the list already.")
        messages.success(request, words % {"added": added.added, "known": added.known})
        return redirect("listed_numbers", account_id=account.pk)
    entries = account.listed_numbers.select_related("added_by").order_by("-id")
    context = {"account": account, "form": form, "entries": entries[:MOST_SHOWN]}
    return render_page(request, "limits/listed_numbers.html", context)


@staff_page(permissions.CHANGE_LIMITS)
@needs_step_up
@require_POST
def unlist(request: StaffRequest, account_id: int, entry_id: int) -> HttpResponse:
    entry = get_object_or_404(ListedNumber, pk=entry_id, account_id=account_id)
    if unlist_number(entry, request.user):
        messages.success(request, _("Taken off the list."))
    return redirect("listed_numbers", account_id=account_id)


@staff_page(permissions.CHANGE_LIMITS)
@needs_step_up
@require_http_methods(["GET", "HEAD", "POST"])
def account_live(request: StaffRequest, account_id: int) -> HttpResponse:
    """Ends the mode in which the account sends to listed numbers only, or begins it again."""
    account = get_object_or_404(Account.objects.select_related("pod"), pk=account_id)
    if request.method == "POST":
        if request.POST.get("action") == "live":
            if let_account_go_live(account, request.user):
                words = _("%(name)s is live: it sends to every number from now on.")
                messages.success(request, words % {"name": account.title})
        elif keep_to_list(account, request.user):
            words = _("%(name)s sends to the numbers of its list only from now on.")
            messages.success(request, words % {"name": account.title})
        return redirect("account_hub", account_id=account.pk)
    context = {"account": account, "listed": account.listed_numbers.count()}
    return render_page(request, "limits/account_live.html", context)
