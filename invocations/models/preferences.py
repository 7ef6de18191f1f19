"""What belongs to one person: profile, presets, saved filters and exports."""

from __future__ import annotations

import uuid
from datetime import UTC, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import Q, Value
from django.utils.translation import gettext_lazy as _

from invocations.models.encryption import EncryptedTextField
from invocations.models.recipients import digits_in, stored_digest
from invocations.models.validators import time_zone_name
from invocations.models.workflows import WorkflowInstance


class Profile(models.Model):
    """One person's settings."""

    binding = models.UUIDField(default=uuid.uuid4, editable=False)
    """Identifies the row for the encryption before it has a primary key."""
    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="profile")
    own_number = EncryptedTextField(_("my number"), bound_to="binding", blank=True, default="")
    """The number for tests on oneself, formatted as on the send page; empty if none is kept."""
    time_zone = models.CharField(
        _("time zone"),
        max_length=64,
        blank=True,
        default="",
        db_default="",
        validators=[time_zone_name],
    )
    """IANA name of the zone in which times are shown; empty: the browser's."""
    own_number_digest = models.CharField(
        max_length=64, blank=True, default="", db_default="", editable=False
    )
    """Finds the number in any spelling (`recipients.phone_digests`); empty if none is kept."""

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(time_zone__regex=r"^[A-Za-z0-9_+/-]*$"),
                name="profile_time_zone_is_a_name",
            )
        ]

    def __str__(self) -> str:
        return str(self.user)

    def save(self, **kwargs: Any) -> None:
        """Sets the digest if the number was set since the row was read."""
        number = self.__dict__.get("own_number")
        if isinstance(number, str):
            self.own_number_digest = stored_digest(digits_in(number)) if number else ""
            if kwargs.get("update_fields") is not None:
                kwargs["update_fields"] = {*kwargs["update_fields"], "own_number_digest"}
        super().save(**kwargs)


class Preset(models.Model):
    """Template values to start a message from. Phone numbers and sensitive values are never stored.

    Without an `owner` it is shared with everybody who may send the workflow.
    """

    binding = models.UUIDField(default=uuid.uuid4, editable=False)
    """Identifies the row for the encryption before it has a primary key."""
    workflow_instance = models.ForeignKey(
        WorkflowInstance, models.CASCADE, related_name="presets", verbose_name=_("workflow")
    )
    title = models.CharField(_("title"), max_length=100)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="presets"
    )
    values = EncryptedTextField(bound_to="binding")
    """JSON: one object of key and value for each channel, in order."""
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("saved values")
        verbose_name_plural = _("saved values")
        ordering = ["title"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["workflow_instance", "owner", "title"], name="preset_title_once_per_owner"
            ),
            models.UniqueConstraint(
                fields=["workflow_instance", "title"],
                condition=Q(owner__isnull=True),
                name="shared_preset_title_once",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class SavedFilter(models.Model):
    """Filters of the history under a name.

    `query` is the query string of the page without the search, so it never holds a phone number.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_filters"
    )
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(max_length=1000)
    is_shared = models.BooleanField(_("for everybody who reads the history"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("saved filter")
        verbose_name_plural = _("saved filters")
        ordering = ["name"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["person", "name"], name="saved_filter_name_once_per_person"
            ),
            models.CheckConstraint(condition=~Q(query=""), name="saved_filter_filters"),
        ]
        indexes = [
            models.Index(fields=["name"], condition=Q(is_shared=True), name="saved_filter_shared")
        ]

    def __str__(self) -> str:
        return self.name


class Export(models.Model):
    """A filtered part of the history as a file, for the person who requested it alone.

    `history.exports` writes the file in the background to EXPORTS_DIR and deletes it after a day.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        WRITING = "writing", _("Being written")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    class Format(models.TextChoices):
        CSV = "csv", "CSV"
        XLSX = "xlsx", "XLSX"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="exports")
    filters = models.TextField(blank=True)
    """As in the query string of the history."""
    format = models.CharField(max_length=4, choices=Format.choices)
    newest = models.BigIntegerField()
    """Highest invocation id at the time of the request; later rows are not exported."""
    zone = models.CharField(max_length=64, default="UTC", db_default="UTC")
    """IANA time zone of the person, for the times in the file and the days of the filters."""
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempt = models.PositiveIntegerField(default=0)
    """Fence: only the writer with this number may write."""
    lease_until = models.DateTimeField(null=True, blank=True)
    """Until when no other process takes over. None unless the state is `writing`."""
    rows = models.PositiveIntegerField(default=0)
    """Rows written so far, of `total`."""
    total = models.PositiveIntegerField(default=0)
    with_numbers = models.BooleanField(default=False)
    """Whether the file has complete phone numbers."""
    read_as = models.JSONField(default=dict, db_default=Value({}, models.JSONField()))
    """What its person did not read when it was written (`reading.Reading.as_json`)."""
    asked_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    """When it was ready, failed or was cancelled; None before."""
    seen_at = models.DateTimeField(null=True, blank=True)
    """When the person first downloaded it; None before."""

    class Meta:
        ordering = ["-asked_at"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "writing", "ready", "failed", "cancelled"]),
                name="export_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(format__in=["csv", "xlsx"]), name="export_format_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="writing") | Q(lease_until__isnull=False),
                name="export_writing_has_a_lease",
            ),
        ]
        indexes = [
            models.Index(
                fields=["asked_at"],
                condition=Q(state__in=["waiting", "writing"]),
                name="export_to_do",
            )
        ]

    def __str__(self) -> str:
        return f"{self.asked_at:%Y-%m-%d %H:%M}.{self.format}"

    @property
    def file_name(self) -> str:
        """The name under which a browser saves the file."""
        return f"history-{self.asked_at.astimezone(self.time_zone):%Y-%m-%d-%H%M}.{self.format}"

    @property
    def time_zone(self) -> tzinfo:
        """`zone`, or UTC if this machine has no data for it."""
        try:
            return ZoneInfo(self.zone)
        except (KeyError, ValueError, OSError):
            return UTC
