"""The next steps and the buttons for one invocation and one viewer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Protocol

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from invocations.composing import resending
from invocations.history import resend
from invocations.history.deliveries import NO_CONFIRMATION
from invocations.history.meanings import Meaning, NextStep, StatusMeaning, Text
from invocations.history.next_steps import next_steps
from invocations.history.statuses import AWAITS_APPROVAL
from invocations.history.steps import WAIT_FOR_RETRY
from invocations.history.wording import clock_time_of
from invocations.models import Invocation
from invocations.models.viewer import Viewer
from invocations.sending.ask_again import is_checkable
from invocations.sending.departure import GOES_ON, Departure
from invocations.sending.schedule import may_change_time

Status = Invocation.Status

TRY_AGAIN = {
    Status.QUEUED: _("Try now"),
    Status.HELD: _("Try now"),
    Status.UNKNOWN: _("Check safely"),
}
"""The statuses in which a person may post the same request ID again, with the button's label."""


class Blocker(Protocol):
    """Stops an invocation from being sent, such as a pause (`monitoring.pauses.Pause`).

    `resume`: URL that a Resume button posts to, or empty. `permission`: needed for it. `told`: what
    stops it and why.
    """

    @property
    def told(self) -> str: ...

    @property
    def permission(self) -> str: ...

    @property
    def resume(self) -> str: ...


def can_be_blocked(invocation: Invocation) -> bool:
    """Whether a pause changes the next steps or the buttons."""
    return invocation.status in TRY_AGAIN or invocation.reason == "no_such_workflow"


@dataclass(frozen=True)
class Actions:
    """`blockers`: what stops the invocation from being sent now. `departure`: who sends it."""

    invocation: Invocation
    viewer: Viewer
    blockers: Sequence[Blocker]
    meaning: StatusMeaning
    delivery: Meaning
    is_disputed: bool
    departure: Departure = GOES_ON
    now: datetime = field(default_factory=timezone.now)

    @cached_property
    def may_send_workflow(self) -> bool:
        return self.viewer.may_send_workflow(self.invocation.workflow_instance)

    @cached_property
    def is_too_old_to_check(self) -> bool:
        return not is_checkable(self.invocation, self.now)

    @cached_property
    def try_again(self) -> Text | None:
        """The label of the button that posts the same request ID again; None without a button."""
        not_before = self.invocation.not_before
        is_scheduled = not_before is not None and not_before > self.now
        if self.blockers or is_scheduled or self.is_too_old_to_check or not self.may_send_workflow:
            return None
        if self.meaning is AWAITS_APPROVAL:
            return None
        return TRY_AGAIN.get(Status(self.invocation.status))

    @cached_property
    def next(self) -> tuple[NextStep, ...]:
        found = next_steps(
            self.meaning,
            self.delivery,
            is_disputed=self.is_disputed,
            is_blocked=bool(self.blockers),
            is_too_old=self.is_too_old_to_check,
            has_button=self.try_again is not None,
            may_settle=self.viewer.may_settle,
            departure=self.departure,
        )
        return tuple(self._with_time(step) for step in found)

    def _with_time(self, step: NextStep) -> NextStep:
        """The step "wait" with the time until which the console tries."""
        not_after = self.invocation.not_after
        if step != WAIT_FOR_RETRY or not_after is None:
            return step
        words = _("Nothing to do: the console keeps trying until %(time)s.")
        return NextStep(step.code, words % {"time": clock_time_of(not_after, self.now)})

    @property
    def next_tone(self) -> str:
        if self.is_disputed:
            return NO_CONFIRMATION.tone
        decides = self.invocation.delivery and not self.meaning.is_contradicted
        return self.delivery.tone if decides else self.meaning.tone

    @property
    def may_resume(self) -> bool:
        return any(each.resume and self.viewer.may(each.permission) for each in self.blockers)

    @property
    def may_cancel(self) -> bool:
        is_unsent = self.invocation.status in Invocation.UNSENT
        return is_unsent and self.viewer.may_cancel(self.invocation)

    @property
    def may_change_time(self) -> bool:
        may_change = self.may_send_workflow and self.viewer.may_cancel(self.invocation)
        return may_change and may_change_time(self.invocation)

    @property
    def may_settle(self) -> bool:
        return self.viewer.may_settle and self.invocation.status == Status.UNKNOWN

    @property
    def may_resend(self) -> bool:
        """Whether the viewer may open the form with these values."""
        return self.may_send_workflow and self.viewer.may_resend

    @property
    def is_resendable(self) -> bool:
        return not resending.why_not_resendable(self.invocation)

    @property
    def resend_question(self) -> Text:
        return resend.question_before_resend(self.delivery, is_disputed=self.is_disputed)
