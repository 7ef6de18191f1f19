"""What each status and each delivery means, in plain words, and what a person does next. The one glossary: pages, badges, docs read it.

Tones are those of static/console.css. Green means that a delivery was reported for the customer's phone: only `DELIVERED` and
`FELL_BACK` are ever green.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from invocations.kaleyra.callbacks import Said
from invocations.models import Account, Attempt, Channel, Invocation

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
ASK_MEANWHILE_AND_SETTLE = _("Ask the customer meanwhile whether a message came, and settle it.")
_BY_AN_ADMIN: dict[Text, Text] = {
    ASK_AND_SETTLE: _(
        "No answer settles it? Ask the customer whether a message came, and have an admin settle it."
    ),
    ASK_MEANWHILE_AND_SETTLE: _(
        "Ask the customer meanwhile whether a message came, and have an admin settle it."
    ),
}
"""Steps that ask for a right, and what who lacks it does instead."""
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
            [Status.QUEUED, Status.HELD, Status.CANCELLED, Status.EXPIRED],
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


_KEPT_BACK: dict[str, tuple[Text, ...]] = {
    "queued": (
        _(
            "Once sending goes on, it leaves by itself, with the same request ID, until its time is over."
        ),
        _("Or cancel it. Then it never leaves."),
    ),
    "unknown": (
        _("Once sending goes on, “Check safely” can be pressed here."),
        ASK_MEANWHILE_AND_SETTLE,
        _("Only then send it again. It gets a new ID, so the customer may receive it twice."),
    ),
    "asked-about": (
        _(
            "Once sending goes on, the console asks again by itself, unless its quarter of an hour is over."
        ),
        _("Do not send it again meanwhile. The customer may receive it twice."),
    ),
}
"""What a person does while an account, a workflow or all sending is stopped, by the name of the status. What stops it stands above."""


def is_settled_otherwise(meaning: StatusMeaning, delivery: Meaning) -> bool:
    """Whether a person settled it as delivered, and Kaleyra reported later that every channel failed."""
    return meaning is SETTLED["settled_delivered"] and delivery is NOT_DELIVERED


def next_of(
    meaning: StatusMeaning,
    delivery: Meaning,
    *,
    is_disputed: bool = False,
    is_kept_back: bool = False,
    is_old: bool = False,
    may_press: bool = True,
    may_settle: bool = True,
) -> tuple[Text, ...]:
    """What a person does next: what is known of the delivery decides, unless it contradicts the status.

    `is_disputed`: two results, or a result and a person, say opposite things of it. `is_kept_back`: nothing leaves for now.
    `is_old`: its ID is not asked about any more, kept back or not. `may_press`: the page has the button that posts the same ID;
    without it no step names it. `may_settle`: the reader may settle what no answer settles.
    """
    if meaning in CONTRADICTED.values():
        return meaning.next
    if is_disputed:
        return NO_CONFIRMATION.next
    waits = is_kept_back and not (is_old and meaning is STATUSES[Status.UNKNOWN])
    steps = _KEPT_BACK.get(meaning.name, ()) if waits else ()
    steps = steps or delivery.next or meaning.next
    if not may_settle:
        steps = tuple(_BY_AN_ADMIN.get(step, step) for step in steps)
    return (
        steps if may_press else tuple(step for step in steps if step not in (TRY_NOW, CHECK_SAFELY))
    )


REASONS: dict[str, Text] = {
    "accepted": _("Kaleyra answered that it was accepted."),
    "confirmed_by_duplicate": _(
        "Kaleyra answered that it has this request ID already: the earlier attempt had got in."
    ),
    "confirmed_by_result": _("Kaleyra reported what became of it: so the attempt had got in."),
    "rejected": _("Kaleyra answered with a refusal."),
    "not_taken": _(
        "The address was answered, but not as a workflow: check pod, SID and workflow ID."
    ),
    "no_such_workflow": _(
        "Kaleyra has no such workflow under this SID: check workflow ID, SID and pod."
    ),
    "credentials": _(
        "Kaleyra refused the API key together with this SID. The key may be wrong, off, from another account, bound to other IP "
        "addresses, or its maker was removed at Kaleyra."
    ),
    "redirect": _(
        "The host pointed to another address. The console never follows: the API key would go there."
    ),
    "asked_to_wait": _("Kaleyra asked to slow down."),
    "in_progress": _("Kaleyra is still working on this request ID, or has it already."),
    "server_error": _("Kaleyra’s server failed without saying whether it had taken the message."),
    "broken_off": _("The connection broke before a whole answer was there."),
    "unreadable": _("The answer could not be read."),
    "another_request": _("The answer was about another request ID."),
    "contradiction": _("The answer contradicts itself."),
    "undocumented_status": _("The answer has a status that Kaleyra does not document."),
    "id_used_before": _(
        "Kaleyra says that this request ID was used before, but not by an attempt of ours."
    ),
    "timeout": _("No answer came in time."),
    "too_slow": _("The answer was not complete within 15 seconds."),
    "refused": _("No connection: the host did not take it. Nothing left."),
    "name": _("No connection: the host’s name was not found. Nothing left."),
    "connect_timeout": _("No connection within 5 seconds. Nothing left."),
    "proxy": _("No connection through the proxy. Nothing left."),
    "certificate": _("The host’s certificate is not trusted."),
    "address": _("The pod’s host is not one that keys may be sent to."),
    "key": _("The stored API key cannot be sent: enter it again."),
    "no_key": _("The account has no primary API key."),
    "unreadable_key": _(
        "The API key cannot be decrypted: enter it again, or put back what is missing in FIELD_ENCRYPTION_KEYS."
    ),
    "unreadable_message": _(
        "The message cannot be decrypted: a key is missing in FIELD_ENCRYPTION_KEYS."
    ),
    "handed_back": _(
        "It was put back before it began: its account had to wait, or the console was stopped. Nothing left."
    ),
    "internal": _("The console itself failed during the attempt. The server’s log says where."),
    "earlier_attempt": _(
        "An earlier attempt may have got in, and the last one does not settle it."
    ),
    "interrupted": _("The console was stopped during the attempt."),
    "too_late": _("Its time was over before it could leave."),
    "cancelled": _("A person cancelled it before anything had left."),
    "settled_delivered": _("A person settled it: it was delivered."),
    "settled_not_delivered": _("A person settled it: it was not delivered."),
}
"""Why an invocation is what it is, by its reason (`answer_table.TABLE`, and what `sending` adds)."""
REASONS_OF_ATTEMPTS = REASONS | {
    "id_used_before": _("Kaleyra answered that this request ID was used before.")
}
"""The same of one attempt, which does not know what became of the others."""

OUTCOMES: dict[str, tuple[str, str]] = {
    Outcome.UNDER_WAY: ("sending", "arrow_upward"),
    Outcome.ACCEPTED: ("accepted", "check"),
    Outcome.REJECTED: ("rejected", "block"),
    Outcome.REFUSED: ("held", "pause"),
    Outcome.BUSY: ("neutral", "schedule"),
    Outcome.DOUBTFUL: ("unknown", "question_mark"),
    Outcome.NOT_SENT: ("neutral", "link_off"),
}
"""Tone and icon of an attempt."""

_ADVICE: tuple[tuple[str, Text], ...] = (
    (
        "is not published",
        _(
            "The flow is not published at Kaleyra, or somebody is editing it just now. "
            "Whoever keeps it in Kaleyra’s Fallback page can publish it."
        ),
    ),
    ("RBC001", _("Kaleyra’s code for a wrong SID or API key.")),
    ("E110", _("Kaleyra’s code for too little balance.")),
)


def advice(texts: list[str]) -> list[Text]:
    """What our own words add to Kaleyra's: one sentence for each kind of error that is known."""
    return [sentence for sign, sentence in _ADVICE if any(sign in text for text in texts)]


