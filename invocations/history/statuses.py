"""What each status means: label, tone, plain words and next steps."""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from invocations.history import steps
from invocations.history.deliveries import (
    NOT_KNOWN,
    NOT_REPORTED,
    NOT_SENT,
    NOT_YET_SENT,
    SAID_DELIVERED,
    SAID_NOT_DELIVERED,
)
from invocations.history.meanings import StatusMeaning
from invocations.models import Invocation

Status = Invocation.Status

STATUSES: dict[str, StatusMeaning] = {
    Status.QUEUED: StatusMeaning(
        "queued",
        Status.QUEUED.label,
        tone="neutral",
        icon="schedule",
        says=_("Saved. Nothing has been sent."),
        next=(steps.WAIT_FOR_RETRY, steps.TRY_NOW, steps.OR_CANCEL),
        delivery=NOT_SENT,
    ),
    Status.SENDING: StatusMeaning(
        "sending",
        Status.SENDING.label,
        tone="sending",
        icon="arrow_upward",
        says=_("On its way to Kaleyra."),
        next=(steps.WAIT_FOR_ANSWER,),
        delivery=NOT_KNOWN,
    ),
    Status.ACCEPTED: StatusMeaning(
        "accepted",
        Status.ACCEPTED.label,
        tone="accepted",
        icon="check",
        says=_("Kaleyra has taken it and starts the flow. That is not yet a delivery."),
        delivery=NOT_REPORTED,
    ),
    Status.REJECTED: StatusMeaning(
        "rejected",
        Status.REJECTED.label,
        tone="rejected",
        icon="block",
        says=_("Kaleyra rejected it. Nothing went to the customer."),
        next=(steps.READ_REFUSAL, steps.THEN_SEND_AGAIN),
        delivery=NOT_SENT,
    ),
    Status.UNKNOWN: StatusMeaning(
        "unknown",
        Status.UNKNOWN.label,
        tone="unknown",
        icon="question_mark",
        says=_("It may have gone out. Kaleyra did not answer clearly."),
        next=(steps.CHECK_SAFELY, steps.ASK_AND_SETTLE, steps.ONLY_THEN_SEND_AGAIN),
        delivery=NOT_KNOWN,
    ),
    Status.HELD: StatusMeaning(
        "held",
        Status.HELD.label,
        tone="held",
        icon="pause",
        says=_("Not sent. An admin has to fix the set-up first."),
        next=(steps.ADMIN_FIXES_SETUP, steps.LEAVES_WITH_ACCOUNT, steps.OR_CANCEL),
        delivery=NOT_SENT,
    ),
    Status.CANCELLED: StatusMeaning(
        "cancelled",
        Status.CANCELLED.label,
        tone="neutral",
        icon="close",
        says=_("Cancelled before anything left. It never leaves."),
        delivery=NOT_SENT,
    ),
    Status.EXPIRED: StatusMeaning(
        "expired",
        Status.EXPIRED.label,
        tone="neutral",
        icon="timer_off",
        says=_("Not sent: it expired before it could leave."),
        next=(steps.SEND_AGAIN_IF_NEEDED,),
        delivery=NOT_SENT,
    ),
}
SCHEDULED = StatusMeaning(
    "scheduled",
    pgettext_lazy("status", "Scheduled"),
    tone="neutral",
    icon="event",
    says=_("Saved. It leaves when its time has come."),
    next=(steps.WAIT_OR_CANCEL,),
    delivery=NOT_YET_SENT,
)
"""A queued invocation before its `not_before`."""
AWAITS_APPROVAL = replace(
    STATUSES[Status.HELD],
    name="awaits-approval",
    label=pgettext_lazy("status", "Waiting for approval"),
    icon="approval",
    says=_("Saved. A second person has to approve it before it leaves."),
    next=(steps.WAIT_FOR_APPROVAL, steps.OR_CANCEL),
)
"""A held message with the reason `awaits_approval` (`sending.awaiting`)."""
RESTORED = replace(
    STATUSES[Status.UNKNOWN],
    name="unknown-restored",
    label=pgettext_lazy("status", "Outcome unknown (database restored)"),
    says=_("It may have gone out after the backup was made that the database was restored from."),
)
"""By the reason `database_restored`, until it is asked about."""
ASKED_ABOUT = replace(
    STATUSES[Status.UNKNOWN],
    name="asked-about",
    says=_("It may have gone out. Kaleyra has not answered clearly yet."),
    next=(steps.ASKED_BY_ITSELF, steps.DO_NOT_SEND_MEANWHILE),
)
"""An unknown outcome about which the dispatcher still asks Kaleyra."""
MAY_HAVE_LEFT = replace(
    STATUSES[Status.UNKNOWN],
    name="may-have-left",
    says=_(
        "It may have left already: Kaleyra reported a result for it, and this console has not sent"
        " it. So it is kept back."
    ),
    next=(steps.READ_RESULT_AND_SETTLE, steps.ONLY_THEN_SEND_AGAIN),
)
"""An unknown outcome with the reason `reported_before_sent` (`sending.decisions`)."""
SETTLED: dict[str, StatusMeaning] = {
    "settled_delivered": StatusMeaning(
        "settled-delivered",
        pgettext_lazy("status", "Recorded as delivered"),
        tone="accepted",
        icon="gavel",
        says=_("Kaleyra did not answer clearly. A person recorded it as delivered."),
        next=(steps.NOTHING_LEFT,),
        delivery=SAID_DELIVERED,
    ),
    "settled_not_delivered": StatusMeaning(
        "settled-not-delivered",
        pgettext_lazy("status", "Recorded as not delivered"),
        tone="rejected",
        icon="gavel",
        says=_("Kaleyra did not answer clearly. A person recorded it as not delivered."),
        next=(steps.SEND_AGAIN_IF_NEEDED,),
        delivery=SAID_NOT_DELIVERED,
    ),
    "settled_then_accepted": StatusMeaning(
        "settled-then-accepted",
        pgettext_lazy("status", "Recorded as not delivered"),
        tone="unknown",
        icon="gavel",
        says=_(
            "A person recorded it as not delivered. Kaleyra’s answer came later and says that"
            " it was accepted. One of the two is wrong. Both are shown as they came."
        ),
        next=(steps.DO_NOT_SEND, steps.ASK_KALEYRA),
        delivery=SAID_NOT_DELIVERED,
        is_contradicted=True,
    ),
}
"""By the reason that a settlement stores (`invocations.sending.decisions.settle`), or that a late
acceptance leaves of it (`invocations.sending.late_answers`)."""


def _contradicted(status: str) -> StatusMeaning:
    if status == Status.REJECTED:
        says = _(
            "Kaleyra rejected it, and yet reported a result. One of the two is wrong."
            " Both are shown as they came."
        )
    else:
        says = _(
            "As far as the console knows, nothing has left. Yet Kaleyra reported a result."
            " Both are shown as they came."
        )
    return replace(
        STATUSES[status],
        says=says,
        next=(steps.DO_NOT_SEND, steps.ASK_KALEYRA),
        is_contradicted=True,
    )


CONTRADICTED: dict[str, StatusMeaning] = {
    status: _contradicted(status) for status in (Status.REJECTED, *Invocation.NEVER_LEFT)
}
"""By status, where nothing should have gone to the customer and a result was reported."""
