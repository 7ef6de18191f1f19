"""How the values of a template are asked for, and the versions of a workflow's texts and values."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from invocations.kaleyra.template_params import VERIFICATION_CODE
from invocations.models.saved_with_history import SavedWithHistory
from invocations.models.workflows import Channel, WorkflowInstance


class Parameter(SavedWithHistory):
    """An admin's wording and rules for one key of a channel's template.

    The keys themselves follow from the template's text (`composing.template_fields.keys_of`). A key
    without a row has the defaults below.
    """

    channel = models.ForeignKey(
        Channel, models.CASCADE, related_name="parameters", verbose_name=_("channel")
    )
    key = models.CharField(_("key"), max_length=100)
    label = models.CharField(
        _("name"),
        max_length=100,
        blank=True,
        help_text=_("What staff are asked for, for example First name."),
    )
    help_text = models.CharField(_("help"), max_length=300, blank=True)
    sample = models.CharField(
        _("example"), max_length=1000, blank=True, help_text=_("Shown in the example. Never sent.")
    )
    required = models.BooleanField(
        _("required"),
        default=True,
        help_text=_(
            "A value that goes by position is always required: without it the others would shift."
        ),
    )
    is_sensitive = models.BooleanField(
        _("hidden"),
        default=False,
        help_text=_("Hidden while typed, and never shown after it was sent."),
    )
    is_searchable = models.BooleanField(
        _("searchable"),
        default=False,
        db_default=False,
        help_text=_(
            "Messages are found by the whole value, for example an order number. It is kept as a "
            "keyed digest, never as text. For messages sent from now on."
        ),
    )
    max_length = models.PositiveIntegerField(
        _("characters allowed"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    pattern = models.CharField(
        _("rule"),
        max_length=300,
        blank=True,
        help_text=_(
            "What the whole value must look like, as a regular expression, for example"
            " KF-[0-9]{5}. "
            "\\d and \\w match ASCII alone; \\p{Nd} is a digit and \\pL a letter of any script."
        ),
    )
    choices = models.TextField(
        _("choices"), blank=True, help_text=_("One per line. Staff choose instead of typing.")
    )
    default = models.CharField(_("begins with"), max_length=1000, blank=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("value")
        verbose_name_plural = _("values")
        ordering = ["channel", "key"]
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "key"], name="parameter_key_once_per_channel"
            ),
            models.CheckConstraint(
                condition=Q(is_searchable=False)
                | (Q(is_sensitive=False) & ~Q(key=VERIFICATION_CODE)),
                name="parameter_searchable_is_not_sensitive",
            ),
        ]

    def __str__(self) -> str:
        return self.label or self.key


class WorkflowVersion(models.Model):
    """A workflow's channels, texts and parameters at one time. Never changed.

    `composing.template_fields.current_version` creates one when they have changed.
    """

    workflow_instance = models.ForeignKey(
        WorkflowInstance, models.CASCADE, related_name="versions", verbose_name=_("workflow")
    )
    number = models.PositiveIntegerField(_("number"))
    contract = models.JSONField(_("texts and values"))
    """What `composing.template_fields.snapshot` returned."""
    digest = models.CharField(max_length=64)
    """SHA-256 of `contract` in hex, to see whether anything has changed since."""
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        ordering = ["workflow_instance", "-number"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["workflow_instance", "number"], name="version_number_once_per_workflow"
            )
        ]

    def __str__(self) -> str:
        return f"{self.workflow_instance} {self.number}"
