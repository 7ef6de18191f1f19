"""What a person does next, by what an invocation means to them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from invocations.history.meanings import (
    ASK_AND_SETTLE,
    CHECK_SAFELY,
    CONTRADICTED,
    NO_CONFIRMATION,
    NOT_DELIVERED,
    SETTLED,
    STATUSES,
    TRY_NOW,
    Meaning,
    StatusMeaning,
    Text,
)
from invocations.models import Invocation

Status = Invocation.Status

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


def next_steps(
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


def group_advice(status: str, reason: str) -> Text:
    """What is done about messages that went wrong alike: by the reason if it says enough, else by their status."""
    return _BY_REASON.get(reason) or _BY_STATUS.get(status, "")
