"""What each status and each delivery means, in plain words, and what a person does next. The one glossary: pages, badges, docs read it.

Tones are those of static/console/tokens.css. Green means that a delivery was reported for the customer's phone: only `DELIVERED` and
`FELL_BACK` are ever green.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from invocations.kaleyra.callbacks import CodeMeaning
from invocations.models import Attempt, Channel, Invocation

Text = str | Promise
Status = Invocation.Status
Delivery = Invocation.Delivery
Outcome = Attempt.Outcome


@dataclass(frozen=True)
class Meaning:
    """How a status or a delivery is shown, what it says, and what a person does next. `name`: its anchor in the glossary."""

    name: str
    label: Text
    tone: str
    icon: str
    says: Text
    next: tuple[Text, ...] = ()

    def __str__(self) -> str:
        return str(self.label)


# --- what became of it: delivery --------------------------------------------------------------------------------------

NOT_SENT = Meaning(
    "not-sent",
    pgettext_lazy("delivery", "Not sent"),
    "neutral",
    "remove",
    _("Nothing went to the customer."),
)
NOT_KNOWN = Meaning(
    "not-known",
    pgettext_lazy("delivery", "Not known"),
    "neutral",
    "question_mark",
    _("Nothing says whether the customer’s phone got it."),
)
NOT_REPORTED = Meaning(
    "not-reported",
    pgettext_lazy("delivery", "Not known"),
    "neutral",
    "question_mark",
    _(
        "This workflow reports no results to this console. Whether the customer’s phone got it is not known here."
    ),
    (
        _(
            "This console learns no more of it. If the customer got nothing, give Kaleyra’s ID to whoever looks it up at Kaleyra."
        ),
        _(
            "An admin can have later results reported: the flow needs a callback profile at Kaleyra that posts to this console."
        ),
    ),
)
NOT_YET_REPORTED = replace(
    NOT_REPORTED,
    says=_(
        "When Kaleyra took it, this workflow did not report its results yet. Whether the customer’s phone got it is not known here."
    ),
    next=NOT_REPORTED.next[:1],
)
AWAITING = Meaning(
    "awaiting",
    Delivery.AWAITING.label,
    "neutral",
    "hourglass_top",
    _(
        "Kaleyra reports the result when its flow has ended. Until then nobody knows whether it was delivered."
    ),
    (
        _("Wait for the result. This page changes by itself."),
        _("Do not send it again meanwhile. The customer may receive it twice."),
    ),
)
DELIVERED = Meaning(
    "delivered",
    pgettext_lazy("delivery", "Delivered"),
    "delivered",
    "done_all",
    _("Kaleyra reports that the first channel’s message was delivered."),
    (_("Nothing is left to do: Kaleyra reports the delivery."),),
)
FELL_BACK = Meaning(
    "fell-back",
    pgettext_lazy("delivery", "Fell back: delivered"),
    "delivered",
    "done_all",
    _(
        "The first channel gave no delivery report in time, or failed. Kaleyra reports that the second channel’s message was delivered."
    ),
    (_("Nothing is left to do: Kaleyra reports the delivery."),),
)
NO_CONFIRMATION = Meaning(
    "no-confirmation",
    pgettext_lazy("delivery", "Delivery not confirmed"),
    "unknown",
    "hourglass_disabled",
    _(
        "A result came, and it says neither that it was delivered nor that every channel failed. A message may still arrive, "
        "and may have already."
    ),
    (
        _("Ask the customer whether a message came."),
        _("Only then send it again. It gets a new ID, so the customer may receive it twice."),
    ),
)
NOT_DELIVERED = Meaning(
    "not-delivered",
    pgettext_lazy("delivery", "Not delivered (every channel failed)"),
    "rejected",
    "error",
    _("Kaleyra reports of every channel that it failed."),
    (
        _("Read Kaleyra’s codes under “What happened”. Check the number with the customer."),
        _(
            "If the customer still needs it, send it again with what was wrong put right. It gets a new request ID."
        ),
    ),
)
NO_RESULT = Meaning(
    "no-result",
    Delivery.NO_RESULT.label,
    "unknown",
    "hourglass_disabled",
    _(
        "Kaleyra took it, but its result did not come in time. Whether the customer’s phone got it is not known."
    ),
    (
        _("Ask the customer whether a message came, before you send it again."),
        _(
            "Results of other messages are missing, too? Then an admin looks into it. The likely reasons stand under “What happened”."
        ),
    ),
)
SAID_DELIVERED = Meaning(
    "said-delivered",
    pgettext_lazy("delivery", "Delivered, says a person"),
    "accepted",
    "gavel",
    _("No report settled it. A person did: it was delivered."),
)
SAID_NOT_DELIVERED = Meaning(
    "said-not-delivered",
    pgettext_lazy("delivery", "Not delivered, says a person"),
    "rejected",
    "gavel",
    _("No report settled it. A person did: it was not delivered."),
)
DELIVERIES = {
    meaning.name: meaning
    for meaning in [
        *[AWAITING, DELIVERED, FELL_BACK, NO_CONFIRMATION, NOT_DELIVERED, NO_RESULT],
        *[NOT_REPORTED, NOT_KNOWN, NOT_SENT, SAID_DELIVERED, SAID_NOT_DELIVERED],
    ]
}
REPORTED = {meaning.name for meaning in [DELIVERED, FELL_BACK, NO_CONFIRMATION, NOT_DELIVERED]}
"""The names of those behind which a result of Kaleyra's stands."""
MAY_BE_DOUBLE = Meaning(
    "may-be-double",
    _("May have been received twice"),
    "unknown",
    "filter_2",
    _(
        "Both channels may have reached the customer: neither of them is reported to have failed. Both may be billed."
    ),
)

