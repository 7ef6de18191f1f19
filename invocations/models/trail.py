"""The trail: one row for each deed, written in the transaction of the deed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
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
    mac = models.CharField(max_length=80, editable=False)
    """A random number and the MAC over it and the columns above (`audit.macs`). Unique, so that a
    copy of a row is refused."""
    seq = models.BigIntegerField(null=True, unique=True, editable=False)
    """Its place in the chain, from 1. None until `audit.sealing` has sealed it."""
    chain = models.CharField(max_length=64, blank=True, editable=False)
    """MAC over `chain` of the row before it, its `seq`, its id, and all columns above."""

    class Meta:
        verbose_name = _("row of the trail")
        verbose_name_plural = _("trail")
        default_permissions = ("view",)
        constraints = [
            # Not `unique=True`: that makes a second index on PostgreSQL.
            models.UniqueConstraint(fields=["mac"], name="trail_row_once"),
            models.CheckConstraint(
                condition=Q(seq__isnull=True, chain="") | Q(seq__gte=1) & ~Q(chain=""),
                name="trail_row_is_sealed_or_not",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], name="trail_unsealed", condition=Q(seq__isnull=True)),
            models.Index(fields=["at", "id"], name="trail_by_time"),
            models.Index(fields=["verb", "at"], name="trail_by_verb"),
            models.Index(fields=["who_id", "at"], name="trail_by_person"),
            models.Index(fields=["about_kind", "about_id", "at"], name="trail_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.about_kind} {self.about_id}"


class TrailHead(models.Model):
    """The end of the chain, and what the last check of it found. One row; no row means empty."""

    seq = models.BigIntegerField(default=0)
    chain = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField(default=timezone.now)
    """When it was moved last."""
    logged_at = models.DateTimeField(null=True)
    """When the head was last written to the log."""
    checked_at = models.DateTimeField(default=timezone.now)
    """When the background sender last began to check the whole trail, or when the trail began."""
    broken = models.TextField(blank=True)
    """What that check found to be broken; empty: nothing."""
    broken_since = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="trail_head_is_one")]

    def __str__(self) -> str:
        # Commas: seven digits in a row would be masked in the log as a number.
        return f"{self.seq:,}:{self.chain}"
