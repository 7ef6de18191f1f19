"""How fast, and whether at all, messages leave: one row for each account, and one brake for everything."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from invocations.models.configuration import Account


class Pace(models.Model):
    """An account's pace, shared by all processes. It changes with every claim; `invocations.sending.rate_limit` says how."""

    account = models.OneToOneField(Account, models.CASCADE, primary_key=True, related_name="pace")
    next_slot_at = models.DateTimeField(null=True, blank=True)
    wait_until = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    ramp_from = models.DateTimeField(null=True, blank=True)
    probe_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.account)


class KillSwitch(models.Model):
    """The brake for everything. One row; none means off."""

    is_on = models.BooleanField(_("all sending is stopped"), default=False)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    changed_at = models.DateTimeField(auto_now=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("kill switch")
        default_permissions = ()
        permissions = [("stop_sending", _("Can stop all sending and let it go on"))]
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="kill_switch_is_one")]

    def __str__(self) -> str:
        return "on" if self.is_on else "off"
