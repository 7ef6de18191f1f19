"""Sessions of browsers, under a hash of their keys."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class BrowserSession(AbstractBaseSession):
    """A session, and from sign-in on whose it is. `access.session_store` writes and reads it.

    `session_key` is a hash of the key in the cookie: whoever reads this table is not signed in.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+"
    )
    browser = models.CharField(_("browser"), max_length=60, blank=True)
    """In words, such as “Firefox on Windows”."""
    address = models.CharField(_("address"), max_length=45, blank=True)
    signed_in_at = models.DateTimeField(_("signed in at"), null=True, blank=True)
    last_seen = models.DateTimeField(_("last seen"), null=True, blank=True)
    """When the person last did something. A page that refreshes by itself does not count."""
    wrong_proofs = models.PositiveSmallIntegerField(_("wrong proofs"), default=0)
    """Wrong passwords in a row where one was asked for again."""

    class Meta(AbstractBaseSession.Meta):
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="browser_session_of_a_person_has_its_moments",
                condition=Q(person=None) | Q(signed_in_at__isnull=False, last_seen__isnull=False),
            )
        ]

    @classmethod
    def get_session_store_class(cls) -> Any:
        return import_module(settings.SESSION_ENGINE).SessionStore