_ENTER_THE_KEY = _(
    "An admin enters the account’s API key again, under API keys. When the account goes on, they leave by themselves."
)
_CHECK_THE_HOST = _(
    "An admin compares the pod’s host with the one that Kaleyra shows. When the account goes on, they leave by themselves."
)
_BY_REASON: dict[str, Text] = {
    "no_such_workflow": _(
        "An admin compares workflow ID, SID and pod with Kaleyra’s Fallback page and lets the workflow go on. Then send them again."
    ),
    "not_taken": _(
        "An admin compares pod, SID and workflow ID with Kaleyra’s Fallback page. Then send them again."
    ),
    "credentials": _(
        "An admin checks the account’s API key (“Check this key”), or replaces it. When the account goes on, they leave by themselves."
    ),
    "key": _ENTER_THE_KEY,
    "no_key": _(
        "An admin stores an API key for the account. When the account goes on, they leave by themselves."
    ),
    "unreadable_key": _ENTER_THE_KEY,
    "redirect": _CHECK_THE_HOST,
    "address": _CHECK_THE_HOST,
    "certificate": _(
        "Whoever runs the console looks at the host’s certificate, or at CA_BUNDLE. When the account goes on, they leave by themselves."
    ),
    "unreadable_message": _(
        "Whoever runs the console puts the missing key back into FIELD_ENCRYPTION_KEYS. Or cancel them."
    ),
    "id_used_before": _(
        "Do not send them again: the customers may have them already. Ask Kaleyra, with both IDs, and settle them."
    ),
    "another_request": _(
        "Do not send them again: the customers may have them already. Ask Kaleyra, with both IDs, and settle them."
    ),
    "contradiction": _(
        "Do not send them again: the customers may have them already. Ask Kaleyra, with both IDs, and settle them."
    ),
}
_BY_STATUS: dict[str, Text] = {
    Status.REJECTED: _("Have put right what Kaleyra names. Then send them again."),
    Status.UNKNOWN: _(
        "Do not send them again yet. Use “Check safely” where it is offered, and ask the customers. An admin settles the rest."
    ),
    Status.HELD: _(
        "An admin mends what stops them. Then they leave by themselves. Or cancel them."
    ),
    Status.EXPIRED: _("They never left. Send again those that the customers still need."),
}


