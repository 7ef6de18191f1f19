"""Which target a message has: today's set-up while it has not left, afterwards its own alone.

`sending.claim` stores the target on the message and its attempt in the transaction that claims. So
whatever an admin changes before it is what is posted, and whatever is changed later is not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from invocations.models import Account, ApiKey, Invocation, Pod, Target, WorkflowInstance

Parts = tuple[str, str, str]
"""API domain, SID and workflow ID."""


@dataclass(frozen=True)
class Route:
    """Where one attempt goes, and with which key.

    `is_of_account`: host and SID are those of the account today; `is_of_workflow`: the workflow ID
    too. Otherwise the answer says nothing about the account, or the workflow, as it is set up now.
    `blocked`: a row of `outcomes.TABLE` if nothing may be posted to the target any more.
    """

    target: Target
    api_key: ApiKey | None
    is_of_account: bool = True
    is_of_workflow: bool = True
    blocked: str = ""


def has_left(row: Invocation) -> bool:
    """Whether an attempt may have been accepted, so that the target is final."""
    return row.doubtful_since is not None or row.status not in Invocation.UNSENT


Status = Invocation.Status
NOT_LEFT = Q(status__in=Invocation.UNSENT, doubtful_since__isnull=True)
"""The invocations for which `has_left` is false. The database's trigger has the same rule."""


def current_parts(workflow: WorkflowInstance, account: Account | None = None) -> Parts:
    """Today's set-up. Needs `pod` of the account (the workflow's own by default)."""
    account = account or workflow.account
    return account.pod.api_domain, account.sid, workflow.workflow_instance_id


def current_target(workflow: WorkflowInstance) -> Target:
    return stored_targets([current_parts(workflow)])[current_parts(workflow)]


def routes(
    rows: Sequence[Invocation], account: Account, workflows: Mapping[int, WorkflowInstance]
) -> list[Route]:
    """The routes of locked `rows` of the account, in order, within the transaction that claims."""
    current = _current_targets(rows, account, workflows)
    own: dict[int | None, Target] = {target.pk: target for target in current.values()}
    own |= Target.objects.in_bulk({row.target_id for row in rows} - own.keys() - {None})
    primary = account.primary_key
    found = []
    for row in rows:
        now = current[row.workflow_instance_id]
        if not has_left(row):
            stays = own.get(row.target_id)
            if stays and stays.is_practice != now.is_practice:
                found.append(_blocked(stays, "other_kind"))
            else:
                found.append(Route(now, primary))
            continue
        target = own.get(row.target_id) or _target_before(row)
        if target.is_assumed:
            # Elsewhere Kaleyra would not know the ID, and the customer would get it twice.
            found.append(_blocked(target, "own_target_unknown"))
        elif target.parts[:2] == now.parts[:2]:
            found.append(Route(target, primary, is_of_workflow=target.parts == now.parts))
        else:
            found.append(_route_to(target, account))
    return found


def to_store(
    rows: Sequence[Invocation], routes: Sequence[Route]
) -> list[tuple[list[Invocation], dict[str, int]]]:
    """The locked rows, with the columns of the target to store on them, if any.

    The database lets it change only while they have not left: store it together with the status.
    """
    by_target: dict[int | None, list[Invocation]] = defaultdict(list)
    for row, route in zip(rows, routes, strict=True):
        if row.target_id == route.target.pk:
            by_target[None].append(row)
        else:
            by_target[route.target.pk].append(row)
            row.target = route.target
    return [(of_target, {"target": pk} if pk else {}) for pk, of_target in by_target.items()]


def goes_to(account: Account) -> Q:
    """The account's invocations that are posted to its host and SID of today if claimed now."""
    now = Target.objects.filter(api_domain=account.pod.api_domain, sid=account.sid)
    return NOT_LEFT | Q(target_id__in=now.values("pk"))


def _current_targets(
    rows: Iterable[Invocation], account: Account, workflows: Mapping[int, WorkflowInstance]
) -> dict[int, Target]:
    """By the primary key of the workflow."""
    parts = {
        pk: current_parts(workflows[pk], account)
        for pk in {row.workflow_instance_id for row in rows}
    }
    stored = stored_targets(parts.values())
    return {pk: stored[of_workflow] for pk, of_workflow in parts.items()}


def stored_targets(wanted: Collection[Parts]) -> dict[Parts, Target]:
    """The rows with these parts. Those that are missing are created."""
    names = {workflow for _host, _sid, workflow in wanted}
    rows = Target.objects.filter(workflow_instance_id__in=names, is_assumed=False)
    found = {target.parts: target for target in rows}
    return {parts: found.get(parts) or Target.stored(parts) for parts in wanted}


def _route_to(target: Target, account: Account) -> Route:
    """The route to a host or SID that the account has no more: only to a host that is still a
    pod's, and only with a key that was entered for this host and SID.
    """
    if not Pod.objects.filter(api_domain=target.api_domain).exists():
        return _blocked(target, "own_host_gone")
    if (api_key := _key_for(target, account)) is None:
        return _blocked(target, "own_key_gone")
    return Route(target, api_key, is_of_account=False, is_of_workflow=False)


