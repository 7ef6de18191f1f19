"""The gate's rule for workflows that are not live: they go to practice and to the team alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from invocations.composing import error_text
from invocations.composing.findings import Finding, Severity
from invocations.kaleyra import recipients
from invocations.kaleyra.payload import Send
from invocations.kaleyra.recipients import RecipientError
from invocations.models import Profile, WorkflowInstance
from invocations.models.recipients import phone_digests

NOT_LIVE = "not_live"
Stage = WorkflowInstance.Stage


def of_numbers(
    workflow: WorkflowInstance, sends: Sequence[Send], *, reads_anew: bool = False
) -> Iterator[Finding]:
    """The blocker about a number that is none of the team's; a number that cannot be read has a
    finding of its own.

    `reads_anew`: an admin may have changed the stage since `workflow` was loaded.
    """
    stage = workflow.stage
    if reads_anew:
        stored = WorkflowInstance.objects.filter(pk=workflow.pk).values_list("stage", flat=True)
        stage = stored.first() or stage
    if stage == Stage.LIVE or workflow.account.pod.is_practice:
        return
    numbers = {digits for send in sends if (digits := _digits(send.recipient))}
    if not are_of_the_team(numbers):
        text = str(error_text.WORKFLOW_TEXT[stage])
        yield Finding(NOT_LIVE, Severity.BLOCKER, text)


def are_of_the_team(numbers: Iterable[str]) -> bool:
    """Whether each number, in any spelling, is kept as “My number” by somebody who may sign in."""
    team = Profile.objects.filter(user__is_active=True, user__is_staff=True)
    return all(
        team.filter(own_number_digest__in=phone_digests(number)).exists() for number in numbers
    )


def _digits(number: str) -> str:
    try:
        return recipients.clean(number).digits
    except RecipientError:
        return ""
