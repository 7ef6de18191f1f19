"""What somebody is told whose sign-in is locked for a while, and the button that unlocks it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from invocations.access import lockout
from invocations.models import permissions
from invocations.views.base import StaffRequest, staff_page
from invocations.views.step_up import needs_step_up


def locked_out(request: HttpRequest, response: Any = None, credentials: Any = None) -> HttpResponse:
    """`AXES_LOCKOUT_CALLABLE`. The same words for every name, whether somebody has it or not."""
    until = lockout.locked_until(request, credentials)
    context = {**admin.site.each_context(request), "title": _("Locked for a while")}
    answer = render(request, "sign_in/locked.html", context | {"until": until}, status=429)
    seconds = (until - timezone.now()).total_seconds()
    answer.headers["Retry-After"] = str(max(1, round(seconds)))
    return answer


@staff_page(permissions.CHANGE_PEOPLE)
@require_POST
@needs_step_up
def unlock(request: StaffRequest, person_id: int) -> HttpResponse:
    """Lets a person try to sign in again at once."""
    person = get_object_or_404(User, pk=person_id)
    page = admin.site._registry[User]
    if not page.has_change_permission(request, person):
        raise PermissionDenied
    if lockout.unlock(person, by=request.user):
        messages.success(request, _("It is unlocked. They can sign in at once."))
    else:
        messages.info(request, _("It was not locked any more."))
    return redirect("admin:auth_user_change", person.pk)
