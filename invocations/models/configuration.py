"""What an admin sets up first: pods and accounts. Their keys: `models.api_keys`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from invocations.kaleyra import address, home_country
from invocations.models.kept_days import AccountKeepsValues, keeps_for_some_days
from invocations.models.saved_with_history import SavedWithHistory
from invocations.models.validators import home_region
from invocations.models.validators import reachable as reachable  # migration 0001 has it from here

if TYPE_CHECKING:
    from invocations.models.api_keys import ApiKey

REGIONS = {
    "IN": _("India"),
    "SG": _("Singapore"),
    "NA": _("North America"),
    "EU": _("Europe"),
}
"""The regions that Kaleyra documents, by the code of their pod."""


class Pod(SavedWithHistory):
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


class Account(AccountKeepsValues, SavedWithHistory):
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
            keeps_for_some_days("account_keeps_values_for_some_days"),
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
