"""What is paused: everything by the brake, accounts, workflows. Since when, why, how many messages wait, and what lets it go on.

This room only looks; `pacing` pauses and resumes. Since when and by whom stands in the change history, for each pause and each
resumption leaves a version there. An account that cannot be reached is not paused: it goes on by itself (`pacing`, its circuit).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Count, F, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from invocations.history.links import history_url
from invocations.history.reasons import REASONS, why_paused
from invocations.history.timeline import person_name
from invocations.models import Account, Invocation, KillSwitch, WorkflowInstance, permissions
from invocations.monitoring.remedies import (
    Remedy,
    key_problem,
    kill_switch_remedy,
    remedy_for,
)
from invocations.sending.outcomes import TABLE

Status = Invocation.Status

MOST_COUNTED = 10_000
"""Messages of one status that are counted at most, for all pauses together: the oldest."""


class Waiting(NamedTuple):
    """Messages of a status that wait for the same: how many, when the oldest was recorded. `address`: the history's list of just these."""

    n: int
    oldest: datetime
    address: str


@dataclass(frozen=True)
class Pause:
    """One thing through which nothing leaves, until somebody lets it go on.

    `because`: the reason in `answer_table.TABLE` if the console paused it; empty if a person did. `since`: None, and `by`: empty,
    where the change history does not tell. `key_trouble`: why the account has no key that could be used, as a reason of the table.
    """

    of: Account | WorkflowInstance | KillSwitch
    why: str
    because: str = ""
    since: datetime | None = None
    by: str = ""
    key_trouble: str = ""
    mend: Remedy | None = None
    queued: Waiting | None = None
    held: Waiting | None = None

    @property
    def kind(self) -> str:
        """`account`, `workflow`, or `everything`."""
        return {Account: "account", WorkflowInstance: "workflow", KillSwitch: "everything"}[
            type(self.of)
        ]

    @property
    def account(self) -> Account | None:
        """The account that is paused, or whose workflow is."""
        of = self.of
        return (
            of.account
            if isinstance(of, WorkflowInstance)
            else of
            if isinstance(of, Account)
            else None
        )

    @property
    def name(self) -> str:
        """What the account or the workflow is called."""
        return "" if isinstance(self.of, KillSwitch) else self.of.title

    @property
    def title(self) -> str:
        """What is paused, in a sentence without an end."""
        if self.kind == "everything":
            return _("All sending is stopped")
        words = (
            _("The account %(name)s is paused")
            if self.kind == "account"
            else _("The workflow %(name)s is paused")
        )
        return words % {"name": self.name}

    @property
    def told(self) -> str:
        """The pause and its cause, in a sentence or two."""
        return f"{self.title}. {self.why}".strip()

    @property
    def permission(self) -> str:
        """Who may let it go on: who may change it."""
        return {
            "account": permissions.CHANGE_ACCOUNT,
            "workflow": permissions.CHANGE_WORKFLOW,
            "everything": permissions.STOP,
        }[self.kind]

    @property
    def resume(self) -> str:
        """Where the button that lets it go on posts to; empty if it would be paused again at once, for want of a key."""
        if self.key_trouble or isinstance(self.of, KillSwitch):
            return ""
        return reverse(
            "resume" if isinstance(self.of, Account) else "resume_workflow", args=[self.of.pk]
        )

    @property
    def waiting(self) -> int:
        """How many messages wait for it, `MOST_COUNTED` of a status at most."""
        return sum(each.n for each in (self.queued, self.held) if each)

    @property
    def oldest(self) -> datetime | None:
        """When the one that waits longest was recorded."""
        return min((each.oldest for each in (self.queued, self.held) if each), default=None)


