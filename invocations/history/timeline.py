"""The events of an invocation in order: recorded, attempts, answer, channels, end of the flow.

Reads what it is handed, and never the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from invocations.history.deliveries import AWAITING, NO_RESULT, NOT_REPORTED, NOT_YET_REPORTED
from invocations.history.excerpts import excerpt
from invocations.history.meanings import StatusMeaning, Text
from invocations.history.reasons import ATTEMPT_REASONS, OUTCOMES
from invocations.history.report import Report, doubtful_texts, matched_by_texts
from invocations.history.scheduled import change_steps
from invocations.history.timeline_channels import expected_steps, reported_steps
from invocations.history.timeline_step import TimelineStep, step_for
from invocations.history.wording import chosen_time, clock_time, duration_text, person_name
from invocations.models import Attempt, Channel, Invocation, ScheduleChange

Status = Invocation.Status
Delivery = Invocation.Delivery
Outcome = Attempt.Outcome


def timeline(
    invocation: Invocation,
    attempts: Iterable[Attempt],
    report: Report | None,
    channels: Sequence[Channel],
    meaning: StatusMeaning,
    status_notes: Sequence[Text] = (),
    changes: Sequence[ScheduleChange] = (),
) -> list[TimelineStep]:
    """`channels`: as they were when the message was recorded. `status_notes`: for the status step.
    `changes`: of its time, in order.

    An attempt that never began has no step. Nor has a single attempt that decided the status: the
    status step says the same.
    """
    begun = [attempt for attempt in attempts if attempt.reason != "handed_back"]
    if len(begun) == 1 and _is_decisive(begun[0], invocation):
        status_notes = [*_attempt_notes(begun.pop()), *status_notes]
    steps = [
        _recorded(invocation, changes),
        *change_steps(changes, _expiry(invocation)),
        *_attempts(begun),
        _status(invocation, meaning, status_notes),
    ]
    if report and (report.channels or not report.doubtful):
        steps += reported_steps(report, channels)
    elif invocation.delivery == Delivery.AWAITING:
        steps += expected_steps(channels)
    end = _end(invocation, report, meaning)
    return list(_with_gaps([*steps, end] if end else steps))


def _with_gaps(steps: Iterable[TimelineStep]) -> Iterator[TimelineStep]:
    """Adds to each step that has a time how long after the last such step it came.

    Kaleyra's clock and ours differ: a step that would come before the last one has no gap.
    """
    last: datetime | None = None
    for step in steps:
        if last and step.at and step.at >= last:
            yield replace(step, after=f"+{duration_text((step.at - last).total_seconds())}")
        else:
            yield step
        last = step.at or last


# --- recorded, attempts, status -------------------------------------------------------------------


def _recorded(invocation: Invocation, changes: Sequence[ScheduleChange]) -> TimelineStep:
    says: list[Text] = [_("Saved here before anything left, with its request ID.")]
    if invocation.not_before:
        first = changes[0].was if changes else invocation.not_before
        time = chosen_time(first)
        says.append(_("Scheduled for %(time)s.") % {"time": time})
    if not changes:
        says += _expiry(invocation)
    return TimelineStep(_("Saved"), icon="edit", at=invocation.created_at, says=says)


def _expiry(invocation: Invocation) -> list[Text]:
    """When it expires or has expired. Empty for what has left, or was cancelled."""
    end = invocation.not_after
    if end is None or invocation.status not in (*Invocation.UNSENT, Status.EXPIRED):
        return []
    words = _("Expires at %(time)s.")
    if invocation.status == Status.EXPIRED:
        words = _("It was to expire at %(time)s.")
    return [words % {"time": chosen_time(end)}]


def _attempts(begun: Sequence[Attempt]) -> Iterator[TimelineStep]:
    """A step for each; of many, those of both ends."""
    some = excerpt(begun)
    yield from map(_attempt, some.rows)
    if some.hidden:
        text = _("%(n)s more attempts: see “Attempts” below") % {"n": some.hidden}
        yield TimelineStep(text, is_wait=True)
    yield from map(_attempt, some.last)


def _attempt(attempt: Attempt) -> TimelineStep:
    tone, icon = OUTCOMES[attempt.outcome]
    words = {"number": attempt.number, "outcome": attempt.get_outcome_display()}
    reason = ATTEMPT_REASONS.get(attempt.reason)
    return TimelineStep(
        _("Attempt %(number)s: %(outcome)s") % words,
        tone=tone,
        icon=icon,
        at=attempt.started_at,
        says=[*([reason] if reason else []), *_attempt_notes(attempt)],
        is_open=attempt.outcome in (Outcome.DOUBTFUL, Outcome.UNDER_WAY),
    )


def _is_decisive(attempt: Attempt, invocation: Invocation) -> bool:
    return (
        attempt.outcome in (Outcome.ACCEPTED, Outcome.REJECTED)
        and attempt.reason == invocation.reason
    )


def _attempt_notes(attempt: Attempt) -> list[Text]:
    """Its HTTP status, its duration, and who asked for it."""
    notes: list[Text] = []
    if attempt.duration_ms is not None:
        span = duration_text(attempt.duration_ms / 1000)
        if attempt.http_status:
            words = {"status": attempt.http_status, "span": span}
            notes.append(_("HTTP %(status)s after %(span)s.") % words)
        else:
            notes.append(_("It took %(span)s.") % {"span": span})
    if attempt.asked_by:
        notes.append(_("%(person)s asked for it.") % {"person": person_name(attempt.asked_by)})
    return notes


def _status(invocation: Invocation, meaning: StatusMeaning, notes: Sequence[Text]) -> TimelineStep:
    is_accepted = invocation.status == Status.ACCEPTED and meaning.name == "accepted"
    says = _("That is not yet a delivery.") if is_accepted else meaning.says
    return step_for(
        meaning,
        title=_("Accepted by Kaleyra") if is_accepted else meaning.label,
        at=invocation.final_at,
        says=[says, *notes],
        is_open=invocation.delivery == Delivery.AWAITING,
    )


# --- the end of the flow --------------------------------------------------------------------------


def _end(
    invocation: Invocation, report: Report | None, meaning: StatusMeaning
) -> TimelineStep | None:
    if invocation.delivery == Delivery.COMPLETED and report:
        return _ended(invocation, report)
    if invocation.delivery == Delivery.AWAITING:
        return _awaited(invocation)
    if invocation.delivery == Delivery.NO_RESULT:
        return step_for(NO_RESULT, at=invocation.result_due_at, says=[NO_RESULT.says])
    return _unreported(invocation) if meaning.delivery is NOT_REPORTED else None


def _ended(invocation: Invocation, report: Report) -> TimelineStep:
    says: list[Text] = []
    if report.ended_at and report.ended_at >= invocation.created_at:
        span = duration_text((report.ended_at - invocation.created_at).total_seconds())
        says.append(_("%(span)s from start to finish.") % {"span": span})
    due = invocation.result_due_at
    came = (
        _("The result came in at %(time)s, after it was due.")
        if due and report.received_at > due
        else _("The result came in at %(time)s.")
    )
    return TimelineStep(
        _("Flow ended"),
        icon="flag",
        at=report.ended_at,
        says=[
            *says,
            came % {"time": clock_time(report.received_at)},
            *matched_by_texts(report),
            *doubtful_texts(report),
        ],
        code=report.execution_status,
    )


def _awaited(invocation: Invocation) -> TimelineStep:
    due = invocation.result_due_at
    if due is None:
        return step_for(AWAITING, says=[AWAITING.says])
    is_late = due < timezone.now()
    words = _("Result was due by %(time)s.") if is_late else _("Result due by %(time)s.")
    return step_for(AWAITING, says=[words % {"time": clock_time(due)}, AWAITING.says])


def _unreported(invocation: Invocation) -> TimelineStep:
    expects_callback = invocation.workflow_instance.expects_callback
    delivery = NOT_YET_REPORTED if expects_callback else NOT_REPORTED
    return step_for(delivery, title=_("No result is reported here"), says=[delivery.says])
