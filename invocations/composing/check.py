"""The one gate: what may be sent is decided here, for the form, the command, and whatever comes.

`check` says all that is to be known about a message before it is sent. `sending.record` refuses a
message that has a blocker, whoever calls it, and asks a person about the cautions that
`to_acknowledge` names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from invocations.composing import (
    error_text,
    limits,
    number_warnings,
    outside_hours,
    resending,
    stage,
    warnings,
)
from invocations.composing.findings import Finding, Severity
from invocations.composing.value_rules import value_findings
from invocations.kaleyra import recipients
from invocations.kaleyra.line_breaks import keys_with_line_breaks, params_in_one_line
from invocations.kaleyra.payload import Send
from invocations.kaleyra.recipients import Recipient, RecipientError
from invocations.kaleyra.stored_numbers import stored
from invocations.models import Invocation, WorkflowInstance
from invocations.models.viewer import Viewer

LINE_BREAK = "line_break"
MAX_AHEAD = timedelta(days=180)
"""How far ahead a message may be scheduled: a time beyond is a mistyped year."""


def check(
    workflow: WorkflowInstance,
    sends: Sequence[Send],
    *,
    by: Viewer,
    again: Invocation | None = None,
    not_before: datetime | None = None,
) -> list[Finding]:
    """Every finding about sending `sends`, one for each channel of `workflow` in its order.

    A recipient that cannot be read is a finding, too. `by` is told of what they sent themselves as
    "you". `again`: the earlier message that this one repeats. `not_before`: when it leaves, if it
    is scheduled.
    """
    numbers = [recipient for send in sends if (recipient := _read(send.recipient)) is not None]
    return [
        *of_message(workflow, sends),
        *of_limits(workflow, numbers, by=by),
        *warnings.of_numbers(numbers),
        *number_warnings.of_home_country(numbers, workflow.account.effective_home_country),
        *number_warnings.of_kinds(numbers),
        *outside_hours.of_hours(workflow, numbers, not_before),
        *_of_earlier(workflow, numbers, by, again),
        *warnings.of_workflow(workflow),
    ]


def of_message(
    workflow: WorkflowInstance, sends: Sequence[Send], *, reads_anew: bool = False
) -> list[Finding]:
    """The findings that follow from workflow, numbers and values alone.

    All blockers but those of `of_limits` and `of_times` are among them. A line break in a value
    becomes a blank, here and in what `sending.record` stores.

    `reads_anew`: an admin may have changed the channels since they were loaded with `workflow`.
    """
    loaded = "channels" in getattr(workflow, "_prefetched_objects_cache", {})
    keeps = loaded and not reads_anew
    channels = list(
        workflow.channels.all() if keeps else workflow.channels.prefetch_related("parameters")
    )
    if not workflow.is_active:
        return [blocker("inactive")]
    if not channels or len(sends) != len(channels):
        return [blocker("other_channels" if channels else "channels")]
    found: list[Finding] = list(stage.of_numbers(workflow, sends, reads_anew=reads_anew))
    is_practice = workflow.account.pod.is_practice
    for channel, send in zip(channels, sends, strict=True):
        found += _of_recipient(send.recipient, channel.position)
        recipient = _read(send.recipient)
        region = recipient.region if recipient else ""
        found += of_line_breaks(channel.position, keys_with_line_breaks(send.template_params))
        params = params_in_one_line(send.template_params)
        found += value_findings(channel, params, region=region, is_practice=is_practice)
    return found


def of_limits(
    workflow: WorkflowInstance, numbers: Sequence[Recipient], *, by: Viewer
) -> list[Finding]:
    """The blockers of the limits as they are now: the do-not-contact list, countries, listed
    numbers, caps. `sending.record` counts against the caps, and may find one full that is not yet.
    """
    digits = [number.digits for number in numbers]
    found = limits.limits_of(workflow.account_id, workflow_id=workflow.pk, numbers=digits)
    keys = limits.cap_keys(
        found,
        account_id=workflow.account_id,
        person_id=by.user.pk if by.user else None,
        numbers=digits,
        now=timezone.now(),
    )
    of_numbers = limits.of_numbers(found, workflow.account_id, numbers)
    approval = [limits.approval_caution()] if found.needs_approval else []
    return [*of_numbers, *limits.of_caps(keys), *approval]


def of_numbers_now(workflow: WorkflowInstance, numbers: Sequence[Recipient]) -> list[Finding]:
    """The blockers about numbers alone, of a message that was counted when it was recorded."""
    digits = [number.digits for number in numbers]
    found = limits.limits_of(workflow.account_id, numbers=digits)
    return list(limits.of_numbers(found, workflow.account_id, numbers))


def of_line_breaks(position: int, keys: Iterable[str]) -> list[Finding]:
    """Says of the values of one channel that they were put into one line."""
    text = str(error_text.LINE_BREAK_TEXT)
    return [Finding(LINE_BREAK, Severity.CAUTION, text, position, key) for key in keys]


def of_times(*, not_before: datetime | None, not_after: datetime | None) -> list[Finding]:
    """Whether the message may leave at any time from now on."""
    now = timezone.now()
    start = max(filter(None, (not_before, now)))
    if not_after and not_after <= start:
        return [blocker("too_late")]
    return [blocker("too_far_ahead")] if start > now + MAX_AHEAD else []


def _of_earlier(
    workflow: WorkflowInstance, numbers: Sequence[Recipient], by: Viewer, again: Invocation | None
) -> list[Finding]:
    """About the message that is sent again, and about others to these numbers, each once."""
    about_original = list(resending.of_original(again)) if again else []
    told = {finding.earlier for finding in about_original}
    others = warnings.of_earlier_messages(workflow, numbers, by=by)
    return [*about_original, *(each for each in others if each.earlier not in told)]


def to_acknowledge(
    workflow: WorkflowInstance,
    sends: Sequence[Send],
    *,
    by: Viewer,
    again: Invocation | None = None,
    not_before: datetime | None = None,
) -> list[Finding]:
    """The cautions that a person has to acknowledge before `sends` leave."""
    numbers = [stored(send.recipient) for send in sends]
    found = [
        *warnings.of_numbers(numbers),
        *number_warnings.of_home_country(numbers, workflow.account.effective_home_country),
        *outside_hours.of_hours(workflow, numbers, not_before),
        *_of_earlier(workflow, numbers, by, again),
    ]
    return [finding for finding in found if finding.asks]


def blocker(code: str) -> Finding:
    """A blocker about the workflow or the time, by a code of `error_text.WORKFLOW_TEXT`."""
    return Finding(code, Severity.BLOCKER, str(error_text.WORKFLOW_TEXT[code]))


def _read(number: str) -> Recipient | None:
    try:
        return recipients.clean(number)
    except RecipientError:
        return None


def _of_recipient(number: str, position: int) -> Iterator[Finding]:
    """A number has to stand as it is sent: the digits alone, with the country code."""
    try:
        if recipients.clean(number).digits == number:
            return
        error = RecipientError("not_as_sent" if number.isdecimal() else "not_digits")
    except RecipientError as refused:
        error = refused
    yield Finding("recipient", Severity.BLOCKER, error_text.number_text(error), position)