@dataclass(frozen=True)
class PauseOverview:
    """All pauses but the brake, those of accounts first. `waiting`: the messages that wait for one of them, or for several.

    `is_capped`: there may be more of these than were counted.
    """

    pauses: Sequence[Pause] = ()
    waiting: int = 0
    is_capped: bool = False

    @property
    def title(self) -> str:
        """How much is paused, and how many messages wait: 3 accounts and 1 workflow are paused – 214 messages wait."""
        accounts = sum(pause.kind == "account" for pause in self.pauses)
        workflows = len(self.pauses) - accounts
        named = [
            ngettext("%(n)s account", "%(n)s accounts", accounts) % {"n": accounts}
            if accounts
            else "",
            ngettext("%(n)s workflow", "%(n)s workflows", workflows) % {"n": workflows}
            if workflows
            else "",
        ]
        what = _(" and ").join(filter(None, named))
        words = _("%(what)s is paused") if len(self.pauses) == 1 else _("%(what)s are paused")
        title = words % {"what": what}
        if not self.waiting:
            return title
        waits = ngettext("%(n)s message waits", "%(n)s messages wait", self.waiting)
        if self.is_capped:
            waits = _("at least %(n)s messages wait")
        return f"{title} – {waits % {'n': f'{self.waiting:,}'}}"


# --- what is paused ---------------------------------------------------------------------------------------------------


def active_kill_switch() -> KillSwitch | None:
    """The brake while it is on, with who pulled it."""
    return KillSwitch.objects.filter(is_on=True).select_related("changed_by").first()


def all_pauses() -> PauseOverview:
    """Every account that is paused, and every workflow that is in use or has messages that wait."""
    accounts = list(
        Account.objects.filter(is_paused=True).select_related("pod").prefetch_related("api_keys")
    )
    workflows = list(WorkflowInstance.objects.filter(is_paused=True).select_related("account__pod"))
    if not accounts and not workflows:
        return PauseOverview()
    groups = _groups(accounts, workflows)
    pauses = [
        _counted(each, groups) for each in [*_of_accounts(accounts), *_of_workflows(workflows)]
    ]
    totals = {
        status: sum(group["count"] for group in groups if group["status"] == status)
        for status in Invocation.UNSENT
    }
    shown = [
        each
        for each in pauses
        if each.waiting or not isinstance(each.of, WorkflowInstance) or each.of.is_active
    ]
    return PauseOverview(shown, sum(totals.values()), MOST_COUNTED in totals.values())


def automatic_pauses() -> list[Pause]:
    """What the console paused by itself, and is in use. Nothing is counted."""
    accounts = (
        Account.objects.filter(is_paused=True)
        .exclude(paused_because="")
        .select_related("pod")
        .prefetch_related("api_keys")
    )
    workflows = WorkflowInstance.objects.filter(is_paused=True, is_active=True).select_related(
        "account__pod"
    )
    found = [*_of_accounts(list(accounts)), *_of_workflows(list(workflows))]
    return [pause for pause in found if pause.because]


def blocking_pauses(account: Account, workflow: WorkflowInstance) -> list[Pause]:
    """What keeps each message of the workflow back, the widest first. Nothing is counted."""
    found = []
    if switch := active_kill_switch():
        by = person_name(switch.changed_by) if switch.changed_by else ""
        found.append(Pause(switch, "", since=switch.changed_at, by=by, mend=kill_switch_remedy()))
    return [*found, *pauses_of(account, workflow)]


def is_blocked(account: Account, workflow: WorkflowInstance | None, *, is_stopped: bool) -> bool:
    """Whether anything keeps the workflow's messages back, or the account's, as far as the rows at hand say. `is_stopped`: by the brake."""
    return is_stopped or account.is_paused or (workflow is not None and workflow.is_paused)


def pauses_of(account: Account, workflow: WorkflowInstance) -> list[Pause]:
    """The pause of the account and that of the workflow, as far as there are any. Nothing is counted."""
    return [
        *(_of_accounts([account]) if account.is_paused else []),
        *(_of_workflows([workflow]) if workflow.is_paused else []),
    ]


def count_stopped() -> int:
    """How many messages are queued or on their way, `MOST_COUNTED` + 1 at most."""
    rows = Invocation.objects.filter(status__in=Invocation.UNDER_WAY)
    return rows.order_by().values("pk")[: MOST_COUNTED + 1].count()


# --- why, since when, and where it is mended --------------------------------------------------------------------------


def _of_accounts(accounts: Sequence[Account]) -> list[Pause]:
    begun = _begun(Account, accounts) if accounts else {}
    return [_of_account(account, begun.get(account.pk)) for account in accounts]


