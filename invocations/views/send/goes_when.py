"""What the bar of the send form says of the time at which the message leaves."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from invocations.forms.promise import Promise
from invocations.history.wording import clock_time
from invocations.models import WorkflowInstance
from invocations.sending.departure import Deed, Departure, Obstacle, deed_of


def goes_when(departure: Departure, not_before: datetime | None, now: datetime) -> str:
    """A sentence; empty if the message leaves as soon as it is confirmed."""
    deed = deed_of(departure, now=now, not_before=not_before)
    if deed is Deed.ASK:
        return _("It will wait: a second person has to approve it.")
    if deed is Deed.SCHEDULE and not_before is not None:
        return _("It will be sent on %(time)s.") % {"time": clock_time(not_before, "D j M, H:i")}
    if deed is Deed.QUEUE:
        return {
            Obstacle.STOPPED: _("It will wait: all sending is stopped."),
            Obstacle.ACCOUNT_PAUSED: _("It will wait: the account is paused."),
            Obstacle.WORKFLOW_PAUSED: _("It will wait: the workflow is paused."),
            Obstacle.NO_KEY: _("It will wait: the account has no usable API key."),
        }[departure.obstacles[0]]
    return ""


def without_key(
    workflow: WorkflowInstance, promise: Promise, departure: Departure
) -> dict[str, bool]:
    """Whether a banner says that the account has no key, and also what that means for this one."""
    account = workflow.account
    lacks_key = not account.is_paused and not account.primary_key
    is_why = promise.deed is Deed.QUEUE and departure.obstacles[0] is Obstacle.NO_KEY
    return {"lacks_key": lacks_key, "key_is_why": lacks_key and is_why}
