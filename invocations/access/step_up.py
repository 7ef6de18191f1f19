"""Asks for the password again before a deed that could do lasting harm.

A page that is guarded is guarded when it is opened, too, so that a form is rarely posted too late.
If it is, what was typed goes into the page that asks, encrypted, and comes back with the password.
Nothing of it is stored here, in the session or in a URL.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, cast
from urllib.parse import urlsplit

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from invocations.access.proof import WAYS, Outcome, has_proof, prove
from invocations.access.session_store import own_row_key
from invocations.models.encryption import Unreadable, decrypt, encrypt

View = Callable[..., HttpResponseBase]
PASSWORD, KEPT = "step_up_password", "step_up_form"
"""Names of fields."""
KEPT_FOR = timedelta(minutes=30)
NOT_KEPT = {"csrfmiddlewaretoken", PASSWORD, KEPT}


def needs_step_up(view: View) -> View:
    """The view, for somebody who has proved within five minutes who they are.

    Stands below `staff_page`, so that a person without the right is refused first.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return step_up(request, lambda: view(request, *args, **kwargs))

    return guarded


def step_up(request: HttpRequest, go_on: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """What `go_on` returns, once the person has proved who they are; else the page that asks."""
    is_proved = has_proof(request.session, timezone.now())
    if request.method == "POST" and KEPT in request.POST:
        return _go_on_with_kept(request, go_on, is_proved)
    if is_proved:
        return go_on()
    if "HX-Request" in request.headers:
        page = urlsplit(request.headers.get("HX-Current-URL", "/"))
        return HttpResponse(headers={"HX-Redirect": prove_url(page.path or "/")})
    if request.method != "POST":
        return redirect(prove_url(request.get_full_path()))
    return ask(request, kept=_sealed(request), status=200)


def prove_url(next_page: str) -> str:
    return reverse("prove", query={"next": next_page})


def ask(
    request: HttpRequest, *, kept: str = "", next_page: str = "", wrong: str = "", status: int
) -> HttpResponse:
    """The page that asks for the password.

    `kept`: the form that is posted again with it, to the URL of this request. `next_page`: where a
    page leads afterwards. `wrong`: what was wrong with the last password.
    """
    context = admin.site.each_context(request) | {
        "kept": kept,
        "next_page": next_page,
        "wrong": wrong,
        "address": request.get_full_path(),
    }
    return render(request, "prove.html", context, status=status)


def tried(request: HttpRequest) -> tuple[Outcome, str]:
    """Checks the posted password. Returns the outcome, and words if it was wrong."""
    typed = request.POST.get(PASSWORD, "")
    if len(WAYS) > 1:
        words = _("That is neither your password nor a code that works now.")
        return (
            (prove(request, typed), words)
            if typed
            else (Outcome.WRONG, _("Prove first who you are."))
        )
    if not typed:
        return Outcome.WRONG, _("Enter your password.")
    return prove(request, typed), _("This is not your password. Capital letters matter.")


def sign_in_after_too_many(request: HttpRequest) -> HttpResponse:
    words = _("The password was wrong too often, so you are signed out, and nothing was done.")
    messages.warning(request, words)
    return redirect("admin:login")


def _go_on_with_kept(
    request: HttpRequest, go_on: Callable[[], HttpResponseBase], is_proved: bool
) -> HttpResponseBase:
    sealed = request.POST[KEPT]
    fields = _opened(request, sealed)
    if fields is None:
        words = _("It took too long, so what you had typed is gone, and nothing was done.")
        messages.warning(request, words)
        return redirect(prove_url("/"))
    if not is_proved:
        outcome, wrong = tried(request)
        if outcome is Outcome.ENDED:
            return sign_in_after_too_many(request)
        if outcome is Outcome.WRONG:
            return ask(request, kept=sealed, wrong=wrong, status=403)
    request.POST = fields  # type: ignore[assignment]
    return go_on()


def _place(request: HttpRequest) -> str:
    """What a kept form is bound to: the person, this session, and the URL it was posted to."""
    person = cast(User, request.user)
    row = own_row_key(request)
    return f"step_up.form:{person.pk}:{row}:{request.get_full_path()}"


def _sealed(request: HttpRequest) -> str:
    fields = {name: values for name, values in request.POST.lists() if name not in NOT_KEPT}
    kept = {"fields": fields, "at": timezone.now().timestamp()}
    return encrypt(json.dumps(kept, ensure_ascii=False), _place(request))


def _opened(request: HttpRequest, sealed: str) -> QueryDict | None:
    """The fields as they were posted; None if this is no form of this person, session and URL."""
    try:
        kept = json.loads(decrypt(sealed, _place(request)))
    except Unreadable:
        return None
    if timezone.now().timestamp() - kept["at"] > KEPT_FOR.total_seconds():
        return None
    fields = QueryDict(mutable=True)
    for name, values in kept["fields"].items():
        fields.setlist(name, values)
    fields._mutable = False
    return fields
