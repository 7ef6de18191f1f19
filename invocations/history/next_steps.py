"""What a person does next about an invocation, or about a group of failed ones."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from invocations.history import steps
from invocations.history.deliveries import NO_CONFIRMATION, NOT_DELIVERED
from invocations.history.meanings import Meaning, NextStep, StatusMeaning, Text
from invocations.history.statuses import RESTORED, SETTLED, STATUSES
from invocations.models import Invocation
from invocations.sending.departure import GOES_ON, Departure, Obstacle

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
    "scheduled": (steps.SCHEDULED_WHILE_PAUSED, steps.OR_CANCEL),
    "unknown": (
        steps.CHECK_AFTER_PAUSE,
        steps.ASK_MEANWHILE_AND_SETTLE,
        steps.ONLY_THEN_SEND_AGAIN,
    ),
    "unknown-restored": (
        steps.CHECK_AFTER_PAUSE,
        steps.ASK_MEANWHILE_AND_SETTLE,
        steps.ONLY_THEN_SEND_AGAIN,
    ),
    "asked-about": (steps.ASKED_AFTER_PAUSE, steps.DO_NOT_SEND_MEANWHILE),
}
"""By the name of the status: the steps while an account, a workflow or all sending is paused.

The page names the pause above them.
"""
_WITHOUT_SENDER: dict[str, tuple[NextStep, ...]] = {
    "queued": (steps.NOT_LEAVING, steps.TRY_NOW, steps.OR_CANCEL),
    "scheduled": (steps.SCHEDULED_WITHOUT_SENDER, steps.OR_CANCEL),
    "held": (steps.ADMIN_FIXES_SETUP, steps.LEAVES_WITH_SENDER, steps.OR_CANCEL),
    "asked-about": (
        steps.NOBODY_ASKS,
        steps.CHECK_SAFELY,
        steps.ASK_MEANWHILE_AND_SETTLE,
        steps.DO_NOT_SEND_MEANWHILE,
    ),
}
"""By the name of the status: the steps while the background sender is not running."""
_BLOCKED_WITHOUT_SENDER: dict[str, tuple[NextStep, ...]] = {
    "queued": (steps.LEAVES_WITH_SENDER, steps.OR_CANCEL),
    "scheduled": (
        steps.SCHEDULED_WHILE_PAUSED,
        steps.SCHEDULED_WITHOUT_SENDER,
        steps.OR_CANCEL,
    ),
    "held": _WITHOUT_SENDER["held"],
    "asked-about": (
        steps.NOBODY_ASKS,
        steps.ASK_MEANWHILE_AND_SETTLE,
        steps.DO_NOT_SEND_MEANWHILE,
    ),
}
_WHILE_UNREACHABLE: dict[str, tuple[NextStep, ...]] = {
    "queued": (steps.WAIT_UNTIL_REACHABLE, steps.TRY_NOW, steps.OR_CANCEL),
    "asked-about": (
        steps.ASKED_ONCE_REACHABLE,
        steps.CHECK_SAFELY,
        steps.DO_NOT_SEND_MEANWHILE,
    ),
}
"""By the name of the status: the steps while the account's circuit is open."""
_WITHOUT_KEY: dict[str, tuple[NextStep, ...]] = {
    "queued": (steps.LEAVES_WITH_KEY, steps.OR_CANCEL),
    "scheduled": (steps.SCHEDULED_WITHOUT_KEY, steps.OR_CANCEL),
    "asked-about": (steps.LEAVES_WITH_KEY, steps.DO_NOT_SEND_MEANWHILE),
}
"""By the name of the status: the steps while the account has no usable API key."""


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
    departure: Departure = GOES_ON,
) -> tuple[NextStep, ...]:
    """The delivery's steps, or the status' if it has none or a result contradicts the status.

    `is_disputed`: two results, or a result and a person, contradict each other.
    `is_blocked`: a pause stops it. `is_too_old`: its ID is not posted again any more.
    `has_button`: the page shows the button that posts the same ID again. Without it no step names
    the button. `may_settle`: the viewer has the permission to settle. `departure`: who sends what
    waits.
    """
    if meaning.is_contradicted:
        return meaning.next
    if is_disputed:
        return NO_CONFIRMATION.next
    is_past_checking = is_too_old and meaning in (STATUSES[Status.UNKNOWN], RESTORED)
    waiting = None
    if not is_past_checking:
        waiting = _steps_while_waiting(meaning.name, departure, is_blocked=is_blocked)
    found = waiting or delivery.next or meaning.next
    if not may_settle:
        found = tuple(_FOR_AN_ADMIN.get(step, step) for step in found)
    if not has_button:
        found = tuple(step for step in found if step not in _NAMING_THE_BUTTON)
    return found


