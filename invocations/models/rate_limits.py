"""How fast messages are sent: a rate limit for each account, and a kill switch for everything."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from invocations.models.configuration import Account
from invocations.models.saved_with_history import SavedWithHistory


class Pace(models.Model):
    """The state of an account's rate limit, circuit breaker and probe, shared by all processes.

    `sending.rate_limit` reads and writes it under a lock, with each claim; its docstring explains
    the rules. `sending.pause` writes `probe_at`.
    """

    account = models.OneToOneField(Account, models.CASCADE, primary_key=True, related_name="pace")
    next_slot_at = models.DateTimeField(null=True, blank=True)
    """The first time that is not taken by a message yet (GCRA); None before the first message."""
    wait_until = models.DateTimeField(null=True, blank=True)
    """Nothing is sent before, after a 429 or while the circuit is open. None: no wait."""
    failures = models.PositiveIntegerField(default=0)
    """Failed attempts in a row; `rate_limit.FAILURES` of them open the circuit."""
    ramp_from = models.DateTimeField(null=True, blank=True)
    """When the rate begins to rise again, to its maximum within `rate_limit.RAMP`. None: full."""
    probe_at = models.DateTimeField(null=True, blank=True)
    """When the next message tests whether a pause is still needed. None: no probe is due."""

    could_ask_at = models.DateTimeField(null=True, blank=True)
    """When the account could last be asked about a message in doubt (`sending.open_time`)."""

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.account)


class KillSwitch(SavedWithHistory):
    """Stops all sending. One row; no row means off. `sending.pause` writes it."""

    is_on = models.BooleanField(_("all sending is stopped"), default=False)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    changed_at = models.DateTimeField(auto_now=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("stop of all sending")
        default_permissions = ()
        permissions = [("stop_sending", _("Can stop and resume all sending"))]
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="kill_switch_is_one")]

    def __str__(self) -> str:
        return "on" if self.is_on else "off"
