"""What a button that sends does, in words: its label, and the first line of its page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from invocations.forms.promise import Promise
from invocations.history.outlook import no_sender_text, unreachable_text
from invocations.history.wording import clock_time, clock_time_of
from invocations.models import WorkflowInstance
from invocations.sending.departure import Deed, Departure, Obstacle


@dataclass(frozen=True)
class DeedText:
    """`first_line`: what happens; empty if the message simply leaves. `notes`: what else counts."""

    button: str
    busy: str
    icon: str
    first_line: str
    notes: list[str]


def deed_text(
    promise: Promise, workflow: WorkflowInstance, departure: Departure, now: datetime
) -> DeedText:
    button, busy, icon = _button(promise, now)
    return DeedText(
        button=button,
        busy=busy,
        icon=icon,
        first_line=_first_line(promise, workflow, departure, now),
        notes=_notes(promise.deed, workflow, departure),
    )


def _button(promise: Promise, now: datetime) -> tuple[str, str, str]:
    """Label, label while it is under way, and icon."""
    if promise.deed is Deed.QUEUE:
        words = _("Queue 1 message, expires %(time)s")
        time = clock_time_of(promise.expires_at, now)
        return words % {"time": time}, _("Queueing …"), "schedule"
    if promise.deed is Deed.SCHEDULE and promise.not_before:
        words = _("Schedule 1 message for %(time)s")
        time = clock_time(promise.not_before, "D H:i")
        return words % {"time": time}, _("Scheduling …"), "event"
    return _("Send 1 message"), _("Sending …"), "send"


def _first_line(
    promise: Promise, workflow: WorkflowInstance, departure: Departure, now: datetime
) -> str:
    if promise.deed is Deed.QUEUE:
        time = clock_time_of(promise.expires_at, now)
        facts = {"name": workflow.title, "account": workflow.account.title, "time": time}
        return _why_queued(departure.obstacles[0]) % facts
    if promise.deed is Deed.SCHEDULE and promise.not_before:
        words = _("It leaves %(time)s. If it cannot leave by %(end)s, it expires.")
        return words % {
            "time": clock_time(promise.not_before, "l j F, H:i"),
            "end": clock_time_of(promise.expires_at, promise.not_before),
        }
    return ""


def _why_queued(obstacle: Obstacle) -> str:
    return {
        Obstacle.STOPPED: _(
            "Sending is stopped, so nothing leaves now. Your message waits. "
            "If sending is not resumed by %(time)s, it is not sent."
        ),
        Obstacle.ACCOUNT_PAUSED: _(
            "The account %(account)s is paused, so nothing leaves now. Your message waits. "
            "If this is not resumed by %(time)s, it is not sent."
        ),
        Obstacle.WORKFLOW_PAUSED: _(
            "The workflow %(name)s is paused, so nothing leaves now. Your message waits. "
            "If this is not resumed by %(time)s, it is not sent."
        ),
        Obstacle.NO_KEY: _(
            "%(account)s has no usable API key, so nothing leaves now. Your message waits. "
            "If no key is stored by %(time)s, it is not sent."
        ),
    }[obstacle]


def _notes(deed: Deed, workflow: WorkflowInstance, departure: Departure) -> list[str]:
    notes = []
    if departure.is_unreachable:
        notes.append(unreachable_text(departure, workflow.account))
    if departure.has_sender:
        if departure.is_unreachable and deed is Deed.SEND:
            notes.append(_("Yours is tried once now, and then waits for its turn."))
        return notes
    notes.append(no_sender_text())
    if deed is Deed.SEND:
        notes.append(_("Yours is tried once, now. If that fails, nobody tries again."))
    else:
        notes.append(_("Yours leaves only once it runs again."))
    return notes


def what_changed(promise: Promise) -> str:
    """Why the review is shown anew: the button of the page before said something else.

    `promise`: what holds now.
    """
    if promise.deed is Deed.SEND:
        return _(
            "Nothing was sent. In the meantime sending was resumed: "
            "the message would leave at once now. Read the button, and press it if that is right."
        )
    return _(
        "Nothing was sent, and nothing was queued. In the meantime something has changed: "
        "read below what the button does now."
    )
