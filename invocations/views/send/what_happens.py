"""What happens to a message once the button is pressed, step by step, for the review."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from invocations.forms.promise import Promise
from invocations.history.scheduled import Schedule, day_and_time, span_text
from invocations.history.wording import clock_time_of
from invocations.kaleyra.recipients import Recipient
from invocations.models import WorkflowInstance
from invocations.sandbox.answers import SCENARIOS, Invocation, choose_scenario
from invocations.sandbox.results import choose_ending
from invocations.sending.departure import Deed, Departure, Obstacle
from invocations.views.send.when_text import times_there


@dataclass(frozen=True)
class Step:
    icon: str
    text: str
    small: str


_OBSTACLES = {
    Obstacle.STOPPED: "front_hand",
    Obstacle.ACCOUNT_PAUSED: "pause_circle",
    Obstacle.WORKFLOW_PAUSED: "pause_circle",
    Obstacle.NO_KEY: "key_off",
}
"""Icons."""


def steps_until_it_leaves(
    promise: Promise,
    workflow: WorkflowInstance,
    departure: Departure,
    now: datetime,
    numbers: Sequence[Recipient],
    language: str,
) -> list[Step]:
    """What becomes of it before a channel is tried."""
    if promise.deed is Deed.ASK:
        return _asked(promise, now)
    if promise.deed is Deed.QUEUE:
        return _queued(promise, workflow, departure, now)
    if promise.deed is Deed.SCHEDULE and promise.not_before:
        there = times_there(numbers, promise.not_before, language, is_later=True)
        schedule = Schedule(promise.not_before, promise.expires_at, now)
        leaves = _("It leaves %(time)s") % {"time": day_and_time(promise.not_before)}
        first = Step("event", leaves, " ".join([schedule.ahead, schedule.expires, *there]))
        return [first, *_obstacles_until_then(promise, workflow, departure)]
    once = _("Pressing twice cannot send it twice.")
    if workflow.account.pod.is_practice:
        ends = _("What practice does with this number: “%(ending)s”") % {
            "ending": _practice_ending(workflow, numbers)
        }
        return [Step("bolt", _("It leaves at once, to practice"), f"{ends} {once}")]
    return [Step("bolt", _("It leaves at once"), once)]


def _practice_ending(workflow: WorkflowInstance, numbers: Sequence[Recipient]) -> str:
    """What the practice pod does with a message to these numbers, in its own English words."""
    first, last = numbers[0].digits, numbers[-1].digits
    scenario = choose_scenario(workflow.workflow_instance_id, first)
    if scenario is not SCENARIOS[0]:
        return scenario.in_console
    asked = Invocation("", workflow.workflow_instance_id, "", first, last)
    ending = choose_ending(asked)
    return ending.in_console or f"{ending.title}."


def _asked(promise: Promise, now: datetime) -> list[Step]:
    leaves = _("It leaves by itself once it is approved")
    if promise.not_before:
        words = _("Once it is approved, it leaves %(time)s")
        leaves = words % {"time": day_and_time(promise.not_before)}
    ends_at = promise.approve_by(now)
    ends = {"time": clock_time_of(ends_at, now), "span": span_text(ends_at - now)}
    return [
        Step(
            "approval",
            _("It waits for a second person to approve it"),
            _("Nothing reaches Kaleyra until then. You can withdraw it."),
        ),
        Step("play_arrow", leaves, _("Pressing twice cannot send it twice.")),
        _expiry(_("Without approval it expires at %(time)s, in %(span)s") % ends),
    ]


def _expiry(text: str) -> Step:
    small = _("Then the customer gets nothing, and the history shows it as expired.")
    return Step("timer_off", text, small)


def _queued(
    promise: Promise, workflow: WorkflowInstance, departure: Departure, now: datetime
) -> list[Step]:
    obstacle = departure.obstacles[0]
    facts = {"name": workflow.title, "account": workflow.account.title}
    waits = {
        Obstacle.STOPPED: _("It waits: all sending is stopped"),
        Obstacle.ACCOUNT_PAUSED: _("It waits: the account %(account)s is paused"),
        Obstacle.WORKFLOW_PAUSED: _("It waits: the workflow %(name)s is paused"),
        Obstacle.NO_KEY: _("It waits: %(account)s has no usable API key"),
    }[obstacle]
    ends = {
        "time": clock_time_of(promise.expires_at, now),
        "span": span_text(promise.expires_at - now),
    }
    goes_on = (
        _("It leaves by itself once an admin stores a key")
        if obstacle is Obstacle.NO_KEY
        else _("It leaves by itself when sending is resumed")
    )
    return [
        Step(_OBSTACLES[obstacle], waits % facts, _("Nothing reaches Kaleyra until then.")),
        Step("play_arrow", goes_on, _("Until then you can cancel it in the history.")),
        _expiry(_("It expires at %(time)s, in %(span)s") % ends),
    ]


def _obstacles_until_then(
    promise: Promise, workflow: WorkflowInstance, departure: Departure
) -> list[Step]:
    """What would keep it back at its time, if it lasts until then."""
    if not departure.obstacles or promise.not_before is None:
        return []
    obstacle = departure.obstacles[0]
    facts = {
        "name": workflow.title,
        "account": workflow.account.title,
        "time": clock_time_of(promise.expires_at, promise.not_before),
    }
    holds = {
        Obstacle.STOPPED: _("All sending is stopped now"),
        Obstacle.ACCOUNT_PAUSED: _("The account %(account)s is paused now"),
        Obstacle.WORKFLOW_PAUSED: _("The workflow %(name)s is paused now"),
        Obstacle.NO_KEY: _("%(account)s has no usable API key now"),
    }[obstacle]
    lasts = _("If that lasts until then, it waits, and expires at %(time)s.")
    return [Step(_OBSTACLES[obstacle], holds % facts, lasts % facts)]
