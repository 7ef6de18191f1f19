"""Reads what is paused: all sending (the kill switch), accounts, and workflows.

For each pause: since when, why, how many messages wait, and what ends it. Nothing is changed here;
`sending.pause` pauses and resumes. Start and person come from the change history, where every pause
and every resumption leaves a version. An unreachable account is not paused: its circuit breaker
(`sending.rate_limit`) closes again by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import Count, F, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _

from invocations.history.links import history_url
from invocations.history.reasons import REASONS, why_paused
from invocations.history.wording import person_name
from invocations.models import Account, Invocation, KillSwitch, WorkflowInstance, permissions
from invocations.models.reading import Reading
from invocations.monitoring.pause_overview import Pause, PauseOverview, Waiting
from invocations.monitoring.remedies import Remedy, kill_switch_remedy, remedy_for
from invocations.sending.account_key import key_problem
from invocations.sending.outcomes import TABLE

Status = Invocation.Status

MAX_WAITING_COUNTED = 10_000
"""Messages counted for each status, over all pauses together: the oldest ones."""


# --- what is paused -------------------------------------------------------------------------------


def active_kill_switch() -> KillSwitch | None:
    """The kill switch with the person who turned it on; None while it is off."""
    return KillSwitch.objects.filter(is_on=True).select_related("changed_by").first()


def all_pauses(reading: Reading) -> PauseOverview:
    """Every paused account, and every paused workflow that is active or has waiting messages, as
    far as they are read.
    """
    accounts = list(
        Account.objects.filter(is_paused=True).select_related("pod").prefetch_related("api_keys")
    )
    workflows = list(reading.workflows().filter(is_paused=True).select_related("account__pod"))
    if not accounts and not workflows:
        return PauseOverview()
    groups = _waiting_groups(accounts, workflows, reading)
    pauses = [
        _with_counts(pause, groups)
        for pause in [*_account_pauses(accounts), *_workflow_pauses(workflows)]
    ]
    totals = {
        status: sum(group["count"] for group in groups if group["status"] == status)
        for status in Invocation.UNSENT
    }
    shown = [
        pause
        for pause in pauses
        if pause.waiting or not isinstance(pause.of, WorkflowInstance) or pause.of.is_active
    ]
    return PauseOverview(shown, sum(totals.values()), MAX_WAITING_COUNTED in totals.values())


def automatic_pauses() -> list[Pause]:
    """Accounts and active workflows that the console paused, without counts."""
    accounts = (
        Account.objects.filter(is_paused=True)
        .exclude(paused_because="")
        .select_related("pod")
        .prefetch_related("api_keys")
    )
    workflows = WorkflowInstance.objects.filter(is_paused=True, is_active=True).select_related(
        "account__pod"
    )
    pauses = [*_account_pauses(list(accounts)), *_workflow_pauses(list(workflows))]
    return [pause for pause in pauses if pause.because]


def blocking_pauses(account: Account, workflow: WorkflowInstance) -> list[Pause]:
    """The pauses that stop every message of the workflow, the widest first, without counts."""
    pauses = []
    if switch := active_kill_switch():
        by = person_name(switch.changed_by) if switch.changed_by else ""
        pauses.append(Pause(switch, "", since=switch.changed_at, by=by, mend=kill_switch_remedy()))
    return [*pauses, *pauses_of(account, workflow)]


def pause_of(account: Account, reading: Reading) -> Pause | None:
    """The pause of the account with what waits for it; None if it is not paused."""
    if not account.is_paused:
        return None
    (pause,) = _account_pauses([account])
    return _with_counts(pause, _waiting_groups([account], [], reading))


def is_blocked(account: Account, workflow: WorkflowInstance | None, *, is_stopped: bool) -> bool:
    """Whether messages of the workflow, or else of the account, are stopped.

    Asks no database. `is_stopped`: whether the kill switch is on.
    """
    return is_stopped or account.is_paused or (workflow is not None and workflow.is_paused)


def pauses_of(account: Account, workflow: WorkflowInstance) -> list[Pause]:
    """The pause of the account and that of the workflow, where there is one, without counts."""
    return [
        *(_account_pauses([account]) if account.is_paused else []),
        *(_workflow_pauses([workflow]) if workflow.is_paused else []),
    ]


# --- why, since when, and the remedy --------------------------------------------------------------


def _account_pauses(accounts: Sequence[Account]) -> list[Pause]:
    versions = _pause_versions(Account, accounts) if accounts else {}
    return [_account_pause(account, versions.get(account.pk)) for account in accounts]


def _account_pause(account: Account, version: Any) -> Pause:
    by = _paused_by(version) if not account.paused_because else ""
    problem = key_problem(account)
    key_text = REASONS[problem] if problem and problem != account.paused_because else ""
    return Pause(
        account,
        why=f"{why_paused(account) or _paused_by_text(by)} {key_text}".strip(),
        because=account.paused_because,
        since=version.history_date if version else None,
        by=by,
        key_trouble=problem,
        mend=remedy_for(account, problem or account.paused_because),
    )


def _workflow_pauses(workflows: Sequence[WorkflowInstance]) -> list[Pause]:
    versions = _pause_versions(WorkflowInstance, workflows) if workflows else {}
    return [_workflow_pause(workflow, versions.get(workflow.pk)) for workflow in workflows]


def _workflow_pause(workflow: WorkflowInstance, version: Any) -> Pause:
    reason = version.history_change_reason if version else ""
    because = reason if reason in TABLE else ""
    by = _paused_by(version) if not because else ""
    says = _(
        "Kaleyra answered that %(account)s has no such workflow: check workflow ID, SID and region."
    )
    return Pause(
        workflow,
        why=says % {"account": workflow.account.title} if because else _paused_by_text(by),
        because=because,
        since=version.history_date if version else None,
        by=by,
        mend=_workflow_remedy(workflow, because),
    )


def _workflow_remedy(workflow: WorkflowInstance, because: str) -> Remedy:
    address = reverse("admin:invocations_workflowinstance_change", args=[workflow.pk])
    if because:
        return Remedy(
            _("Check the workflow ID"),
            address,
            permissions.CHANGE_WORKFLOW,
            _("Ask an admin to check the workflow ID."),
        )
    return Remedy(
        _("Open the workflow"),
        address,
        permissions.CHANGE_WORKFLOW,
        _("Ask an admin to resume the workflow."),
    )


def _paused_by_text(by: str) -> str:
    return _("%(person)s paused it, and gave no reason.") % {"person": by} if by else ""


def _paused_by(version: Any) -> str:
    return person_name(version.history_user) if version and version.history_user else ""


def _pause_versions(
    model: type[Account] | type[WorkflowInstance], paused: Iterable[Account | WorkflowInstance]
) -> dict[int, Any]:
    """By row id, the version in the change history with which the current pause began.

    That is the first paused version after the last one that was not paused.
    """
    versions: QuerySet[Any] = model.history.filter(id__in=[each.pk for each in paused])
    last_unpaused = (
        model.history.filter(id=OuterRef("id"), is_paused=False)
        .order_by("-history_id")
        .values("history_id")[:1]
    )
    since_then = (
        versions.filter(is_paused=True)
        .annotate(last_unpaused=Coalesce(Subquery(last_unpaused), 0))
        .filter(history_id__gt=F("last_unpaused"))
    )
    first: dict[int, Any] = {}
    for version in since_then.select_related("history_user").order_by("history_id"):
        first.setdefault(version.id, version)
    return first


# --- how many messages wait -----------------------------------------------------------------------


def _waiting_groups(
    accounts: Sequence[Account], workflows: Sequence[WorkflowInstance], reading: Reading
) -> list[dict[str, Any]]:
    """Waiting messages by account, workflow and status.

    Each has `count`, `oldest` (recorded when) and `first_expires` (None if none does).
    One query for each status, so that each uses its own index.
    """
    is_paused = Q(account__in=accounts) | Q(workflow_instance__in=workflows)
    groups: list[dict[str, Any]] = []
    for status in Invocation.UNSENT:
        oldest = (
            reading.invocations()
            .filter(is_paused, status=status)
            .order_by("id")
            .values("pk")[:MAX_WAITING_COUNTED]
        )
        grouped = (
            Invocation.objects.filter(pk__in=oldest)
            .values("account_id", "workflow_instance_id", "status")
            .order_by()
            .annotate(count=Count("pk"), oldest=Min("created_at"), first_expires=Min("not_after"))
        )
        groups += [dict(group) for group in grouped]
    return groups


def _with_counts(pause: Pause, groups: Iterable[dict[str, Any]]) -> Pause:
    is_account = pause.kind == "account"
    column = "account_id" if is_account else "workflow_instance_id"
    own_filter: dict[str, int] = {"account" if is_account else "workflow": pause.of.pk}
    own_groups = [group for group in groups if group[column] == pause.of.pk]

    def waiting(status: Invocation.Status) -> Waiting | None:
        found = [group for group in own_groups if group["status"] == status]
        if not found:
            return None
        expiries = [group["first_expires"] for group in found if group["first_expires"]]
        return Waiting(
            n=sum(group["count"] for group in found),
            oldest=min(group["oldest"] for group in found),
            address=history_url(status=status.value, **own_filter),
            first_expires=min(expiries, default=None),
        )

    return replace(pause, queued=waiting(Status.QUEUED), held=waiting(Status.HELD))
