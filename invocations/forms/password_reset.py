"""The form that asks for a link to set a new password."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.forms import PasswordResetForm
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.template import loader

from invocations.emails import Outgoing, send_in_thread

ONE_EMAIL_WITHIN = 300
"""Seconds in which one person gets one link at most, from each web process."""


class ResetForm(PasswordResetForm):
    """Sends the email from a thread: the answer takes as long for an address that nobody has."""

    def get_users(self, email: str) -> Iterator[User]:
        """Those who can sign in and have had no link in the last minutes."""
        for person in super().get_users(email):
            if person.is_staff and cache.add(f"password-reset-{person.pk}", True, ONE_EMAIL_WITHIN):
                yield person

    def save(self, **options: Any) -> None:  # type: ignore[override]
        """Links to CONSOLE_URL, if it is set, whatever host the request named."""
        at = urlsplit(settings.CONSOLE_URL)
        if at.netloc:
            options |= {"domain_override": at.netloc, "use_https": at.scheme == "https"}
        super().save(**options)

    def send_mail(
        self,
        subject_template_name: str,
        email_template_name: str,
        context: dict[str, Any],
        from_email: str | None,
        to_email: str,
        html_email_template_name: str | None = None,
    ) -> None:
        subject = " ".join(loader.render_to_string(subject_template_name, context).split())
        text = loader.render_to_string(email_template_name, context)
        email = EmailMessage(subject, text, from_email, [to_email])
        send_in_thread([Outgoing(email, "a new password")])
