"""Workflows and their channels, as an admin sets them up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from invocations.kaleyra import address, limits
from invocations.kaleyra.template_params import (
    ChannelKind,
    ParamsError,
    checked,
    needed_keys,
    placeholders,
)
from invocations.models.configuration import Account

MAX_VALUES = 50
"""Values of one channel: those of two channels must fit into one form (Django's
DATA_UPLOAD_MAX_NUMBER_FIELDS)."""
MIN_DELAY, MAX_DELAY = 5, 900
"""Seconds that Kaleyra's wizard accepts (Kaleyra's page "fallback-configure-first-channel")."""
RESULT_MARGIN = timedelta(seconds=60)
"""Allowance for the callback to arrive after the flow has ended."""
DEFAULT_VALID_MINUTES, OTP_VALID_MINUTES = 240, 10
"""How long a message may wait to be sent, if `valid_minutes` does not say."""
MAX_VALID_MINUTES = 1440


class WorkflowInstance(models.Model):
    """A Fallback flow published in Kaleyra's wizard, with what the console needs to know of it."""

    class Stage(models.TextChoices):
        """How far its set-up has come. Before `LIVE` it goes to practice and to the team alone."""

        DRAFT = "draft", _("Draft")
        TESTED = "tested", _("Tested")
        LIVE = "live", _("Live")

    account = models.ForeignKey(
        Account, models.PROTECT, related_name="workflow_instances", verbose_name=_("account")
    )
    title = models.CharField(_("title"), max_length=100, help_text=_("What your team calls it."))
    workflow_instance_id = models.CharField(
        _("workflow ID"),
        max_length=100,
        validators=[
            RegexValidator(
                address.WORKFLOW_INSTANCE_ID,
                _("Only letters, digits, - and _, as Kaleyra's Fallback page shows it."),
            )
        ],
        help_text=_("From Kaleyra's Fallback page. Kaleyra makes it when the flow is published."),
    )
    description = models.TextField(
        _("description"), blank=True, help_text=_("When staff should choose it.")
    )
    stage = models.CharField(
        _("stage"), max_length=6, choices=Stage.choices, default=Stage.LIVE, db_default=Stage.LIVE
    )
    """A row that a script makes is live; the set-up pages begin with a draft."""
    stage_since = models.DateTimeField(null=True, blank=True, editable=False)
    """When the stage last changed; None if it never did, or before this was kept."""
    tested_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When a message to practice or to the team was last reported delivered while it was a draft;
    None if none was."""
    tested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    """Who had sent that message."""
    tested_version = models.PositiveIntegerField(null=True, blank=True, editable=False)
    """The number of the version (`WorkflowVersion`) that it was sent with."""
    is_active = models.BooleanField(
        _("on the send page"),
        default=True,
        help_text=_("Off: nobody can send it. Its history stays."),
    )
    is_paused = models.BooleanField(
        _("paused"),
        default=False,
        help_text=_(
            "Set when Kaleyra answered that there is no such workflow. "
            "What is queued waits until this is off."
        ),
    )
    valid_minutes = models.PositiveIntegerField(
        _("expires after, in minutes"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_VALID_MINUTES)],
        help_text=_(
            "A message that has not left by then expires. "
            "Empty: 10 where a channel is a one-time passcode, else 240 (4 hours)."
        ),
    )
    expects_callback = models.BooleanField(
        _("results come back"),
        default=False,
        help_text=_(
            "Kaleyra’s flow posts its results to this console. Turned on by itself when the"
            " first result of this workflow comes in."
        ),
    )
    needs_approval = models.BooleanField(
        _("a second person approves it"), default=False, db_default=False, editable=False
    )
    groups = models.ManyToManyField(
        "auth.Group",
        blank=True,
        verbose_name=_("groups that may send it"),
        related_name="+",
        help_text=_("None chosen: everybody who may send."),
    )
    history = HistoricalRecords(
        m2m_fields=["groups"],
        excluded_fields=["stage_since", "tested_at", "tested_by", "tested_version"],
    )

    class Meta:
        verbose_name = _("workflow")
        verbose_name_plural = _("workflows")
        ordering = ["title"]
        constraints = [
            models.CheckConstraint(
                condition=Q(stage__in=["draft", "tested", "live"]), name="workflow_stage_is_known"
            ),
            models.CheckConstraint(
                condition=Q(workflow_instance_id__regex=address.WORKFLOW_INSTANCE_ID),
                name="workflow_id_fits_a_url",
            ),
            models.UniqueConstraint(
                fields=["account", "workflow_instance_id"], name="workflow_id_once_per_account"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def result_due_in(self) -> timedelta:
        """How long after the acceptance a result is due: the delays of all channels and a margin.

        A channel without a known delay counts as `MAX_DELAY`.
        """
        delays = sum(channel.delay_seconds or MAX_DELAY for channel in self.channels.all())
        return timedelta(seconds=delays) + RESULT_MARGIN

    @property
    def valid_for(self) -> timedelta:
        """How long after its time a message may still be sent; then it expires."""
        is_otp = any(channel.is_otp for channel in self.channels.all())
        default = OTP_VALID_MINUTES if is_otp else DEFAULT_VALID_MINUTES
        return timedelta(minutes=self.valid_minutes or default)


class Channel(models.Model):
    """One of a workflow's one or two channels. Position 1 is Kaleyra's send1, position 2 its send2.

    Its texts are an admin's copy of Kaleyra's template, for the form and the preview. Kaleyra sends
    its own; the copy may be missing.
    """

    class Kind(models.TextChoices):
        WHATSAPP = "whatsapp", "WhatsApp"
        SMS = "sms", "SMS"

    workflow_instance = models.ForeignKey(
        WorkflowInstance, models.CASCADE, related_name="channels", verbose_name=_("workflow")
    )
    position = models.PositiveSmallIntegerField(
        _("position"), choices=[(1, _("first channel")), (2, _("second channel"))]
    )
    kind = models.CharField(_("channel"), max_length=10, choices=Kind.choices)
    template_text = models.TextField(
        _("template text"),
        blank=True,
        help_text=_("As approved, with its placeholders: {{1}}, {{name}}, {#var#} …"),
    )
    header_text = models.CharField(
        _("header text"),
        max_length=200,
        blank=True,
        help_text=_("WhatsApp only. Its place takes the value of #param_header#."),
    )
    button_url = models.CharField(
        _("button URL"),
        max_length=2000,
        blank=True,
        help_text=_("WhatsApp only. The place at its end takes the value of #param_url#."),
    )
    is_otp = models.BooleanField(
        _("one-time passcode"),
        default=False,
        help_text=_(
            "An SMS template of type OTP, or a WhatsApp authentication template: "
            "#verification_code# is its first value."
        ),
    )
    delay_seconds = models.PositiveIntegerField(
        _("delay in seconds"),
        null=True,
        blank=True,
        validators=[MinValueValidator(MIN_DELAY), MaxValueValidator(MAX_DELAY)],
        help_text=_("How long Kaleyra waits for a delivery report of this channel, 5 to 900."),
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        ordering = ["workflow_instance", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["workflow_instance", "position"], name="channel_position_once_per_workflow"
            ),
            models.UniqueConstraint(
                fields=["workflow_instance", "kind"], name="channel_kind_once_per_workflow"
            ),
            models.CheckConstraint(
                condition=Q(position__in=[1, 2]), name="channel_position_is_1_or_2"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["whatsapp", "sms"]), name="channel_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(delay_seconds__isnull=True)
                | Q(delay_seconds__gte=MIN_DELAY, delay_seconds__lte=MAX_DELAY),
                name="channel_delay_is_kaleyras",
            ),
        ]

    def __str__(self) -> str:
        return f"send{self.position}: {self.get_kind_display()}"

    def clean(self) -> None:
        """Refuses texts whose placeholders cannot be filled.

        That is `{name}` for WhatsApp, more than one variable in a header or button, more than
        `MAX_VALUES` values, and a name that cannot be a key.
        """
        kind = ChannelKind(self.kind or Channel.Kind.SMS)
        problems = limits.template_problems(self.template_text, kind)
        if any(problem.code == "single_brace_on_whatsapp" for problem in problems):
            raise ValidationError(
                {"template_text": _("{name} works in an SMS only. Write {{name}} for WhatsApp.")}
            )
        _validate_keys(needed_keys(self.template_text, kind))
        for name, text in [("header_text", self.header_text), ("button_url", self.button_url)]:
            if kind is ChannelKind.SMS and text:
                raise ValidationError({name: _("Only a WhatsApp template has this.")})
            if len(placeholders(text, kind)) > 1:
                raise ValidationError({name: _("It can have one place for a value only.")})


def _validate_keys(keys: Sequence[str]) -> None:
    if len(keys) > MAX_VALUES:
        message = _(
            "It asks for %(n)s values. More than %(limit)s are not possible here: "
            "is a number mistyped?"
        )
        raise ValidationError({"template_text": message % {"n": len(keys), "limit": MAX_VALUES}})
    for key in keys:
        try:
            checked([(key, "-")])
        except ParamsError:
            message = _(
                "“%(key)s” cannot be a name: it has spaces around it, a control character, "
                "or more than 100 characters."
            )
            raise ValidationError({"template_text": message % {"key": key}}) from None
