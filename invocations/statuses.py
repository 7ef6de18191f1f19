"""What each status means, in plain words, and what a person does next. The one glossary: pages, badges and docs read it.

Tones are those of static/console.css. Green means that a delivery was reported, and nothing here reports one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from invocations.models import Account, Attempt, Invocation

Text = str | Promise
Status = Invocation.Status
Outcome = Attempt.Outcome


NOT_SENT = _("Not sent")
NOT_KNOWN = _("Not known")


@dataclass(frozen=True)
class Meaning:
    """How a status is shown, what it says, and what a person does next."""

    label: Text
    tone: str
    icon: str
    says: Text
    next: tuple[Text, ...] = ()
    delivery: Text = NOT_SENT


STATUSES: dict[str, Meaning] = {
    Status.QUEUED: Meaning(
        Status.QUEUED.label,
        "neutral",
        "schedule",
        _("Recorded here. Nothing has left yet."),
        (
            _("Wait: it is tried again by itself with the same request ID, until its time is over."),
            _("Or press “Try now”. It cannot go out twice."),
            _("Or cancel it. Then it never leaves."),
        ),
    ),
    Status.SENDING: Meaning(
        Status.SENDING.label,
        "sending",
        "arrow_upward",
        _("On its way to Kaleyra."),
        (_("Wait a few seconds. This page changes by itself."),),
        NOT_KNOWN,
    ),
    Status.ACCEPTED: Meaning(
        Status.ACCEPTED.label,
        "accepted",
        "check",
        _("Kaleyra has taken it and starts the flow. That is not yet a delivery."),
        (
            _("Nothing is left to do here. Whether the customer’s phone got it is not reported to this console yet."),
            _("If the customer got nothing, give Kaleyra’s ID to whoever looks it up at Kaleyra."),
        ),
        NOT_KNOWN,
    ),
    Status.REJECTED: Meaning(
        Status.REJECTED.label,
        "rejected",
        "block",
        _("Kaleyra refused it. Nothing went to the customer."),
        (_("Read Kaleyra’s reason below and have it put right."), _("Then send it again with these values. It gets a new request ID.")),
    ),
    Status.UNKNOWN: Meaning(
        Status.UNKNOWN.label,
        "unknown",
        "question_mark",
        _("It may have gone out: no answer settles it."),
        (
            _("Press “Check safely”. It asks once more with the same request ID, which Kaleyra takes once."),
            _("Still unknown? Ask the customer whether a message came, and have it settled."),
            _("Only then send it again. It gets a new ID, so the customer may receive it twice."),
        ),
        NOT_KNOWN,
    ),
    Status.HELD: Meaning(
        Status.HELD.label,
        "held",
        "pause",
        _("Certainly not sent: the set-up needs an admin first."),
        (
            _("Tell an admin what stands under “Why”."),
            _("When it is mended and the account goes on, it leaves by itself, with the same request ID."),
            _("Or cancel it. Then it never leaves."),
        ),
    ),
    Status.CANCELLED: Meaning(Status.CANCELLED.label, "neutral", "close", _("Cancelled before anything left. It never leaves.")),
    Status.EXPIRED: Meaning(
        Status.EXPIRED.label,
        "neutral",
        "timer_off",
        _("Never sent: it could not leave in time."),
        (_("If the customer still needs it, send it again with these values. It gets a new request ID."),),
    ),
}

SCHEDULED = Meaning(
    pgettext_lazy("status", "Scheduled"),
    "neutral",
    "event",
    _("Recorded here. It leaves when its time has come."),
    (_("Wait, or cancel it. Then it never leaves."),),
)
ASKED_ABOUT = replace(
    STATUSES[Status.UNKNOWN],
    says=_("It may have gone out: no answer settles it yet."),
    next=(
        _("Wait: the console asks again by itself with the same request ID, for a quarter of an hour at most."),
        _("Do not send it again meanwhile. The customer may receive it twice."),
    ),
)
SETTLED: dict[str, Meaning] = {
    "settled_delivered": Meaning(
        pgettext_lazy("status", "Settled: delivered"),
        "accepted",
        "gavel",
        _("No answer settled it. A person did: it was delivered."),
        (_("Nothing is left to do."),),
        _("Delivered, says a person"),
    ),
    "settled_not_delivered": Meaning(
        pgettext_lazy("status", "Settled: not delivered"),
        "rejected",
        "gavel",
        _("No answer settled it. A person did: it was not delivered."),
        (_("If the customer still needs it, send it again with these values. It gets a new request ID."),),
        _("Not delivered, says a person"),
    ),
}
"""By the reason that a settlement leaves (`invocations.sending.settle`)."""


def meaning_of(invocation: Invocation) -> Meaning:
    """What stands behind the invocation's status: who settled it, whether it has its time still before it, whether it is asked about."""
    if invocation.reason in SETTLED:
        return SETTLED[invocation.reason]
    if invocation.status == Status.QUEUED and invocation.not_before and invocation.not_before > timezone.now():
        return SCHEDULED
    if invocation.status == Status.UNKNOWN and invocation.due_at:
        return ASKED_ABOUT
    return STATUSES[invocation.status]


