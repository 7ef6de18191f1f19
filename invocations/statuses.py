"""What each status means, in plain words, and what a person does next. The one glossary: pages, badges and docs read it.

Tones are those of static/console.css. Green means that a delivery was reported, and nothing here reports one.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from invocations.models import Attempt, Invocation

Text = str | Promise
Status = Invocation.Status
Outcome = Attempt.Outcome


NOT_SENT = _("Not sent")


@dataclass(frozen=True)
class Meaning:
    """How a status is shown and what it says."""

    tone: str
    icon: str
    says: Text
    next: tuple[Text, ...] = ()
    delivery: Text = NOT_SENT


STATUSES: dict[str, Meaning] = {
    Status.QUEUED: Meaning(
        "neutral",
        "schedule",
        _("Recorded here. Nothing has left yet."),
        (
            _("Wait: it is tried again by itself, with the same request ID, for a quarter of an hour."),
            _("Or press “Try now”. It cannot go out twice."),
        ),
    ),
    Status.SENDING: Meaning(
        "sending", "arrow_upward", _("On its way to Kaleyra."), (_("Wait a few seconds. This page changes by itself."),), _("Not known")
    ),
    Status.ACCEPTED: Meaning(
        "accepted",
        "check",
        _("Kaleyra has taken it and starts the flow. That is not yet a delivery."),
        (
            _("Nothing is left to do here. Whether the customer’s phone got it is not reported to this console yet."),
            _("If the customer got nothing, give Kaleyra’s ID to whoever looks it up at Kaleyra."),
        ),
        _("Not known"),
    ),
    Status.REJECTED: Meaning(
        "rejected",
        "block",
        _("Kaleyra refused it. Nothing went to the customer."),
        (_("Read Kaleyra’s reason below and have it put right."), _("Then send it again with these values. It gets a new request ID.")),
    ),
    Status.UNKNOWN: Meaning(
        "unknown",
        "question_mark",
        _("It may have gone out: no answer settles it."),
        (
            _("Press “Check safely”. It asks once more with the same request ID, which cannot be accepted twice."),
            _("Still unknown? Ask the customer whether a message came."),
            _("Only then send it again. It gets a new ID, so the customer may receive it twice."),
        ),
        _("Not known"),
    ),
    Status.HELD: Meaning(
        "held",
        "pause",
        _("Certainly not sent: the set-up needs an admin first."),
        (_("Tell an admin what stands under “Why”."), _("When it is mended, press “Try now”. The request ID stays the same.")),
    ),
    Status.CANCELLED: Meaning("neutral", "close", _("Cancelled before anything left.")),
    Status.EXPIRED: Meaning(
        "neutral",
        "timer_off",
        _("Never sent: it could not leave in time."),
        (_("If the customer still needs it, send it again with these values. It gets a new request ID."),),
    ),
}

REASONS: dict[str, Text] = {
    "accepted": _("Kaleyra answered that it was accepted."),
    "confirmed_by_duplicate": _("Kaleyra answered that it has this request ID already: the earlier attempt had got in."),
    "rejected": _("Kaleyra answered with a refusal."),
    "not_taken": _("The address was answered, but not as a workflow: check pod, SID and workflow ID."),
    "credentials": _(
        "Kaleyra refused the API key together with this SID. The key may be wrong, off, from another account, bound to other IP "
        "addresses, or its maker was removed at Kaleyra."
    ),
    "redirect": _("The host pointed to another address. The console never follows: the API key would go there."),
    "asked_to_wait": _("Kaleyra asked to slow down."),
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
    "unreadable_key": _("The API key or the message cannot be decrypted: a key is missing in FIELD_ENCRYPTION_KEYS. Nothing left."),
    "internal": _("The console itself failed during the attempt. The server’s log says where."),
    "earlier_attempt": _("An earlier attempt may have got in, and the last one does not settle it."),
    "interrupted": _("The console was stopped during the attempt."),
    "too_late": _("Its time was over before it could leave."),
}

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
