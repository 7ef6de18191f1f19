"""Limits on what may be sent: caps and their counts, numbers that are not contacted, and the only
numbers that an account sends to.

Numbers are kept as keyed digests, as in the history, with a masked form for people.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from invocations.models.configuration import Account

CAPS = ("person_minute", "person_day", "account_day", "number_hour", "number_day")
"""The columns of `LimitSet` that are caps, and the scopes of `LimitCount`."""
_AT_LEAST_ONE = [MinValueValidator(1)]


def _cap(name: Any) -> models.PositiveIntegerField:  # type: ignore[type-arg]
    return models.PositiveIntegerField(name, null=True, blank=True, validators=_AT_LEAST_ONE)


class LimitSet(models.Model):
    """The limits of the console (without an account), or what one account has instead.

    Empty: no limit; in the row of an account: as the console has it.
    """

    account = models.OneToOneField(
        Account, models.CASCADE, null=True, blank=True, related_name="limits"
    )
    person_minute = _cap(_("messages of one person in a minute"))
    person_day = _cap(_("messages of one person in a day"))
    account_day = _cap(_("messages of the account in a day"))
    number_hour = _cap(_("messages to one number in an hour"))
    number_day = _cap(_("messages to one number in a day"))
    approve_above = models.PositiveIntegerField(
        _("rows that a batch may have without approval"), null=True, blank=True
    )
    countries = models.CharField(_("countries that may be sent to"), max_length=1000, blank=True)
    """Regions (ISO 3166) with a blank between."""

    class Meta:
        verbose_name = _("limits")
        verbose_name_plural = _("limits")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(Coalesce("account", 0), name="limits_stand_once"),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__gte": 1}),
                    name=f"limit_{name}_is_positive",
                )
                for name in CAPS
            ),
        ]

    def __str__(self) -> str:
        return f"limits of {self.account_id or 'the console'}"


class LimitCount(models.Model):
    """Messages counted against one cap in one window. `sending.caps` writes it, with the message.

    A cap that is full refuses in the same statement that counts: two processes never both take the
    last place.
    """

    scope = models.CharField(max_length=16)
    """One of `CAPS`."""
    subject = models.CharField(max_length=64)
    """The id of the person or account, or the digest of the number."""
    starts_at = models.DateTimeField()
    """When the minute, hour or day began."""
    count = models.PositiveIntegerField()
    most = models.PositiveIntegerField()
    """The cap as it was when the first message was counted; not used to decide."""

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "subject", "starts_at"], name="limit_is_counted_once"
            )
        ]
        indexes = [models.Index(fields=["starts_at"], name="limit_count_by_age")]

    def __str__(self) -> str:
        return f"{self.scope} from {self.starts_at:%d %b %H:%M}"


class KeptNumber(models.Model):
    """A number as it is kept on a list: found by its digest, shown masked."""

    digest = models.CharField(max_length=64, editable=False)
    """`models.recipients.stored_digest`: the same one as in the history."""
    hint = models.CharField(_("phone number"), max_length=60, editable=False)
    last_four = models.CharField(max_length=4, editable=False)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("added by"),
    )
    """None: from the command line."""
    added_at = models.DateTimeField(_("added"), default=timezone.now)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.hint


class DoNotContact(KeptNumber):
    """Nothing is sent to this number any more, by whichever way.

    An erasure keeps it: else the person would be written to again.
    """

    reason = models.CharField(_("reason"), max_length=300)

    class Meta:
        verbose_name = _("number that is not contacted")
        verbose_name_plural = _("do not contact")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["digest"], name="do_not_contact_stands_once")
        ]
        indexes = [models.Index(fields=["last_four"], name="do_not_contact_by_last_four")]


class ListedNumber(KeptNumber):
    """One of the only numbers that an account sends to, before it goes live."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="listed_numbers")

    class Meta:
        verbose_name = _("number that may be sent to")
        verbose_name_plural = _("numbers that may be sent to")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["account", "digest"], name="listed_number_stands_once")
        ]
