"""Checks an API key by a request to Kaleyra that sends no message."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from invocations.forms.next_page import NEXT, own_page
from invocations.history.reasons import REASONS
from invocations.models import ApiKey, permissions
from invocations.monitoring import key_check
from invocations.monitoring.key_check import CheckOutcome, KeyCheckResult
from invocations.views.base import StaffRequest, render_page, staff_page
from invocations.views.step_up import needs_step_up

WHY = REASONS | {
    "unreachable": _(
        "There was no connection to the host of the account’s region, or it is none that keys may "
        "be sent to. Compare it with the one that Kaleyra shows."
    )
}
RESULTS = {
    CheckOutcome.WORKS: _("The key works: Kaleyra knows it together with this SID."),
    CheckOutcome.REFUSED: _("Kaleyra refuses the key."),
    CheckOutcome.UNREACHABLE: _("Kaleyra could not be asked."),
    CheckOutcome.TOO_SOON: _("It was checked just now. Try again in 5 seconds."),
    CheckOutcome.UNREADABLE: _("The answer cannot be read, and says nothing about the key."),
}


@staff_page(permissions.CHANGE_KEY)
@require_POST
@needs_step_up
def check_key(request: StaffRequest, key_id: uuid.UUID) -> HttpResponse:
    """Shows the result. A second check within seconds is not made (`key_check`).

    With a page to return to it leads there, unless Kaleyra's callback profiles need a look first.
    """
    key = get_object_or_404(ApiKey.objects.select_related("account__pod"), pk=key_id)
    checked = key_check.check_key(key, request.get_host())
    why = WHY.get(checked.reason, "")
    next_page = own_page(request.POST.get(NEXT, ""))
    if next_page and not any(profile.doubts for profile in checked.profiles):
        _tell(request, checked, str(why))
        return HttpResponseRedirect(next_page)
    return render_page(request, "check_key.html", {"key": key, "checked": checked, "why": why})


def _tell(request: StaffRequest, checked: KeyCheckResult, why: str) -> None:
    works = checked.outcome is CheckOutcome.WORKS
    level = messages.SUCCESS if works else messages.WARNING
    messages.add_message(request, level, f"{RESULTS[checked.outcome]} {why}".strip())