def _of_account(account: Account, begun: Any) -> Pause:
    by = _who(begun) if not account.paused_because else ""
    trouble = key_problem(account)
    lacks = REASONS[trouble] if trouble and trouble != account.paused_because else ""
    return Pause(
        account,
        why=f"{why_paused(account) or _by_a_person(by)} {lacks}".strip(),
        because=account.paused_because,
        since=begun.history_date if begun else None,
        by=by,
        key_trouble=trouble,
        mend=remedy_for(account, trouble or account.paused_because),
    )


def _of_workflows(workflows: Sequence[WorkflowInstance]) -> list[Pause]:
    begun = _begun(WorkflowInstance, workflows) if workflows else {}
    return [_of_workflow(workflow, begun.get(workflow.pk)) for workflow in workflows]


def _of_workflow(workflow: WorkflowInstance, begun: Any) -> Pause:
    because = begun.history_change_reason if begun and begun.history_change_reason in TABLE else ""
    by = _who(begun) if not because else ""
    address = reverse("admin:invocations_workflowinstance_change", args=[workflow.pk])
    mend = (
        Remedy(
            _("Check the workflow ID"),
            address,
            permissions.CHANGE_WORKFLOW,
            _("Ask an admin to check the workflow ID."),
        )
        if because
        else Remedy(
            _("Open the workflow"),
            address,
            permissions.CHANGE_WORKFLOW,
            _("Ask an admin to let the workflow go on."),
        )
    )
    says = _(
        "Kaleyra answered that %(account)s has no such workflow: check workflow ID, SID and pod."
    )
    return Pause(
        workflow,
        why=says % {"account": workflow.account.title} if because else _by_a_person(by),
        because=because,
        since=begun.history_date if begun else None,
        by=by,
        mend=mend,
    )


def _by_a_person(by: str) -> str:
    return _("%(person)s paused it, and gave no reason.") % {"person": by} if by else ""


def _who(begun: Any) -> str:
    return person_name(begun.history_user) if begun and begun.history_user else ""


def _begun(
    model: type[Account] | type[WorkflowInstance], paused: Iterable[Account | WorkflowInstance]
) -> dict[int, Any]:
    """The version with which each one's present pause began, by its id. One that was never written down has none."""
    versions: QuerySet[Any] = model.history.filter(id__in=[each.pk for each in paused])
    went = (
        model.history.filter(id=OuterRef("id"), is_paused=False)
        .order_by("-history_id")
        .values("history_id")[:1]
    )
    since = (
        versions.filter(is_paused=True)
        .annotate(went=Coalesce(Subquery(went), 0))
        .filter(history_id__gt=F("went"))
    )
    begun: dict[int, Any] = {}
    for version in since.select_related("history_user").order_by("history_id"):
        begun.setdefault(version.id, version)
    return begun


# --- how many wait ----------------------------------------------------------------------------------------------------


def _groups(
    accounts: Sequence[Account], workflows: Sequence[WorkflowInstance]
) -> list[dict[str, Any]]:
    """What waits, by account, workflow and status: the oldest `MOST_COUNTED` of each status."""
    whose = Q(account__in=accounts) | Q(workflow_instance__in=workflows)
    groups: list[dict[str, Any]] = []
    for status in Invocation.UNSENT:  # each from its own index
        oldest = (
            Invocation.objects.filter(whose, status=status)
            .order_by("id")
            .values("pk")[:MOST_COUNTED]
        )
        found = (
            Invocation.objects.filter(pk__in=oldest)
            .values("account_id", "workflow_instance_id", "status")
            .order_by()
        )
        groups += [
            dict(group) for group in found.annotate(count=Count("pk"), oldest=Min("created_at"))
        ]
    return groups


def _counted(pause: Pause, groups: Iterable[dict[str, Any]]) -> Pause:
    column, name = (
        ("account_id", "account")
        if pause.kind == "account"
        else ("workflow_instance_id", "workflow")
    )
    mine = [group for group in groups if group[column] == pause.of.pk]

    def waiting(status: Invocation.Status) -> Waiting | None:
        found = [group for group in mine if group["status"] == status]
        whose: dict[str, int] = {name: pause.of.pk}
        address = history_url(status=status.value, **whose)
        return (
            Waiting(
                sum(each["count"] for each in found), min(each["oldest"] for each in found), address
            )
            if found
            else None
        )

    return replace(pause, queued=waiting(Status.QUEUED), held=waiting(Status.HELD))