def _blocked(target: Target, reason: str) -> Route:
    return Route(target, None, is_of_account=False, is_of_workflow=False, blocked=reason)


def _key_for(target: Target, account: Account) -> ApiKey | None:
    """A key that was entered for the target's host and SID: the account's own, or that of an
    account that is there now.
    """
    is_there_now = Q(account=account) | Q(is_primary=True)
    keys = ApiKey.objects.filter(is_there_now, host=target.api_domain, sid=target.sid)
    ranked = sorted(
        keys, key=lambda key: (key.account_id != account.pk, not key.is_primary, key.created_at)
    )
    return next(iter(ranked), None)


# --- messages of a version that stored no target -------------------------------------------------


def _target_before(row: Invocation) -> Target:
    """The set-up when the message was first in doubt, or last posted, as the history has it."""
    posted = row.attempts.order_by("number").values_list("started_at", flat=True)
    moment = row.doubtful_since or posted.last()
    parts, is_assumed = parts_at(row.account_id, row.workflow_instance_id, moment)
    return Target.stored(parts, is_assumed=is_assumed)


def parts_at(account_pk: int, workflow_pk: int, moment: datetime | None) -> tuple[Parts, bool]:
    """The set-up at `moment`, and whether a part of it had to be assumed to be as it is now."""
    account, is_account_assumed = _version_at(Account, account_pk, moment)
    workflow, is_workflow_assumed = _version_at(WorkflowInstance, workflow_pk, moment)
    pod, is_pod_assumed = _version_at(Pod, account.pod_id, moment)
    is_assumed = is_account_assumed or is_workflow_assumed or is_pod_assumed
    return (pod.api_domain, account.sid, workflow.workflow_instance_id), is_assumed


def _version_at(model: Any, pk: int, moment: datetime | None) -> tuple[Any, bool]:
    """The record or its version at `moment`; and whether it is the later one for want of another.

    A record without any history was never changed.
    """
    versions = model.history.filter(id=pk).order_by("history_date", "history_id")
    if moment is not None:
        before = versions.filter(history_date__lte=moment).exclude(history_type="-").last()
        if before is not None:
            return before, False
    first = versions.first()
    if first is not None and first.history_type == "+":
        return first, False
    # A deletion keeps the values that the record had until then.
    now = model.objects.filter(pk=pk).first() or versions.last()
    return now, first is not None and first.history_type != "-"


# --- a change of the set-up ----------------------------------------------------------------------


def messages_under_way(of: Q) -> tuple[int, int]:
    """How many messages would follow a change of the set-up, and how many in doubt would not."""
    return not_left(of).count(), in_doubt(of).count()


def follow(account: Account) -> int:
    """Gives the account's messages that have not left today's set-up as target. Returns how many.

    The claim does so too: this is for what the pages show meanwhile. Rows that a process claims
    just now are left to it.
    """
    account = Account.objects.select_related("pod").get(pk=account.pk)
    moved = 0
    for workflow in account.workflow_instances.all():
        waiting = not_left(Q(workflow_instance=workflow, account=account))
        if not waiting.exists():
            continue
        [now] = stored_targets([current_parts(workflow, account)]).values()
        with transaction.atomic():
            others = waiting.exclude(target_id__in=[now.pk, *_of_other_kind(waiting, now)])
            free = others.select_for_update(skip_locked=True)
            rows = Invocation.objects.filter(NOT_LEFT, pk__in=free.values("pk"))
            moved += rows.update(target_id=now.pk)
    return moved


def count_of_other_kind(account: Account) -> int:
    """The account's messages that have not left, and will not: they do not follow its change
    between practice and live.
    """
    now = Account.objects.select_related("pod").get(pk=account.pk).pod
    waiting = not_left(Q(account=account)).values("target_id").annotate(n=Count("pk")).order_by()
    counts = dict(waiting.values_list("target_id", "n"))
    stored = Target.objects.in_bulk(counts.keys() - {None})
    return sum(counts[pk] for pk, each in stored.items() if each.is_practice != now.is_practice)


def _of_other_kind(waiting: QuerySet[Invocation], now: Target) -> list[int]:
    """The targets of `waiting` that are practice where `now` is live, or live where it is practice.

    What was reviewed as practice never reaches a customer, and what was reviewed as live is not
    lost on practice.
    """
    stored = Target.objects.filter(pk__in=waiting.values("target_id"))
    return [each.pk for each in stored if each.is_practice != now.is_practice]


def not_left(of: Q) -> QuerySet[Invocation]:
    return Invocation.objects.filter(NOT_LEFT, of)


def in_doubt(of: Q) -> QuerySet[Invocation]:
    """Messages that are asked about, or may be, at their own target alone."""
    has_doubt = Q(status__in=Invocation.UNSENT, doubtful_since__isnull=False)
    gone = Q(status__in=[Status.SENDING, Status.UNKNOWN])
    return Invocation.objects.filter(gone | has_doubt, of)
