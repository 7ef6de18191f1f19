"""Plain words for the reasons of statuses and attempts, and for Kaleyra's error texts."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from invocations.history.meanings import Text
from invocations.models import Account, Attempt

Outcome = Attempt.Outcome

REASONS: dict[str, Text] = {
    "accepted": _("Kaleyra answered that it was accepted."),
    "confirmed_by_duplicate": _(
        "Kaleyra answered that it has this request ID already, so it had received the earlier"
        " attempt."
    ),
    "confirmed_by_result": _("Kaleyra reported a result for it, so it had received the attempt."),
    "rejected": _("Kaleyra rejected it."),
    "not_taken": _(
        "The address answered, but not as a workflow: check region, SID and workflow ID."
    ),
    "no_such_workflow": _(
        "Kaleyra has no such workflow under this SID: check workflow ID, SID and region."
    ),
    "credentials": _(
        "Kaleyra refused the API key together with this SID. The key may be wrong, off, from"
        " another account, bound to other IP "
        "addresses, or its maker was removed at Kaleyra."
    ),
    "redirect": _(
        "The host pointed to another address. The console never follows: the API key would go"
        " there."
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
    "address": _("The region’s host is not one that keys may be sent to."),
    "key": _("The stored API key cannot be sent: enter it again."),
    "no_key": _("The account has no primary API key."),
    "unreadable_key": _(
        "The API key cannot be decrypted: it was entered for another host or SID, or a key is"
        " missing in FIELD_ENCRYPTION_KEYS. Enter it again."
    ),
    "unreadable_message": _(
        "The message cannot be decrypted, or is not the one that was recorded: a key is missing in"
        " FIELD_ENCRYPTION_KEYS, or somebody changed the database."
    ),
    "other_kind": _(
        "Its account has changed between practice and live since the message was checked. Nothing"
        " left. Cancel it, and send it anew if it should still go out."
    ),
    "own_target_unknown": _(
        "It may have been accepted. The changes do not show to which host, SID and workflow ID"
        " it was posted, so nothing was posted this time. Look for its request ID in Kaleyra’s"
        " reports."
    ),
    "own_host_gone": _(
        "It may have been accepted by a host that belongs to no region of the console any more."
        " No other host may be asked about it, so nothing was posted. If an admin adds a region"
        " with that host again, “Check safely” asks there."
    ),
    "own_key_gone": _(
        "It may have been accepted under a SID for which the console has no API key any more."
        " No other key may be used to ask about it, so nothing was posted. If an admin adds an"
        " account"
        " with that SID and its key, “Check safely” asks there."
    ),
    "handed_back": _(
        "It was put back before it began: its account had to wait, or the console was stopped."
        " Nothing left."
    ),
    "internal": _("The console itself failed during the attempt. The server’s log says where."),
    "earlier_attempt": _(
        "Kaleyra may have received an earlier attempt, and the last one does not say."
    ),
    "interrupted": _("The console was stopped during the attempt."),
    "database_restored": _(
        "The database was restored from a backup. In the backup it was still open: it may have"
        " been sent, cancelled or recorded since."
    ),
    "too_late": _("It expired before it could leave."),
    "cancelled": _("A person cancelled it before anything had left."),
    "do_not_contact": _(
        "Its number was put on the do-not-contact list before it had left. Nothing was sent."
    ),
    "awaits_approval": _("It waits for a second person to approve it."),
    "approval_refused": _("The second person refused it. Nothing was sent."),
    "approval_lapsed": _("Nobody approved it in time. Nothing was sent."),
    "approval_void": _(
        "Its workflow or account changed before it was approved. Nothing was sent. Send it anew."
    ),
    "reported_before_sent": _(
        "Kaleyra reported a result for it before this console had sent it: it may have left"
        " already."
    ),
    "settled_then_accepted": _(
        "A person recorded it as not delivered. Kaleyra’s answer came later and says that it"
        " was accepted."
    ),
    "settled_delivered": _("A person recorded it as delivered."),
    "settled_not_delivered": _("A person recorded it as not delivered."),
}
"""Why an invocation has its status.

By the reason: a key of `sending.outcomes.TABLE`, or one that another module of `sending` stores.
"""
ATTEMPT_REASONS = REASONS | {
    "id_used_before": _("Kaleyra answered that this request ID was used before.")
}
"""Why an attempt has its outcome. Unlike `REASONS`, it claims nothing about other attempts."""
OUTCOMES: dict[str, tuple[str, str]] = {
    Outcome.UNDER_WAY: ("sending", "arrow_upward"),
    Outcome.ACCEPTED: ("accepted", "check"),
    Outcome.REJECTED: ("rejected", "block"),
    Outcome.REFUSED: ("held", "pause"),
    Outcome.BUSY: ("neutral", "schedule"),
    Outcome.DOUBTFUL: ("unknown", "question_mark"),
    Outcome.NOT_SENT: ("neutral", "link_off"),
}
"""By the outcome of an attempt: tone and icon."""
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
"""A part of Kaleyra's error text, and what it means."""


def advice_for(texts: list[str]) -> list[Text]:
    """One sentence for each known error in Kaleyra's error texts."""
    return [sentence for part, sentence in _ADVICE if any(part in text for text in texts)]


def why_paused(account: Account) -> Text:
    """Why the account is paused: the text that a person entered, or the console's own reason."""
    return account.paused_reason or REASONS.get(account.paused_because, "")
