"""The dashboard's list of messages that wait for a person, grouped by cause."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from invocations.history.deliveries import NO_RESULT
from invocations.history.links import history_url
from invocations.history.meanings import Meaning, Text
from invocations.history.periods import recorded_between
from invocations.history.statuses import STATUSES
from invocations.models import Account, Invocation, KillSwitch, WorkflowInstance, permissions
from invocations.models.permissions import Viewer
from invocations.monitoring import pauses, remedies, statistics
from invocations.monitoring.pause_overview import PauseOverview
from invocations.monitoring.remedies import Remedy
from invocations.sending.outcomes import RELEASED_WITH_ACCOUNT
from invocations.views.monitoring.waiting_groups import (
    Group,
    NextStep,
    counted_by,
    next_step,
    reasons_text,
)

Status, Delivery = Invocation.Status, Invocation.Delivery

MAX_GROUPS, MIN_MISSING_GROUPS = 8, 2
"""Lines that are not folded away, and how many of them are kept for missing results, if any."""
MISSING_RESULT_DAYS = 7
"""Results that are missing for longer are not listed: nobody will look for them any more."""


def groups_needing_attention(viewer: Viewer, paused: PauseOverview) -> dict[str, Any]:
    """The groups, the oldest first, missing results last; `more_waiting` are folded away.

    Of each status only the oldest `pauses.MAX_WAITING_COUNTED` messages are counted.
    """
    kill_switch = pauses.active_kill_switch()
    waiting = sorted(
        [
            *_queued(viewer, paused, kill_switch),
            *_held(viewer, paused),
            *_unknown(viewer, kill_switch),
        ],
        key=lambda group: group.oldest,
    )
    missing = sorted(_missing_results(viewer), key=lambda group: group.oldest)
    first = waiting[: MAX_GROUPS - min(len(missing), MIN_MISSING_GROUPS)]
    places_left = MAX_GROUPS - len(first)
    return {
        "waiting": [*first, *missing[:places_left]],
        "more_waiting": [*waiting[len(first) :], *missing[places_left:]],
    }


# --- Queued ---------------------------------------------------------------------------------------


def _queued(
    viewer: Viewer, paused: PauseOverview, kill_switch: KillSwitch | None
) -> Iterator[Group]:
    """Queued messages that a pause stops: one group for the kill switch, else one per pause.

    What a paused account stops is not repeated for its paused workflows.
    """
    if kill_switch is not None:
        yield from _stopped_by_kill_switch(viewer, kill_switch)
        return
    paused_accounts = {pause.of.pk for pause in paused.pauses if pause.kind == "account"}
    for pause in paused.pauses:
        account, queued = pause.account, pause.queued
        if account is None or queued is None:
            continue
        if pause.kind == "workflow" and account.pk in paused_accounts:
            continue
        yield Group(
            meaning=STATUSES[Status.QUEUED],
            n=queued.n,
            title=pause.name,
            # The group of the held messages explains the cause.
            why=f"{pause.title}." if pause.held else pause.told,
            oldest=queued.oldest,
            address=queued.address,
            next=next_step(viewer, pause.mend),
            is_practice=account.pod.is_practice,
        )


def _stopped_by_kill_switch(viewer: Viewer, kill_switch: KillSwitch) -> Iterator[Group]:
    rows = counted_by(Invocation.objects.filter(status=Status.QUEUED), "account")
    if rows:
        yield Group(
            meaning=STATUSES[Status.QUEUED],
            n=sum(row["n"] for row in rows),
            title=_("all sending"),
            why=kill_switch.reason,
            oldest=min(row["oldest"] for row in rows),
            address=history_url(status=Status.QUEUED),
            next=next_step(viewer, remedies.kill_switch_remedy()),
        )


# --- Held -----------------------------------------------------------------------------------------


def _held(viewer: Viewer, paused: PauseOverview) -> Iterator[Group]:
    """Messages that wait for a change in the set-up, by account."""
    rows = counted_by(Invocation.objects.filter(status=Status.HELD), "account")
    accounts = Account.objects.select_related("pod").in_bulk({row["account"] for row in rows})
    pause_of = {pause.of.pk: pause for pause in paused.pauses if pause.kind == "account"}
    for row in rows:
        account, pause = accounts[row["account"]], pause_of.get(row["account"])
        if pause:
            step = next_step(viewer, pause.mend)
        elif set(row["reasons"]) - set(RELEASED_WITH_ACCOUNT):
            step = NextStep(
                _(
                    "Whoever runs the console puts the key back that is missing in "
                    "FIELD_ENCRYPTION_KEYS. Or cancel them."
                )
            )
        else:
            step = NextStep(_("Nothing: its account is resumed, and they leave by themselves."))
        yield Group(
            meaning=STATUSES[Status.HELD],
            n=row["n"],
            title=account.title,
            why=reasons_text(row["reasons"]),
            oldest=row["oldest"],
            address=history_url(status=Status.HELD, account=account.pk),
            next=step,
            is_practice=account.pod.is_practice,
        )


# --- Unknown, and missing results -----------------------------------------------------------------


def _unknown(viewer: Viewer, kill_switch: KillSwitch | None) -> Iterator[Group]:
    """Unknown outcomes, by workflow."""
    rows = counted_by(Invocation.objects.filter(status=Status.UNKNOWN), "workflow_instance")
    sendable = viewer.sendable_ids if rows else frozenset()
    is_stopped = kill_switch is not None
    for row, workflow in _with_workflows(rows):
        is_blocked = pauses.is_blocked(workflow.account, workflow, is_stopped=is_stopped)
        may_check = bool(row["checkable"]) and workflow.pk in sendable and not is_blocked
        says = _how_to_settle(may_check=may_check, may_settle=viewer.may_settle)
        if is_blocked:
            says = f"{says}: {_('while it is paused none can be checked')}"
        elif not row["checkable"]:
            says = f"{says}: {_('they are too old to be checked')}"
        unknown_page = f"{reverse('unknown')}?{urlencode({'workflow': workflow.pk})}"
        yield _workflow_group(
            workflow,
            row,
            meaning=STATUSES[Status.UNKNOWN],
            why=reasons_text(row["reasons"]),
            address=history_url(status=Status.UNKNOWN, workflow=workflow.pk),
            step=NextStep(says, unknown_page),
        )


def _how_to_settle(*, may_check: bool, may_settle: bool) -> str:
    if may_check and may_settle:
        return _("Check safely, or settle them")
    if may_check:
        return _("Check safely, or ask an admin to settle them")
    return _("Settle them") if may_settle else _("Ask an admin to settle them")


def _missing_results(viewer: Viewer) -> Iterator[Group]:
    """Accepted messages of the last `MISSING_RESULT_DAYS` days without a result, by workflow."""
    start = statistics.period_start(MISSING_RESULT_DAYS)
    missing = Invocation.objects.filter(recorded_between(start), delivery=Delivery.NO_RESULT)
    since = timezone.localtime(start).date().isoformat()
    for row, workflow in _with_workflows(counted_by(missing, "workflow_instance")):
        check_setup = Remedy(
            label=_("Check how its results come in"),
            address=reverse("callback_setup", args=[workflow.account_id]),
            permission=permissions.CHANGE_ACCOUNT,
            asked=_("Ask an admin to check how its results come in."),
        )
        yield _workflow_group(
            workflow,
            row,
            meaning=NO_RESULT,
            why=_("Kaleyra took them, and their results did not come in time."),
            address=history_url(delivery=Delivery.NO_RESULT, workflow=workflow.pk, since=since),
            step=next_step(viewer, check_setup),
        )


# --- What the groups share ------------------------------------------------------------------------


def _workflow_group(
    workflow: WorkflowInstance,
    row: dict[str, Any],
    *,
    meaning: Meaning,
    why: Text,
    address: str,
    step: NextStep,
) -> Group:
    return Group(
        meaning=meaning,
        n=row["n"],
        title=workflow.title,
        why=why,
        oldest=row["oldest"],
        address=address,
        next=step,
        is_practice=workflow.account.pod.is_practice,
        account=workflow.account.title,
    )


def _with_workflows(
    rows: Sequence[dict[str, Any]],
) -> Iterator[tuple[dict[str, Any], WorkflowInstance]]:
    ids = {row["workflow_instance"] for row in rows}
    workflows = WorkflowInstance.objects.select_related("account__pod").in_bulk(ids)
    for row in rows:
        yield row, workflows[row["workflow_instance"]]