_REPORTED_ON: dict[str, tuple[Text, Text]] = {
    Channel.Kind.WHATSAPP: (
        pgettext_lazy("delivery", "Delivered on WhatsApp"),
        pgettext_lazy("delivery", "Fell back: delivered on WhatsApp"),
    ),
    Channel.Kind.SMS: (
        pgettext_lazy("delivery", "Delivered by SMS"),
        pgettext_lazy("delivery", "Fell back: delivered by SMS"),
    ),
}


def delivery_of(invocation: Invocation, kinds: Sequence[str] = ()) -> Meaning:
    """What is known of the delivery: what was reported of it, else what its status allows to say.

    Reads columns of the invocation alone, and asks the database nothing. `kinds`: the kinds of the workflow's channels 1 and 2;
    without them the words name no channel.
    """
    if invocation.delivery == Delivery.AWAITING:
        return AWAITING
    if invocation.delivery == Delivery.NO_RESULT:
        return NO_RESULT
    if invocation.delivery != Delivery.COMPLETED:
        return meaning_of(invocation).delivery
    position = invocation.deciding_channel
    if position:
        reported = DELIVERED if position == 1 else FELL_BACK
        words = _REPORTED_ON.get(kinds[position - 1]) if position <= len(kinds) else None
        return replace(reported, label=words[position - 1]) if words else reported
    return NO_CONFIRMATION if position is None else NOT_DELIVERED


# --- where it stands: status ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StatusMeaning(Meaning):
    """A status, with what it says of the delivery as long as no result is asked for."""

    delivery: Meaning = NOT_SENT


TRY_NOW = _("Or press “Try now”. It cannot go out twice.")
ASK_AND_SETTLE = _("No answer settles it? Ask the customer whether a message came, and settle it.")
CHECK_SAFELY = _(
    "Press “Check safely”. It asks once more with the same request ID, which Kaleyra takes once."
)

STATUSES: dict[str, StatusMeaning] = {
    Status.QUEUED: StatusMeaning(
        "queued",
        Status.QUEUED.label,
        "neutral",
        "schedule",
        _("Recorded here. Nothing has left yet."),
        (
            _(
                "Wait: it is tried again by itself with the same request ID, until its time is over."
            ),
            TRY_NOW,
            _("Or cancel it. Then it never leaves."),
        ),
    ),
    Status.SENDING: StatusMeaning(
        "sending",
        Status.SENDING.label,
        "sending",
        "arrow_upward",
        _("On its way to Kaleyra."),
        (_("Wait a few seconds. This page changes by itself."),),
        NOT_KNOWN,
    ),
    Status.ACCEPTED: StatusMeaning(
        "accepted",
        Status.ACCEPTED.label,
        "accepted",
        "check",
        _("Kaleyra has taken it and starts the flow. That is not yet a delivery."),
        (),
        NOT_REPORTED,
    ),
    Status.REJECTED: StatusMeaning(
        "rejected",
        Status.REJECTED.label,
        "rejected",
        "block",
        _("Kaleyra refused it. Nothing went to the customer."),
        (
            _("Read Kaleyra’s reason below and have it put right."),
            _("Then send it again with these values. It gets a new request ID."),
        ),
    ),
    Status.UNKNOWN: StatusMeaning(
        "unknown",
        Status.UNKNOWN.label,
        "unknown",
        "question_mark",
        _("It may have gone out: no answer settles it."),
        (
            CHECK_SAFELY,
            ASK_AND_SETTLE,
            _("Only then send it again. It gets a new ID, so the customer may receive it twice."),
        ),
        NOT_KNOWN,
    ),
    Status.HELD: StatusMeaning(
        "held",
        Status.HELD.label,
        "held",
        "pause",
        _("Certainly not sent: the set-up needs an admin first."),
        (
            _("An admin mends what stands under “Why”."),
            _("When the account goes on, it leaves by itself, with the same request ID."),
            _("Or cancel it. Then it never leaves."),
        ),
    ),
    Status.CANCELLED: StatusMeaning(
        "cancelled",
        Status.CANCELLED.label,
        "neutral",
        "close",
        _("Cancelled before anything left. It never leaves."),
    ),
    Status.EXPIRED: StatusMeaning(
        "expired",
        Status.EXPIRED.label,
        "neutral",
        "timer_off",
        _("Never sent: it could not leave in time."),
        (
            _(
                "If the customer still needs it, send it again with these values. It gets a new request ID."
            ),
        ),
    ),
}

