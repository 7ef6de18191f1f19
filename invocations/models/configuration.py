"""What an admin sets up: pods, accounts, API keys, and workflows with their channels."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

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
    asked_for,
    checked,
    placeholders,
)
from invocations.models.encryption import EncryptedTextField, Unreadable

MOST_VALUES = 50
"""Of one channel: what two of them ask for still fits into one form (Django's DATA_UPLOAD_MAX_NUMBER_FIELDS)."""
MIN_DELAY, MAX_DELAY = 5, 900
"""Seconds a channel may be given in Kaleyra's wizard (Kaleyra's page "fallback-configure-first-channel")."""
RESULT_MARGIN = timedelta(seconds=60)
"""What a result may take on its way, after the flow has ended."""
VALID_MINUTES, VALID_MINUTES_OF_A_PASSCODE, MOST_VALID_MINUTES = 240, 10, 1440
"""How long a message may wait to leave, where the workflow does not say it."""


def reachable(api_domain: str) -> None:
    """Refuses a host that keys must not be sent to: another machine of the own network, or this one without SANDBOX."""
    if address.is_loopback(api_domain):
        if not settings.SANDBOX:
            raise ValidationError(
                _("A pod on this machine is for practice. It needs SANDBOX=True."), code="sandbox"
            )
    elif not address.is_public(api_domain):
        raise ValidationError(
            _("This is no public host. Keys are sent to Kaleyra’s hosts only."), code="private"
        )


def sendable_key(key: str) -> None:
    """Refuses a key that an HTTP header cannot carry (RFC 9110, 5.5): it would end up in an error text."""
    if not key.isascii() or not key.isprintable() or " " in key or len(key) > 500:
        raise ValidationError(
            _("A key has only letters, digits and signs of ASCII, without blanks or line breaks."),
            code="key",
        )


class Pod(models.Model):
    """One of Kaleyra's regions, with the host it answers on."""

    code = models.CharField(
        _("code"), max_length=20, unique=True, help_text=_("Short, for example IN.")
    )
    title = models.CharField(_("title"), max_length=100)
    api_domain = models.CharField(
        _("API domain"),
        max_length=253,
        unique=True,
        validators=[
            RegexValidator(
                address.API_DOMAIN, _("A host in small letters, for example api.in.kaleyra.io.")
            ),
            reachable,
        ],
        help_text=_(
            "As Kaleyra shows it: Developers → API Keys → Edit → API Domain. A port may follow."
        ),
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("pod")
        verbose_name_plural = _("pods")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(api_domain__regex=address.API_DOMAIN), name="pod_api_domain_is_a_host"
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_practice(self) -> bool:
        """Whether nothing sent through this pod reaches anybody."""
        return address.is_loopback(self.api_domain)


class Account(models.Model):
    """A customer's account at Kaleyra: its SID, in its pod.

    A pause is a person's, with `paused_reason` in their words; or the console's own, and then `paused_because` is the reason's
    code in `invocations.sending.outcomes`.
    """

    class RetryAmbiguous(models.TextChoices):
        SAME_ID = (
            "same_id",
            _("ask again with the same request ID, for a quarter of an hour at most"),
        )
        NEVER = (
            "never",
            _("never ask again by itself: the outcome stays unknown until a person settles it"),
        )

    title = models.CharField(
        _("title"), max_length=100, unique=True, help_text=_("What your team calls it.")
    )
    pod = models.ForeignKey(Pod, models.PROTECT, related_name="accounts", verbose_name=_("pod"))
    sid = models.CharField(
        "SID",
        max_length=64,
        validators=[
            RegexValidator(address.SID, _("Only letters and digits, as Kaleyra shows it."))
        ],
        help_text=_(
            "The account's security identifier, the same for all its keys, for example HXAP16XXXXXX97IN."
        ),
    )
    sends_per_second = models.PositiveIntegerField(
        _("sends per second"),
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text=_("The most we send, over all workflows."),
    )
    retry_ambiguous = models.CharField(
        _("after a doubtful attempt"),
        max_length=10,
        choices=RetryAmbiguous.choices,
        default=RetryAmbiguous.SAME_ID,
        help_text=_(
            "An attempt is doubtful if it may have got in and no answer says so. Kaleyra takes a request ID once."
        ),
    )
    is_paused = models.BooleanField(
        _("paused"),
        default=False,
        help_text=_("Nothing is sent while this is on. What is queued waits."),
    )
    paused_reason = models.CharField(_("reason for the pause"), max_length=300, blank=True)
    paused_because = models.CharField(max_length=40, blank=True, editable=False)
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering = ["title"]
        constraints = [
            models.CheckConstraint(
                condition=Q(sid__regex=address.SID), name="account_sid_fits_a_url"
            ),
            models.UniqueConstraint(fields=["pod", "sid"], name="account_sid_once_per_pod"),
            models.CheckConstraint(
                condition=Q(sends_per_second__gte=1), name="account_sends_at_least_one_per_second"
            ),
            models.CheckConstraint(
                condition=Q(retry_ambiguous__in=["same_id", "never"]),
                name="account_retry_ambiguous_is_known",
            ),
            models.CheckConstraint(
                condition=Q(is_paused=True) | Q(paused_because=""),
                name="account_pause_has_a_cause_only_if_paused",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @classmethod
    def for_practice(cls) -> list[int]:
        """The ids of the accounts through which nothing reaches anybody."""
        return [
            account.pk for account in cls.objects.select_related("pod") if account.pod.is_practice
        ]

    @property
    def primary_key(self) -> ApiKey | None:
        """The key that is used for sending."""
        return self.api_keys.filter(is_primary=True).first()


class ApiKey(models.Model):
    """A key made in Kaleyra's user interface. It goes in and never comes out."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(
        Account, models.PROTECT, related_name="api_keys", verbose_name=_("account")
    )
    title = models.CharField(
        _("title"), max_length=100, help_text=_("What Kaleyra's list of keys calls it.")
    )
    key = EncryptedTextField(_("key"), bound_to="id")
    last_four = models.CharField(_("ends in"), max_length=4, editable=False)
    is_primary = models.BooleanField(
        _("primary"),
        default=False,
        help_text=_(
            "The key that is used. Making this one primary puts the account's other one aside; both stay valid."
        ),
    )
    kaleyra_owner = models.CharField(
        _("made at Kaleyra by"),
        max_length=200,
        blank=True,
        help_text=_(
            "Kaleyra ends a key without warning when the team member who made it is removed."
        ),
    )
    last_accepted_at = models.DateTimeField(
        _("last accepted"), null=True, blank=True, editable=False
    )
    last_refused_at = models.DateTimeField(_("last refused"), null=True, blank=True, editable=False)
    last_checked_at = models.DateTimeField(_("last checked"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("added"), auto_now_add=True)
    history = HistoricalRecords(
        excluded_fields=["key", "last_accepted_at", "last_refused_at", "last_checked_at"]
    )

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["account", "-is_primary", "title"]
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=Q(is_primary=True), name="account_has_one_primary_key"
            ),
            models.UniqueConstraint(fields=["account", "title"], name="key_title_once_per_account"),
        ]

    def __str__(self) -> str:
        return f"{self.title} (ends in {self.last_four})"

    def save(self, **kwargs: Any) -> None:
        try:
            self.last_four = self.key[-4:] if len(self.key) >= 12 else "…"
        except Unreadable:
            pass  # the row can still be renamed or put aside; sending with it is refused where it is read
        super().save(**kwargs)


class WorkflowInstance(models.Model):
    """A Fallback flow published in Kaleyra's wizard, as far as the console needs to know it."""

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
    is_active = models.BooleanField(
        _("active"),
        default=True,
        help_text=_("Turn off to take it from the send page. Its history stays."),
    )
    is_paused = models.BooleanField(
        _("paused"),
        default=False,
        help_text=_(
            "Set when Kaleyra answered that there is no such workflow. What is queued waits until this is off."
        ),
    )
    valid_minutes = models.PositiveIntegerField(
        _("minutes in which it is of use"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_VALID_MINUTES)],
        help_text=_(
            "A message that could not leave in this time never leaves. "
            "Empty: 10 where a channel is a one-time passcode, else 240 (4 hours)."
        ),
    )
    expects_callback = models.BooleanField(
        _("reports its results"),
        default=False,
        help_text=_(
            "Kaleyra’s flow has the callback profile that posts to this console. "
            "Turned on by itself when the first result of this workflow comes in."
        ),
    )
    groups = models.ManyToManyField(
        "auth.Group",
        blank=True,
        verbose_name=_("groups that may send it"),
        related_name="+",
        help_text=_("None chosen: everybody who may send."),
    )
    history = HistoricalRecords(m2m_fields=["groups"])

    class Meta:
        verbose_name = _("workflow")
        verbose_name_plural = _("workflows")
        ordering = ["title"]
        constraints = [
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
        """How long after Kaleyra took a message its result should be here: both waits, the longest there is where one is not known."""
        return (
            timedelta(
                seconds=sum(channel.delay_seconds or MAX_DELAY for channel in self.channels.all())
            )
            + RESULT_MARGIN
        )

    @property
    def valid_for(self) -> timedelta:
        """How long after it is due a message of this workflow may still leave."""
        passcode = any(channel.is_otp for channel in self.channels.all())
        return timedelta(
            minutes=self.valid_minutes
            or (VALID_MINUTES_OF_A_PASSCODE if passcode else VALID_MINUTES)
        )


class Channel(models.Model):
    """One of a workflow's one or two steps. Position 1 is Kaleyra's send1, position 2 its send2."""

    class Kind(models.TextChoices):
        WHATSAPP = "whatsapp", "WhatsApp"
        SMS = "sms", "SMS"

    workflow_instance = models.ForeignKey(
        WorkflowInstance, models.CASCADE, related_name="channels", verbose_name=_("workflow")
    )
    position = models.PositiveSmallIntegerField(
        _("position"), choices=[(1, _("first (send1)")), (2, _("second (send2)"))]
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
        help_text=_("WhatsApp only. Its variable takes the value of #param_header#."),
    )
    button_url = models.CharField(
        _("button URL"),
        max_length=2000,
        blank=True,
        help_text=_("WhatsApp only. The variable at its end takes the value of #param_url#."),
    )
    is_otp = models.BooleanField(
        _("one-time passcode"),
        default=False,
        help_text=_(
            "An SMS template of type OTP, or a WhatsApp authentication template: #verification_code# is its first value."
        ),
    )
    delay_seconds = models.PositiveIntegerField(
        _("delay in seconds"),
        null=True,
        blank=True,
        validators=[MinValueValidator(MIN_DELAY), MaxValueValidator(MAX_DELAY)],
        help_text=_("How long Kaleyra waits for a final report of this channel, 5 to 900."),
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
        """Refuses a text that could not be filled.

        That is `{name}` for WhatsApp, more than one variable in a header or button, too many values, or a name that is no key.
        """
        kind = ChannelKind(self.kind or Channel.Kind.SMS)
        if any(
            finding.code == "single_brace_on_whatsapp"
            for finding in limits.template_problems(self.template_text, kind)
        ):
            raise ValidationError(
                {"template_text": _("{name} works in an SMS only. Write {{name}} for WhatsApp.")}
            )
        keys = asked_for(self.template_text, kind)
        if len(keys) > MOST_VALUES:
            refusal = _(
                "It asks for %(n)s values. More than %(limit)s are not possible here: is a number mistyped?"
            )
            raise ValidationError(
                {"template_text": refusal % {"n": len(keys), "limit": MOST_VALUES}}
            )
        for key in keys:
            try:
                checked([(key, "-")])
            except ParamsError:
                refusal = _(
                    "“%(key)s” cannot be a name: it has blanks around it, a control character, or more than 100 characters."
                )
                raise ValidationError({"template_text": refusal % {"key": key}}) from None
        for name, text in [("header_text", self.header_text), ("button_url", self.button_url)]:
            if kind is ChannelKind.SMS and text:
                raise ValidationError({name: _("Only a WhatsApp template has this.")})
            if len(placeholders(text, kind)) > 1:
                raise ValidationError({name: _("It can have one variable only.")})
