"""What a button that sends does, in words: its label, what the bar beside it says, and notes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from invocations.forms.promise import Promise
from invocations.history.outlook import no_sender_text, unreachable_text
from invocations.history.scheduled import Schedule, short_time
from invocations.history.wording import clock_time_of
from invocations.models import WorkflowInstance
from invocations.sending.departure import Deed, Departure, Obstacle


@dataclass(frozen=True)
class DeedText:
    """`truth`: what it means, for the bar beside the button; `more`: what else to know there.

    `first_line`: what keeps the message back; empty if nothing does. `notes`: what else counts.
    """

    button: str
    busy: str
    icon: str
    truth: str
    more: str
    first_line: str
    notes: list[str]


def deed_text(
    promise: Promise,
    workflow: WorkflowInstance,
    departure: Departure,
    now: datetime,
    *,
    is_repeat: bool = False,
    boxes: int = 0,
) -> DeedText:
    """`is_repeat`: the customer may have the message already. `boxes`: how many have to be ticked
    before the button does it.
    """
    button, busy, icon = _button(promise, workflow, now, is_repeat=is_repeat)
    truth, more = _truth(promise, workflow, departure, now)
    is_queued = promise.deed is Deed.QUEUE
    first_line = f"{truth} {more}" if is_queued else ""
    if boxes:
        words = ngettext("Tick the box above first.", "Tick the %(n)s boxes above first.", boxes)
        again = _("The customer would get a second message.") if is_repeat else ""
        truth, more = words % {"n": boxes}, again
    notes = _notes(promise, workflow, departure)
    return DeedText(button, busy, icon, truth, more, first_line, notes)


def _button(
    promise: Promise, workflow: WorkflowInstance, now: datetime, *, is_repeat: bool
) -> tuple[str, str, str]:
    """Label, label while it is under way, and icon."""
    is_practice = workflow.account.pod.is_practice
    if promise.deed is Deed.ASK:
        words = _("Ask for approval of 1 message")
        if is_repeat:
            words = _("Ask for approval of 1 more message")
        return words, _("Asking …"), "approval"
    if promise.deed is Deed.QUEUE:
        words = _("Queue 1 message, expires %(time)s")
        if is_practice:
            words = _("Queue 1 practice message, expires %(time)s")
        time = clock_time_of(promise.expires_at, now)
        return words % {"time": time}, _("Queueing …"), "schedule"
    if promise.deed is Deed.SCHEDULE and promise.not_before:
        words = _("Schedule 1 message for %(time)s")
        if is_practice:
            words = _("Schedule 1 practice message for %(time)s")
        time = short_time(promise.not_before, now)
        return words % {"time": time}, _("Scheduling …"), "event"
    if is_repeat:
        words = _("Send 1 more practice message") if is_practice else _("Send 1 more message")
    else:
        words = _("Send 1 practice message") if is_practice else _("Send 1 message")
    return words, _("Sending …"), "send"


def _truth(
    promise: Promise, workflow: WorkflowInstance, departure: Departure, now: datetime
) -> tuple[str, str]:
    """What pressing means, and what else to know about it."""
    if promise.deed is Deed.ASK:
        time = clock_time_of(promise.approve_by(now), now)
        words = _("It waits. If nobody approves it by %(time)s, it is not sent.")
        return _("A second person has to approve it first."), words % {"time": time}
    if promise.deed is Deed.QUEUE:
        time = clock_time_of(promise.expires_at, now)
        facts = {"name": workflow.title, "account": workflow.account.title, "time": time}
        truth, more = _why_queued(departure.obstacles[0])
        return truth % facts, more % facts
    if promise.deed is Deed.SCHEDULE and promise.not_before:
        schedule = Schedule(promise.not_before, promise.expires_at, now)
        return schedule.leaves, schedule.cancel_until
    if workflow.account.pod.is_practice:
        return "", _("You will see what a real one would do. Nothing is billed.")
    return (
        _("This goes to a real person and may be charged."),
        _("Send only to people who agreed to be messaged."),
    )


def _why_queued(obstacle: Obstacle) -> tuple[str, str]:
    not_resumed = _("Your message waits. If this is not resumed by %(time)s, it is not sent.")
    return {
        Obstacle.STOPPED: (
            _("Sending is stopped, so nothing leaves now."),
            _("Your message waits. If sending is not resumed by %(time)s, it is not sent."),
        ),
        Obstacle.ACCOUNT_PAUSED: (
            _("The account %(account)s is paused, so nothing leaves now."),
            not_resumed,
        ),
        Obstacle.WORKFLOW_PAUSED: (
            _("The workflow %(name)s is paused, so nothing leaves now."),
            not_resumed,
        ),
        Obstacle.NO_KEY: (
            _("%(account)s has no usable API key, so nothing leaves now."),
            _("Your message waits. If no key is stored by %(time)s, it is not sent."),
        ),
    }[obstacle]


def _notes(promise: Promise, workflow: WorkflowInstance, departure: Departure) -> list[str]:
    deed = promise.deed
    notes = []
    if departure.is_unreachable and deed in (Deed.SEND, Deed.QUEUE):
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
