"""For how many days the values of a message are kept: fields of `Account` and of its workflows."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

DEFAULT_KEPT_DAYS, MAX_KEPT_DAYS = 90, 3650
_VALIDATORS = (MinValueValidator(1), MaxValueValidator(MAX_KEPT_DAYS))


class AccountKeepsValues(models.Model):
    """The setting of an account, for those of its workflows that have none."""

    values_kept_days = models.PositiveSmallIntegerField(
        _("values kept, in days"),
        default=DEFAULT_KEPT_DAYS,
        db_default=DEFAULT_KEPT_DAYS,
        validators=_VALIDATORS,
        help_text=_(
            "So long after a message is final, its numbers, values and notes are removed. Its IDs,"
            " status and counts stay. A workflow may have its own number of days. One-time codes"
            " are removed after an hour."
        ),
    )

    class Meta:
        abstract = True


class WorkflowKeepsValues(models.Model):
    """The setting of a workflow; None: as its account says."""

    values_kept_days = models.PositiveSmallIntegerField(
        _("values kept, in days"),
        null=True,
        blank=True,
        validators=_VALIDATORS,
        help_text=_(
            "So long after a message is final, its numbers, values and notes are removed."
            " Empty: as its account says."
        ),
    )

    class Meta:
        abstract = True


def keeps_for_some_days(name: str) -> models.CheckConstraint:
    """None, which a workflow may have, passes."""
    return models.CheckConstraint(
        condition=Q(values_kept_days__isnull=True)
        | Q(values_kept_days__gte=1, values_kept_days__lte=MAX_KEPT_DAYS),
        name=name,
    )