SCHEDULED = StatusMeaning(
    "scheduled",
    pgettext_lazy("status", "Scheduled"),
    "neutral",
    "event",
    _("Recorded here. It leaves when its time has come."),
    (_("Wait, or cancel it. Then it never leaves."),),
)
ASKED_ABOUT = replace(
    STATUSES[Status.UNKNOWN],
    name="asked-about",
    says=_("It may have gone out: no answer settles it yet."),
    next=(
        _(
            "Wait: the console asks again by itself with the same request ID, for a quarter of an hour at most."
        ),
        _("Do not send it again meanwhile. The customer may receive it twice."),
    ),
)
SETTLED: dict[str, StatusMeaning] = {
    "settled_delivered": StatusMeaning(
        "settled-delivered",
        pgettext_lazy("status", "Settled: delivered"),
        "accepted",
        "gavel",
        _("No answer settled it. A person did: it was delivered."),
        (_("Nothing is left to do."),),
        SAID_DELIVERED,
    ),
    "settled_not_delivered": StatusMeaning(
        "settled-not-delivered",
        pgettext_lazy("status", "Settled: not delivered"),
        "rejected",
        "gavel",
        _("No answer settled it. A person did: it was not delivered."),
        (
            _(
                "If the customer still needs it, send it again with these values. It gets a new request ID."
            ),
        ),
        SAID_NOT_DELIVERED,
    ),
}
"""By the reason that a settlement leaves (`invocations.sending.record.settle`)."""


_WHOM_TO_ASK = (
    _("Do not send it again: the customer may have it already."),
    _("Give both IDs to whoever asks Kaleyra, with the text for the ticket."),
)
CONTRADICTED: dict[str, StatusMeaning] = {
    status: replace(STATUSES[status], says=says, next=_WHOM_TO_ASK)
    for says, statuses in [
        (
            _(
                "Kaleyra refused it, and yet it reported a result. One of the two is wrong. Both are shown as they came."
            ),
            [Status.REJECTED],
        ),
        (
            _(
                "By this console’s records nothing has left, and yet Kaleyra reported a result. Both are shown as they came."
            ),
            Invocation.NEVER_LEFT,
        ),
    ]
    for status in statuses
}
"""Of which it is certain that nothing went to the customer, and a result was reported all the same."""


def meaning_of(invocation: Invocation) -> StatusMeaning:
    """What stands behind the invocation's status: who settled it, whether it has its time still before it, whether it is asked about."""
    if invocation.reason in SETTLED:
        return SETTLED[invocation.reason]
    if invocation.delivery == Delivery.COMPLETED and invocation.status in CONTRADICTED:
        return CONTRADICTED[invocation.status]
    if (
        invocation.status == Status.QUEUED
        and invocation.not_before
        and invocation.not_before > timezone.now()
    ):
        return SCHEDULED
    if invocation.status == Status.UNKNOWN and invocation.due_at:
        return ASKED_ABOUT
    return STATUSES[invocation.status]


# --- what a channel's code says ---------------------------------------------------------------------------------------

SAYINGS: dict[CodeMeaning, Meaning] = {
    CodeMeaning.DELIVERED: Meaning(
        "channel-delivered",
        _("%(kind)s delivered"),
        "delivered",
        "done_all",
        _("Reported for the customer’s phone."),
    ),
    CodeMeaning.FAILED: Meaning(
        "channel-failed", _("%(kind)s failed"), "rejected", "error", _("Reported as not delivered.")
    ),
    CodeMeaning.NO_REPORT: Meaning(
        "channel-no-report",
        _("%(kind)s: no final report in time"),
        "unknown",
        "hourglass_disabled",
        _("It may still arrive. This does not mean that it failed."),
    ),
    CodeMeaning.SENT: Meaning(
        "channel-sent",
        _("%(kind)s: sent, no delivery reported"),
        "unknown",
        "hourglass_disabled",
        _("It was handed on. Nothing says whether the phone got it; it may still arrive."),
    ),
    CodeMeaning.OTHER: Meaning(
        "channel-other",
        _("%(kind)s: reported without a known word"),
        "unknown",
        "question_mark",
        _("This console concludes nothing from it."),
    ),
}
"""What stands beside Kaleyra's own code of a channel."""
