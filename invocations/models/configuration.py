"""What an admin sets up first: pods, accounts and API keys."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from invocations.kaleyra import address, home_country
from invocations.models.encryption import EncryptedTextField, Unreadable
from invocations.models.validators import home_region as home_region
from invocations.models.validators import reachable as reachable
from invocations.models.validators import sendable_key as sendable_key

REGIONS = {
    "IN": _("India"),
    "SG": _("Singapore"),
    "NA": _("North America"),
    "EU": _("Europe"),
}
"""The regions that Kaleyra documents, by the code of their pod."""


class Pod(models.Model):
    """One of Kaleyra's regions, and the host of its API.

    The migration `0002_pods` adds the four that Kaleyra documents.
    """

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
        verbose_name = _("region")
        verbose_name_plural = _("regions")
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
        """Whether its host is this machine, so that no customer is reached."""
        return address.is_loopback(self.api_domain)

    @property
    def region(self) -> str:
        """For example "Singapore (SG pod)"; only the title if an admin has changed it."""
        known = REGIONS.get(self.code)
        is_as_made = self.title == f"{self.code} pod"
        return f"{known} ({self.title})" if known and is_as_made else self.title


class Account(models.Model):
    """A customer's account at Kaleyra: its SID in its pod, and how messages are sent through it.

    Either a person pauses it and gives a `paused_reason`; or `sending.pause` does, and sets
    `paused_because` to a row of `sending.outcomes.TABLE`.
    """

    class RetryAmbiguous(models.TextChoices):
        SAME_ID = (
            "same_id",
            _("ask again with the same request ID, for up to 15 minutes"),
        )
        NEVER = (
            "never",
            _("never ask again by itself: the outcome stays unknown until a person records it"),
        )

    title = models.CharField(
        _("title"), max_length=100, unique=True, help_text=_("What your team calls it.")
    )
    pod = models.ForeignKey(Pod, models.PROTECT, related_name="accounts", verbose_name=_("region"))
    sid = models.CharField(
        "SID",
        max_length=64,
        validators=[
            RegexValidator(address.SID, _("Only letters and digits, as Kaleyra shows it."))
        ],
        help_text=_(
            "The account's security identifier, the same for all its keys, "
            "for example HXAP16XXXXXX97IN."
        ),
    )
    home_country = models.CharField(
        _("home country"),
        max_length=2,
        blank=True,
        db_default="",
        default="",
        validators=[home_region],
        help_text=_(
            "A number may be typed without its country code if it can only be one of this country. "
            "Numbers of other countries get a caution. "
            "Left empty, it follows the region: India, Singapore, or the United States."
        ),
    )
    sends_per_second = models.PositiveIntegerField(
        _("sends per second"),
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text=_("The most we send, in all workflows together."),
    )
    retry_ambiguous = models.CharField(
        _("after an unclear answer"),
        max_length=10,
        choices=RetryAmbiguous.choices,
        default=RetryAmbiguous.SAME_ID,
        help_text=_(
            "An answer is unclear if the message may have got through and nothing says so."
            " Kaleyra takes each request ID once."
        ),
    )
    is_paused = models.BooleanField(
        _("paused"),
        default=False,
        help_text=_("Nothing is sent while this is on. What is queued waits."),
    )
    paused_reason = models.CharField(_("reason for the pause"), max_length=300, blank=True)
    paused_because = models.CharField(max_length=40, blank=True, editable=False)
    only_listed = models.BooleanField(
        _("sends to listed numbers only"), default=False, db_default=False, editable=False
    )
    """How an account made in the browser begins: until it goes live, it sends to the numbers of
    its list alone. Practice accounts send to any."""
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
                condition=Q(home_country__regex=r"^([A-Z][A-Z])?$"),
                name="account_home_country_is_a_region",
            ),
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
        """The ids of the accounts in a practice pod."""
        return [
            account.pk for account in cls.objects.select_related("pod") if account.pod.is_practice
        ]

    @property
    def effective_home_country(self) -> str:
        """The region (ISO 3166) that an admin chose, or else guessed from the pod; "" if none.

        An account in a practice pod has none unless an admin chose one.
        """
        if self.home_country:
            return "" if self.home_country == home_country.NONE else self.home_country
        return "" if self.pod.is_practice else home_country.guessed_from_pod(self.pod.code)

    @property
    def primary_key(self) -> ApiKey | None:
        """The key that messages are sent with; None if the account has no key.

        Asks the database unless the account was read with its keys.
        """
        if "api_keys" in getattr(self, "_prefetched_objects_cache", {}):
            return next((key for key in self.api_keys.all() if key.is_primary), None)
        return self.api_keys.filter(is_primary=True).first()


class ApiKey(models.Model):
    """A key made in Kaleyra's user interface. It is entered here and never shown again.

    `sending.store_outcome` and `monitoring.key_check` write `last_accepted_at` and
    `last_refused_at`; None means never since the key was entered.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # A UUID, so that the key can be encrypted for its row before the row is saved.
    account = models.ForeignKey(
        Account, models.PROTECT, related_name="api_keys", verbose_name=_("account")
    )
    title = models.CharField(
        _("title"), max_length=100, help_text=_("What Kaleyra's list of keys calls it.")
    )
    key = EncryptedTextField(_("key"), bound_to="id")
    last_four = models.CharField(_("ends in"), max_length=4, editable=False)
    """“…” for a key of fewer than 12 characters."""
    sid = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)
    """The account's SID when the key was entered: Kaleyra makes a key for one SID."""
    is_primary = models.BooleanField(
        _("primary"),
        default=False,
        help_text=_(
            "The key that is used. Making this one primary puts the account's other one aside; "
            "both stay valid."
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
        if not self.sid or self._is_new_key():
            self.sid = self.account.sid
            if kwargs.get("update_fields") is not None:
                kwargs["update_fields"] = {*kwargs["update_fields"], "sid"}
        try:
            self.last_four = self.key[-4:] if len(self.key) >= 12 else "…"
        except Unreadable:
            # The row can still be renamed or lose its primary role. Sending fails where the key is
            # read (`sending.attempt.read_key`).
            pass
        super().save(**kwargs)

    def _is_new_key(self) -> bool:
        """Whether the key was set since the row was read, and is not the one that is stored."""
        entered = self.__dict__.get("key")
        if not isinstance(entered, str):  # it is as it was read
            return False
        stored = ApiKey.objects.filter(pk=self.pk).first()
        try:
            return stored is None or stored.key != entered
        except Unreadable:
            return True