def _steps_while_waiting(
    status: str, departure: Departure, *, is_blocked: bool
) -> tuple[NextStep, ...] | None:
    """The steps that differ because nothing leaves by itself now; None if none do."""
    if is_blocked:
        without = {} if departure.has_sender else _BLOCKED_WITHOUT_SENDER
        return without.get(status) or _WHILE_BLOCKED.get(status)
    if not departure.has_sender:
        return _WITHOUT_SENDER.get(status)
    if Obstacle.NO_KEY in departure.obstacles:
        return _WITHOUT_KEY.get(status)
    return _WHILE_UNREACHABLE.get(status) if departure.is_unreachable else None


# --- many invocations that failed alike -----------------------------------------------------------

_ENTER_KEY = _(
    "An admin enters the account’s API key again, under API keys."
    " Once the account is resumed, they leave by themselves."
)
_CHECK_HOST = _(
    "An admin compares the region’s host with the one that Kaleyra shows."
    " Once the account is resumed, they leave by themselves."
)
_ASK_KALEYRA = _(
    "Do not send them again: the customers may have them already."
    " Ask Kaleyra, with both IDs, and record what happened."
)
_BY_REASON: dict[str, Text] = {
    "no_such_workflow": _(
        "An admin compares workflow ID, SID and region with Kaleyra’s Fallback page"
        " and resumes the workflow. Then send them again."
    ),
    "not_taken": _(
        "An admin compares region, SID and workflow ID with Kaleyra’s Fallback page."
        " Then send them again."
    ),
    "credentials": _(
        "An admin checks the account’s API key (“Check this key”), or replaces it."
        " Once the account is resumed, they leave by themselves."
    ),
    "key": _ENTER_KEY,
    "no_key": _(
        "An admin stores an API key for the account."
        " Once the account is resumed, they leave by themselves."
    ),
    "unreadable_key": _ENTER_KEY,
    "redirect": _CHECK_HOST,
    "address": _CHECK_HOST,
    "certificate": _(
        "Whoever runs the console looks at the host’s certificate, or at CA_BUNDLE."
        " Once the account is resumed, they leave by themselves."
    ),
    "other_kind": _("Cancel them, and send them anew if they should still go out."),
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
    Status.REJECTED: _("Fix what Kaleyra names, then send them again."),
    Status.UNKNOWN: _(
        "Do not send them again yet. Use “Check safely” where it is offered, and ask the customers."
        " An admin records what happened to the rest."
    ),
    Status.HELD: _(
        "An admin fixes what stops them. Then they leave by themselves. Or cancel them."
    ),
    Status.EXPIRED: _("They never left. Send again those that the customers still need."),
}


def group_advice(status: str, reason: str) -> Text:
    """What to do about failed invocations: by `reason` if it has an entry, else by `status`."""
    return _BY_REASON.get(reason) or _BY_STATUS.get(status, "")


_OF_ONE: dict[str, Text] = {
    "no_such_workflow": _(
        "An admin compares workflow ID, SID and region with Kaleyra’s Fallback page"
        " and resumes the workflow. Then send it again."
    ),
    "not_taken": _(
        "An admin compares region, SID and workflow ID with Kaleyra’s Fallback page."
        " Then send it again."
    ),
    Status.REJECTED: _("Fix what Kaleyra names, then send it again."),
    Status.EXPIRED: _("It never left. Send it again if the customer still needs it."),
}
"""By reason or status: the advice about one message, for its sender."""


def advice_about_one(status: str, reason: str) -> Text:
    """The same for one rejected or expired invocation, in short, for a list."""
    return _OF_ONE.get(reason) or _OF_ONE.get(status, "")
