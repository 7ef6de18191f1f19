"""Why a scheduled or queued message could not be changed: what came first."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invocations.history.scheduled import day_and_time, time_changes
from invocations.history.wording import person_name
from invocations.models import Invocation
from invocations.sending.awaiting import was_approved

Status = Invocation.Status


def what_came_first(invocation: Invocation, time_shown: datetime | None = None) -> str:
    """A sentence about `invocation` as the database has it now.

    `time_shown`: when it was to leave, as the person saw it.
    """
    invocation.refresh_from_db()
    changes = time_changes(invocation)
    if invocation.status == Status.QUEUED and changes and changes[-1].becomes != time_shown:
        last = changes[-1]
        facts = {"person": person_name(last.changed_by), "time": day_and_time(last.becomes)}
        return _("%(person)s has just given it another time: it leaves %(time)s.") % facts
    if invocation.status == Status.QUEUED and was_approved(invocation):
        return _("It was approved for its time. Cancel it, and send another one.")
    if invocation.status == Status.CANCELLED and invocation.cancelled_by:
        name = person_name(invocation.cancelled_by)
        return _("It was cancelled before, by %(person)s.") % {"person": name}
    return str(_WORDS.get(Status(invocation.status)) or _("It has changed in the meantime."))


_WORDS = {
    Status.SENDING: gettext_lazy("It is being sent at this moment."),
    Status.ACCEPTED: gettext_lazy("It has left: Kaleyra accepted it."),
    Status.REJECTED: gettext_lazy("It has left: Kaleyra rejected it."),
    Status.UNKNOWN: gettext_lazy("It may have left already."),
    Status.HELD: gettext_lazy("It is on hold."),
    Status.CANCELLED: gettext_lazy("It was cancelled before."),
    Status.EXPIRED: gettext_lazy("It has expired."),
}
