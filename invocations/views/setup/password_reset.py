"""Set a new password by a link in an email, where the console can send emails.

Whether an address belongs to somebody is never said. A link holds for an hour and for one use.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import views
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from invocations.forms.password_reset import ResetForm


class ByEmail:
    """In the shell of the sign-in page; 404 where the console sends no emails."""

    request: HttpRequest

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settings.PASSWORD_RESET_BY_EMAIL:
            raise Http404
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc,no-any-return]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)  # type: ignore[misc]
        return {**admin.site.each_context(self.request), **context}


class Ask(ByEmail, views.PasswordResetView):
    title = _("Forgot your password?")
    form_class = ResetForm
    template_name = "sign_in/ask.html"
    email_template_name = "sign_in/email.txt"
    subject_template_name = "sign_in/subject.txt"
    success_url = reverse_lazy("password_reset_done")


class Sent(ByEmail, views.PasswordResetDoneView):
    title = _("Check your email")
    template_name = "sign_in/sent.html"


class Choose(ByEmail, views.PasswordResetConfirmView):
    title = _("New password")
    template_name = "sign_in/choose.html"
    success_url = reverse_lazy("password_reset_complete")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return context | {"title": self.title if self.validlink else _("The link is used up")}


class Done(ByEmail, views.PasswordResetCompleteView):
    title = _("Your password is changed")
    template_name = "sign_in/done.html"