REASONS: dict[str, Text] = {
    "accepted": _("Kaleyra answered that it was accepted."),
    "confirmed_by_duplicate": _("Kaleyra answered that it has this request ID already: the earlier attempt had got in."),
    "confirmed_by_result": _("Kaleyra reported what became of it: so the attempt had got in."),
    "rejected": _("Kaleyra answered with a refusal."),
    "not_taken": _("The address was answered, but not as a workflow: check pod, SID and workflow ID."),
    "no_such_workflow": _(
        "Kaleyra has no such workflow under this SID: check workflow ID, SID and pod. The workflow is paused until then."
    ),
    "credentials": _(
        "Kaleyra refused the API key together with this SID. The key may be wrong, off, from another account, bound to other IP "
        "addresses, or its maker was removed at Kaleyra."
    ),
    "redirect": _("The host pointed to another address. The console never follows: the API key would go there."),
    "asked_to_wait": _("Kaleyra asked to slow down."),
    "in_progress": _("Kaleyra is still working on this request ID, or has it already."),
    "server_error": _("Kaleyra’s server failed without saying whether it had taken the message."),
    "broken_off": _("The connection broke before a whole answer was there."),
    "unreadable": _("The answer could not be read."),
    "another_request": _("The answer was about another request ID."),
    "contradiction": _("The answer contradicts itself."),
    "undocumented_status": _("The answer has a status that Kaleyra does not document."),
    "id_used_before": _("Kaleyra says that this request ID was used before, but not by an attempt of ours."),
    "timeout": _("No answer came in time."),
    "too_slow": _("The answer was not complete within 15 seconds."),
    "refused": _("No connection: the host did not take it. Nothing left."),
    "name": _("No connection: the host’s name was not found. Nothing left."),
    "connect_timeout": _("No connection within 5 seconds. Nothing left."),
    "proxy": _("No connection through the proxy. Nothing left."),
    "certificate": _("The host’s certificate is not trusted. Nothing left."),
    "address": _("The pod’s host is not one that keys may be sent to. Nothing left."),
    "key": _("The stored API key cannot be sent: enter it again. Nothing left."),
    "no_key": _("The account has no primary API key. Nothing left."),
    "unreadable_key": _(
        "The API key cannot be decrypted: enter it again, or put back what is missing in FIELD_ENCRYPTION_KEYS. Nothing left."
    ),
    "unreadable_message": _("The message cannot be decrypted: a key is missing in FIELD_ENCRYPTION_KEYS. Nothing left."),
    "handed_back": _("The dispatcher was told to stop, or the account to wait, before it began. Nothing left."),
    "internal": _("The console itself failed during the attempt. The server’s log says where."),
    "earlier_attempt": _("An earlier attempt may have got in, and the last one does not settle it."),
    "interrupted": _("The console was stopped during the attempt."),
    "too_late": _("Its time was over before it could leave."),
    "cancelled": _("A person cancelled it before anything had left."),
    "settled_delivered": _("A person settled it: it was delivered."),
    "settled_not_delivered": _("A person settled it: it was not delivered."),
}
"""Why an invocation or an attempt is what it is, by its reason (`answer_table.TABLE`, and what `sending` adds)."""

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


def why_paused(account: Account) -> Text:
    """Why nothing leaves through the account: a person's words, or the console's own reason."""
    return account.paused_reason or REASONS.get(account.paused_because, "")
