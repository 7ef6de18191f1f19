"""Resume: lets a paused account go on."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from invocations import pacing
from invocations.models import Account
from invocations.views.page import StaffRequest, for_people_who_may


@for_people_who_may("invocations.change_account")
@require_POST
def resume(request: StaffRequest, account_id: int) -> HttpResponse:
    """What is queued and held leaves with its ids. If nothing was mended, the next answer pauses the account again."""
    account = get_object_or_404(Account, pk=account_id)
    if pacing.resume(account):
        messages.success(request, _("%(account)s goes on. What waited leaves now, with its request IDs.") % {"account": account.title})
    else:
        messages.info(request, _("%(account)s was not paused.") % {"account": account.title})
    return redirect("dashboard")
