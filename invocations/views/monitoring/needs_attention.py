"""Waiting: the dashboard's list of what needs a person, one line for all messages that wait for the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.db.models import Count, Min, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from invocations.history.deliveries import NO_RESULT
from invocations.history.links import history_url
from invocations.history.meanings import Meaning, Text
from invocations.history.periods import recorded_between
from invocations.history.reasons import REASONS
from invocations.history.statuses import STATUSES
from invocations.models import Account, Invocation, KillSwitch, WorkflowInstance, permissions
from invocations.models.permissions import Viewer
from invocations.monitoring import pauses, remedies, statistics
from invocations.monitoring.pause_overview import PauseOverview
from invocations.monitoring.pauses import MAX_WAITING_COUNTED
from invocations.monitoring.remedies import Remedy
from invocations.sending import ask_again
from invocations.sending.outcomes import RELEASED_WITH_ACCOUNT
from invocations.views.monitoring.outcome_tiles import short

Status, Delivery = Invocation.Status, Invocation.Delivery

MOST_GROUPS, LEAST_MISSING, MOST_REASONS = 8, 2, 2
"""Lines that stand there unfolded, of missing results among them at least, if there are any; and reasons that a line names."""
LATE = timedelta(hours=1)
MISSING_DAYS = 7
"""Results that are missing for longer have been looked after, or never will be."""


class Next(NamedTuple):
    """What somebody does about it; with an address where this person can."""

    says: Text
    address: str = ""


@dataclass(frozen=True)
class Group:
    """Messages that wait for the same: how many, of what, why, when the oldest was recorded; and where they are listed."""

    meaning: Meaning
    n: int
    title: str
    why: Text
    oldest: datetime
    address: str
    next: Next
    is_practice: bool = False
    account: str = ""

    @property
    def age(self) -> str:
        return short(timezone.now() - self.oldest)

    @property
    def is_late(self) -> bool:
        return self.oldest < timezone.now() - LATE


def groups_needing_attention(viewer: Viewer, paused: PauseOverview) -> dict[str, Any]:
    """The groups, the one that waits longest first, missing results last; `more_waiting` are those that are folded away.

    Of each status the oldest `MAX_WAITING_COUNTED` are counted.
    """
    brake = pauses.active_kill_switch()
    found = sorted(
        [*_queued(viewer, paused, brake), *_held(viewer, paused), *_unknown(viewer, brake)],
        key=lambda group: group.oldest,
    )
    missing = sorted(_missing(viewer), key=lambda group: group.oldest)
    first = found[: MOST_GROUPS - min(len(missing), LEAST_MISSING)]
    fill = MOST_GROUPS - len(first)
    return {
        "waiting": [*first, *missing[:fill]],
        "more_waiting": [*found[len(first) :], *missing[fill:]],
    }


def _queued(viewer: Viewer, paused: PauseOverview, brake: KillSwitch | None) -> Iterator[Group]:
    """What does not leave because something is paused: all of it for the brake, else each for the widest pause."""
    if brake is not None:
        rows = _grouped(Invocation.objects.filter(status=Status.QUEUED), "account")
        if rows:
            n, oldest = sum(row["n"] for row in rows), min(row["oldest"] for row in rows)
            step = _step(viewer, remedies.kill_switch_remedy())
            yield Group(
                STATUSES[Status.QUEUED],
                n,
                _("all sending"),
                brake.reason,
                oldest,
                history_url(status=Status.QUEUED),
                step,
            )
        return
    whole = {pause.of.pk for pause in paused.pauses if pause.kind == "account"}
    for pause in paused.pauses:
        if (
            pause.queued
            and pause.account
            and (pause.kind == "account" or pause.account.pk not in whole)
        ):
            waits, is_practice = pause.queued, pause.account.pod.is_practice
            step, why = (
                _step(viewer, pause.mend),
                f"{pause.title}." if pause.held else pause.told,
            )  # what is held says why
            yield Group(
                STATUSES[Status.QUEUED],
                waits.n,
                pause.name,
                why,
                waits.oldest,
                waits.address,
                step,
                is_practice,
            )


def _held(viewer: Viewer, paused: PauseOverview) -> Iterator[Group]:
    """What the set-up keeps back, by account."""
    rows = _grouped(Invocation.objects.filter(status=Status.HELD), "account")
    accounts = Account.objects.select_related("pod").in_bulk({row["account"] for row in rows})
    by_account = {pause.of.pk: pause for pause in paused.pauses if pause.kind == "account"}
    for row in rows:
        account, pause = accounts[row["account"]], by_account.get(row["account"])
        if pause:
            step = _step(viewer, pause.mend)
        elif set(row["reasons"]) - set(RELEASED_WITH_ACCOUNT):
            step = Next(
                _(
                    "Whoever runs the console puts the key back that is missing in FIELD_ENCRYPTION_KEYS. Or cancel them."
                )
            )
        else:
            step = Next(_("Nothing: its account goes on, and they leave by themselves."))
        address = history_url(status=Status.HELD, account=account.pk)
        yield Group(
            STATUSES[Status.HELD],
            row["n"],
            account.title,
            _why(row),
            row["oldest"],
            address,
            step,
            account.pod.is_practice,
        )


def _unknown(viewer: Viewer, brake: KillSwitch | None) -> Iterator[Group]:
    """What no answer settles, by workflow."""
    rows = _grouped(Invocation.objects.filter(status=Status.UNKNOWN), "workflow_instance")
    sendable = viewer.sendable_ids if rows else frozenset()
    for row, workflow in _with_workflows(rows):
        is_kept_back = pauses.is_blocked(workflow.account, workflow, is_stopped=brake is not None)
        may_check = bool(row["checkable"]) and workflow.pk in sendable and not is_kept_back
        says = _how_to_settle(may_check=may_check, may_settle=viewer.may_settle)
        if is_kept_back:
            says = f"{says}: {_('while it is paused none can be checked')}"
        elif not row["checkable"]:
            says = f"{says}: {_('they are too old to be checked')}"
        step = Next(says, f"{reverse('unknown')}?{urlencode({'workflow': workflow.pk})}")
        address = history_url(status=Status.UNKNOWN, workflow=workflow.pk)
        yield _of_workflow(STATUSES[Status.UNKNOWN], workflow, row, _why(row), address, step)


def _how_to_settle(*, may_check: bool, may_settle: bool) -> str:
    if may_check:
        return (
            _("Check safely, or settle them")
            if may_settle
            else _("Check safely, or ask an admin to settle them")
        )
    return _("Settle them") if may_settle else _("Ask an admin to settle them")


def _missing(viewer: Viewer) -> Iterator[Group]:
    """Results of the last days that did not come, by workflow."""
    since = statistics.period_start(MISSING_DAYS)
    rows = _grouped(
        Invocation.objects.filter(recorded_between(since), delivery=Delivery.NO_RESULT),
        "workflow_instance",
    )
    why = _("Kaleyra took them, and their results did not come in time.")
    for row, workflow in _with_workflows(rows):
        results_page = reverse("callback_setup", args=[workflow.account_id])
        asked = _("Ask an admin to check how its results come in.")
        set_up = Remedy(
            _("Check how its results come in"), results_page, permissions.CHANGE_ACCOUNT, asked
        )
        address = history_url(
            delivery=Delivery.NO_RESULT,
            workflow=workflow.pk,
            since=timezone.localtime(since).date().isoformat(),
        )
        yield _of_workflow(NO_RESULT, workflow, row, why, address, _step(viewer, set_up))


def _why(row: dict[str, Any]) -> str:
    """The reasons, the most frequent first; of several, how many messages each is true of."""
    told = [
        (str(REASONS[reason]), n) for reason, n in row["reasons"].most_common() if reason in REASONS
    ]
    if len(told) < 2:
        return "".join(says for says, _n in told)
    words = [_("%(n)s × %(why)s") % {"n": n, "why": says} for says, n in told[:MOST_REASONS]]
    others = sum(n for _says, n in told[MOST_REASONS:])
    return " ".join([*words, *([_("%(n)s × other reasons.") % {"n": others}] if others else [])])


def _of_workflow(
    meaning: Meaning,
    workflow: WorkflowInstance,
    row: dict[str, Any],
    why: Text,
    address: str,
    step: Next,
) -> Group:
    account = workflow.account
    return Group(
        meaning,
        row["n"],
        workflow.title,
        why,
        row["oldest"],
        address,
        step,
        account.pod.is_practice,
        account.title,
    )


def _step(viewer: Viewer, mend: Remedy | None) -> Next:
    if mend is not None and viewer.may(mend.permission):
        return Next(mend.label, mend.address)
    return Next(mend.asked if mend else _("Ask an admin."))


def _grouped(rows: QuerySet[Invocation], column: str) -> list[dict[str, Any]]:
    """The oldest of `rows`, counted by `column`: each with `n`, `oldest`, how many are `checkable`, and how many for which `reasons`."""
    oldest = rows.order_by("id").values("pk")[:MAX_WAITING_COUNTED]
    counted = Invocation.objects.filter(pk__in=oldest).values(column, "reason")
    counts = {
        "n": Count("pk"),
        "oldest": Min("created_at"),
        "checkable": Count("pk", filter=ask_again.checkable(timezone.now())),
    }
    groups: dict[int, dict[str, Any]] = {}
    for row in counted.annotate(**counts).order_by():
        empty = {
            column: row[column],
            "n": 0,
            "oldest": row["oldest"],
            "checkable": 0,
            "reasons": Counter(),
        }
        group = groups.setdefault(row[column], empty)
        group["n"] += row["n"]
        group["oldest"] = min(group["oldest"], row["oldest"])
        group["checkable"] += row["checkable"]
        group["reasons"][row["reason"]] += row["n"]
    return list(groups.values())


def _with_workflows(
    rows: Sequence[dict[str, Any]],
) -> Iterator[tuple[dict[str, Any], WorkflowInstance]]:
    workflows = WorkflowInstance.objects.select_related("account__pod").in_bulk(
        {row["workflow_instance"] for row in rows}
    )
    for row in rows:
        yield row, workflows[row["workflow_instance"]]
