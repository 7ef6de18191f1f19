"""Asks for the password again before a deed that could do lasting harm, and the page that asks."""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from invocations.access.proof import Outcome, has_proof
from invocations.access.step_up import View, ask, needs_step_up, sign_in_after_too_many, tried
from invocations.forms.next_page import NEXT, own_page
from invocations.views.base import StaffRequest, staff_page

__all__ = ["needs_step_up", "numbers_need_step_up", "prove"]


def numbers_need_step_up(view: View) -> View:
    """As `needs_step_up`, for those whose files have whole numbers. For downloads of files."""
    proven = needs_step_up(view)

    @wraps(view)
    def guarded(request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        chosen = proven if request.viewer.sees_numbers else view
        return chosen(request, *args, **kwargs)

    return guarded


@staff_page("")
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def prove(request: StaffRequest) -> HttpResponseBase:
    """Takes the password, and leads to the page that needed it."""
    next_page = own_page(request.GET.get(NEXT, "")) or "/"
    if request.method != "POST":
        if has_proof(request.session, timezone.now()):
            return redirect(next_page)
        return _ask(request, next_page, "", 200)
    outcome, wrong = tried(request)
    if outcome is Outcome.ENDED:
        return sign_in_after_too_many(request)
    if outcome is Outcome.WRONG:
        return _ask(request, next_page, wrong, 403)
    return redirect(next_page)


def _ask(request: StaffRequest, next_page: str, wrong: str, status: int) -> HttpResponse:
    return ask(request, next_page=next_page, wrong=wrong, status=status)
