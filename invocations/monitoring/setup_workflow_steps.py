"""The steps that lead a workflow of an account to being live: its texts, its values, a try."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.urls import reverse
from django.utils.translation import gettext as _

from invocations.forms.next_page import NEXT
from invocations.history.wording import past_day_and_time
from invocations.models import permissions
from invocations.monitoring.setup_facts import SetupFacts, Stage, Status, TryFacts, WorkflowFacts
from invocations.monitoring.setup_step import State, Step, after_text, hub_url


def workflow_step(facts: SetupFacts | None) -> Step:
    step = Step(
        "workflow",
        _("Workflow"),
        _("Its ID from Kaleyra’s Fallback page, and its template texts"),
        State.TODO,
        minutes=5,
        permission=permissions.ADD_WORKFLOW,
    )
    if facts is None:
        return step
    workflow = facts.workflow
    if workflow is None:
        query = {"account": facts.account_id, NEXT: hub_url(facts.account_id)}
        url = reverse("admin:invocations_workflowinstance_add", query=query)
        return replace(step, deed_title=_("Add it"), url=url)
    step = replace(step, url=_page_of(workflow), permission=permissions.CHANGE_WORKFLOW)
    names = {"title": workflow.title}
    if not workflow.has_texts:
        fact = _("%(title)s: its ID is here, its template texts are not all here yet.") % names
        return replace(step, fact=fact, deed_title=_("Continue"))
    fact = _("%(title)s: its ID and its template texts are here.") % names
    return replace(step, fact=fact, state=State.DONE, deed_title=_("Open"))


def names_step(facts: SetupFacts | None) -> Step:
    step = Step(
        "values",
        _("Name the values"),
        _("What staff are asked for: “First name” instead of {{1}}"),
        State.TODO,
        minutes=5,
        permission=permissions.CHANGE_WORKFLOW,
    )
    workflow = facts.workflow if facts else None
    if workflow is None or not workflow.has_texts:
        return step if facts is None else replace(step, after=after_text([5]))
    step = replace(step, url=_page_of(workflow))
    if not workflow.values:
        fact = _("Its texts ask for no values.")
        return replace(step, fact=fact, state=State.DONE, deed_title=_("Open"))
    text = _("%(named)s of %(values)s values have a name staff will understand.")
    fact = text % {"named": workflow.named, "values": workflow.values}
    if workflow.is_named:
        return replace(step, fact=fact, state=State.DONE, deed_title=_("Open"))
    return replace(step, fact=fact, deed_title=_("Continue"))


def try_step(facts: SetupFacts | None, before: Sequence[Step]) -> Step:
    is_practice = facts is not None and facts.is_practice
    step = Step(
        "live",
        _("Try it") if is_practice else _("Try it, then go live"),
        _("Send a practice message and see its delivery come back.")
        if is_practice
        else _("Send it to your own phone, see the delivery come back, then switch it to Live."),
        State.TODO,
        minutes=2,
    )
    workflow = facts.workflow if facts else None
    if facts is None:
        return step
    if workflow and workflow.stage == Stage.LIVE and not is_practice:
        return _live_step(step, workflow)
    missing = [n for n, each in enumerate(before, start=1) if _blocks_a_try(each, facts)]
    if missing or workflow is None:
        return replace(step, after=after_text(missing))
    return _tried_step(step, workflow, is_practice)


def _blocks_a_try(step: Step, facts: SetupFacts) -> bool:
    """Whether a try makes no sense before `step`.

    The first result itself completes the step of the results: before it the address is enough.
    """
    if step.name == "results":
        return not facts.results.has_address
    return not step.is_done


def _live_step(step: Step, workflow: WorkflowFacts) -> Step:
    return replace(
        step,
        fact=_("%(title)s is live: staff can send it.") % {"title": workflow.title},
        state=State.DONE,
        deed_title=_("Open"),
        url=_page_of(workflow),
        permission=permissions.CHANGE_WORKFLOW,
    )


def _tried_step(step: Step, workflow: WorkflowFacts, is_practice: bool) -> Step:
    """A workflow is tested by its stage alone (`composing.stage_moves.mark_tested`)."""
    tried = workflow.last_try
    step = replace(
        step,
        deed_title=_("Try it"),
        url=reverse("compose", args=[workflow.id]),
        permission=permissions.SEND,
    )
    if workflow.stage != Stage.DRAFT and not is_practice:
        return _go_live(step, workflow)
    if tried is None:
        return step
    if tried.status == Status.REJECTED:
        return _rejected_step(step, tried)
    when = {"when": past_day_and_time(tried.at)}
    if is_practice and tried.status == Status.ACCEPTED:
        return replace(step, fact=_("Tried %(when)s.") % when, state=State.DONE)
    if tried.has_result:
        fact = _(
            "Tried %(when)s: not reported delivered, or texts or values have changed since. "
            "Try it again."
        )
        return replace(step, fact=fact % when)
    if tried.status == Status.ACCEPTED:
        fact = _("Tried %(when)s. Its result has not come back yet.") % when
    else:
        label = Status(tried.status).label
        fact = _("Tried %(when)s. The message is: %(status)s.") % (when | {"status": label})
    return replace(
        step,
        fact=fact,
        deed_title=_("See the message"),
        url=reverse("invocation", args=[tried.request_id]),
        permission=permissions.SEE_HISTORY,
    )


def _go_live(step: Step, workflow: WorkflowFacts) -> Step:
    return replace(
        step,
        fact=_(
            "It was tried, and the result came back. Switch it to Live: then staff can send it."
        ),
        deed_title=_("Go live"),
        url=_page_of(workflow),
        permission=permissions.CHANGE_WORKFLOW,
    )


def _rejected_step(step: Step, tried: TryFacts) -> Step:
    return replace(
        step,
        fact=_("Kaleyra rejected the last try, %(when)s. The message says why.")
        % {"when": past_day_and_time(tried.at)},
        state=State.WRONG,
        deed_title=_("See why"),
        url=reverse("invocation", args=[tried.request_id]),
        permission=permissions.SEE_HISTORY,
    )


def _page_of(workflow: WorkflowFacts) -> str:
    """The workflow's page. Saved there, it leads back to the hub."""
    query = {NEXT: hub_url(workflow.account_id)}
    return reverse("admin:invocations_workflowinstance_change", args=[workflow.id], query=query)
