"""The trail: one row for each deed, written in the transaction of the deed."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class TrailRow(models.Model):
    """What somebody did. `invocations.audit.record` writes it; nothing changes it.

    People and objects are named by text and not by foreign key: a row outlives what it is about.
    """

    at = models.DateTimeField(_("at"), default=timezone.now)
    who_id = models.CharField(_("number of the person"), max_length=20, blank=True)
    """Empty: the console itself, or somebody who is not signed in."""
    who_name = models.CharField(_("person"), max_length=150, blank=True)
    verb = models.CharField(_("deed"), max_length=40)
    about_kind = models.CharField(_("kind of what it is about"), max_length=40, blank=True)
    about_id = models.CharField(_("which one"), max_length=80, blank=True)
    facts = models.TextField(_("facts"), default="{}")
    """Canonical JSON (sorted keys, no blanks). Never a key, a whole number or a value."""
    ip = models.CharField(_("address"), max_length=45, blank=True)
    session = models.CharField(_("session"), max_length=16, blank=True)
    """The start of a digest of the session's key."""

    class Meta:
        verbose_name = _("row of the trail")
        verbose_name_plural = _("trail")
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.verb} {self.about_kind} {self.about_id}"
