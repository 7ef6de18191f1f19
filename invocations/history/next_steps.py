"""What a person does next about an invocation, or about a group of failed ones."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from invocations.history import steps
from invocations.history.deliveries import NO_CONFIRMATION, NOT_DELIVERED
from invocations.history.meanings import Meaning, NextStep, StatusMeaning, Text
from invocations.history.statuses import SETTLED, STATUSES
from invocations.models import Invocation

Status = Invocation.Status

_FOR_AN_ADMIN = {
    steps.ASK_AND_SETTLE: steps.ASK_AND_HAVE_SETTLED,
    steps.ASK_MEANWHILE_AND_SETTLE: steps.ASK_MEANWHILE_AND_HAVE_SETTLED,
    steps.READ_RESULT_AND_SETTLE: steps.READ_RESULT_AND_HAVE_SETTLED,
}
"""Steps that need the permission to settle, with the step for a viewer who lacks it."""
_NAMING_THE_BUTTON = {steps.TRY_NOW, steps.CHECK_SAFELY}
_WHILE_BLOCKED: dict[str, tuple[NextStep, ...]] = {
    "queued": (steps.LEAVES_AFTER_PAUSE, steps.OR_CANCEL),
    "unknown": (
        steps.CHECK_AFTER_PAUSE,
        steps.ASK_MEANWHILE_AND_SETTLE,
        steps.ONLY_THEN_SEND_AGAIN,
    ),
    "asked-about": (steps.ASKED_AFTER_PAUSE, steps.DO_NOT_SEND_MEANWHILE),
}
"""By the name of the status: the steps while an account, a workflow or all sending is paused.

The page names the pause above them.
"""


def is_settled_otherwise(meaning: StatusMeaning, delivery: Meaning) -> bool:
    """Whether Kaleyra reported that every channel failed after a person had settled "delivered"."""
    return meaning is SETTLED["settled_delivered"] and delivery is NOT_DELIVERED


def next_steps(
    meaning: StatusMeaning,
    delivery: Meaning,
    *,
    is_disputed: bool = False,
    is_blocked: bool = False,
    is_too_old: bool = False,
    has_button: bool = True,
    may_settle: bool = True,
) -> tuple[NextStep, ...]:
    """The delivery's steps, or the status' if it has none or a result contradicts the status.

    `is_disputed`: two results, or a result and a person, contradict each other.
    `is_blocked`: a pause stops it. `is_too_old`: its ID is not posted again any more.
    `has_button`: the page shows the button that posts the same ID again. Without it no step names
    the button. `may_settle`: the viewer has the permission to settle.
    """
    if meaning.is_contradicted:
        return meaning.next
    if is_disputed:
        return NO_CONFIRMATION.next
    is_past_checking = is_too_old and meaning is STATUSES[Status.UNKNOWN]
    blocked = _WHILE_BLOCKED.get(meaning.name) if is_blocked and not is_past_checking else None
    found = blocked or delivery.next or meaning.next
    if not may_settle:
        found = tuple(_FOR_AN_ADMIN.get(step, step) for step in found)
    if not has_button:
        found = tuple(step for step in found if step not in _NAMING_THE_BUTTON)
    return found


# --- many invocations that failed alike -----------------------------------------------------------

_ENTER_KEY = _(
    "An admin enters the account’s API key again, under API keys."
    " When the account goes on, they leave by themselves."
)
_CHECK_HOST = _(
    "An admin compares the pod’s host with the one that Kaleyra shows."
    " When the account goes on, they leave by themselves."
)
_ASK_KALEYRA = _(
    "Do not send them again: the customers may have them already."
    " Ask Kaleyra, with both IDs, and settle them."
)
_BY_REASON: dict[str, Text] = {
    "no_such_workflow": _(
        "An admin compares workflow ID, SID and pod with Kaleyra’s Fallback page"
        " and lets the workflow go on. Then send them again."
    ),
    "not_taken": _(
        "An admin compares pod, SID and workflow ID with Kaleyra’s Fallback page."
        " Then send them again."
    ),
    "credentials": _(
        "An admin checks the account’s API key (“Check this key”), or replaces it."
        " When the account goes on, they leave by themselves."
    ),
    "key": _ENTER_KEY,
    "no_key": _(
        "An admin stores an API key for the account."
        " When the account goes on, they leave by themselves."
    ),
    "unreadable_key": _ENTER_KEY,
    "redirect": _CHECK_HOST,
    "address": _CHECK_HOST,
    "certificate": _(
        "Whoever runs the console looks at the host’s certificate, or at CA_BUNDLE."
        " When the account goes on, they leave by themselves."
    ),
    "unreadable_message": _(
        "Whoever runs the console puts the missing key back into FIELD_ENCRYPTION_KEYS."
        " Or cancel them."
    ),
    "id_used_before": _ASK_KALEYRA,
    "another_request": _ASK_KALEYRA,
    "contradiction": _ASK_KALEYRA,
    "reported_before_sent": _ASK_KALEYRA,
    "settled_then_accepted": _ASK_KALEYRA,
}
_BY_STATUS: dict[str, Text] = {
    Status.REJECTED: _("Have put right what Kaleyra names. Then send them again."),
    Status.UNKNOWN: _(
        "Do not send them again yet. Use “Check safely” where it is offered, and ask the customers."
        " An admin settles the rest."
    ),
    Status.HELD: _(
        "An admin mends what stops them. Then they leave by themselves. Or cancel them."
    ),
    Status.EXPIRED: _("They never left. Send again those that the customers still need."),
}


def group_advice(status: str, reason: str) -> Text:
    """What to do about failed invocations: by `reason` if it has an entry, else by `status`."""
    return _BY_REASON.get(reason) or _BY_STATUS.get(status, "")
