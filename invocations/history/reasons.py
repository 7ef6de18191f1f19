"""Plain words for reasons, attempts, error texts and channel codes."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from invocations.history.meanings import Text
from invocations.models import Account, Attempt

Outcome = Attempt.Outcome

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
ATTEMPT_REASONS = REASONS | {
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


def advice_for(texts: list[str]) -> list[Text]:
    """What our own words add to Kaleyra's: one sentence for each kind of error that is known."""
    return [sentence for sign, sentence in _ADVICE if any(sign in text for text in texts)]


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