def what_to_do(status: str, reason: str) -> Text:
    """What is done about messages that went wrong alike: by the reason if it says enough, else by their status."""
    return _BY_REASON.get(reason) or _BY_STATUS.get(status, "")


# --- what a channel's code says ---------------------------------------------------------------------------------------

SAYINGS: dict[Said, Meaning] = {
    Said.DELIVERED: Meaning(
        "channel-delivered",
        _("%(kind)s delivered"),
        "delivered",
        "done_all",
        _("Reported for the customer’s phone."),
    ),
    Said.FAILED: Meaning(
        "channel-failed", _("%(kind)s failed"), "rejected", "error", _("Reported as not delivered.")
    ),
    Said.NO_REPORT: Meaning(
        "channel-no-report",
        _("%(kind)s: no final report in time"),
        "unknown",
        "hourglass_disabled",
        _("It may still arrive. This does not mean that it failed."),
    ),
    Said.SENT: Meaning(
        "channel-sent",
        _("%(kind)s: sent, no delivery reported"),
        "unknown",
        "hourglass_disabled",
        _("It was handed on. Nothing says whether the phone got it; it may still arrive."),
    ),
    Said.OTHER: Meaning(
        "channel-other",
        _("%(kind)s: reported without a known word"),
        "unknown",
        "question_mark",
        _("This console concludes nothing from it."),
    ),
}
"""What stands beside Kaleyra's own code of a channel."""

CODES: dict[str, Text] = {
    "READ": _("The customer opened it."),
    "NOT-SENT": _("Kaleyra did not pass it on."),
    "NOT-ALLOWED": _("This country is not open for the account."),
    "NO-CREDITS": _("The account’s balance is too low."),
    "KLR-INV-NUMBER": _("The number is not valid."),
    "INV-MOB-PATTRN": _("The number does not look like a mobile number."),
    "INV-NUMBER": _("The operator does not know this number."),
    "INVALID-SUB": _("The operator has no such subscriber."),
    "ABSENT-SUB": _("The phone could not be reached."),
    "MOB-OFF": _("The phone was off."),
    "HANDSET-ERR": _("The phone did not take it."),
    "HANDSET-BUSY": _("The phone was busy."),
    "BARRED": _("The subscriber may not receive it: the operator bars it."),
    "NET-ERR": _("The operator’s network failed."),
    "EXPIRED": _("The operator gave up: its time was over."),
    "REJECTED": _("The operator refused it."),
    "BLACKLIST": _("The number is on a block list."),
    "CON-DND": _("The customer’s number is on the do-not-disturb list."),
    "DND-NUMB": _("The customer’s number is on the do-not-disturb list."),
    "OPT-OUT": _("The customer has opted out."),
    "NOT-OPTIN": _("The customer has not opted in."),
    "SPAM": _("It was taken for spam."),
    "TEMPLATE-NOT-FOUND": _("The SMS template is not known to the operators."),
    "INV-TEMPLATE-MATCH": _("The text differs from the approved SMS template: check the values."),
    "SENDER-ID-NOT-FOUND": _("The sender ID is not registered."),
    "REJECTED-MULTIPART": _("The SMS is too long to be taken."),
}
"""What the codes mean that Kaleyra documents for SMS and WhatsApp (its pages "sms-status-and-status-trace-codes", "whatsapp-status")."""


def why_paused(account: Account) -> Text:
    """Why nothing leaves through the account: a person's words, or the console's own reason."""
    return account.paused_reason or REASONS.get(account.paused_because, "")
