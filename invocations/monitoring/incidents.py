"""Opens incidents and closes them: a few bounded questions to the database, once every few seconds.

| kind | opens | closes |
|---|---|---|
| refusals | 3 of one kind on a workflow within 10 minutes, and none accepted since | one is accepted, or an hour without a refusal |
| paused | the console paused an account or a workflow | it goes on |
| unreachable | an account's circuit opened (`pacing.FAILURES`) | an attempt got through, or an hour without one |
| unknown | an outcome of a workflow unknown for 15 minutes | none is left |
| no_results | the last 3 results that were due on a workflow are missing | a result came in, or an hour without a missing one |

One that comes back within 10 minutes is the same one, opened again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import Count, F, Max, Q, QuerySet

from invocations.history.meanings import SETTLED
from invocations.models import Heartbeat, Incident, Invocation, Pace
from invocations.monitoring import pauses
from invocations.sending import rate_limit

EVERY = timedelta(seconds=4)
"""A sweep sooner than this after another one does not watch: several dispatchers need only one that does."""
MOST_READ = 1000
"""Rows read for one rule at most. A count in an incident goes no higher, by one round."""
REFUSALS, WITHIN = 3, timedelta(minutes=10)
QUIET = timedelta(minutes=60)
UNKNOWN_FOR = timedelta(minutes=15)
MISSING, MISSING_WITHIN = 3, timedelta(minutes=60)
LOOKED_BACK = 200
"""Of a workflow, the newest messages that are looked at for an acceptance or a result."""

PROVEN_LATER = (*SETTLED, "confirmed_by_result", "confirmed_by_duplicate")
"""Reasons of an acceptance that tell nothing of when it was."""

Kind, Status, Delivery = Incident.Kind, Invocation.Status, Invocation.Delivery


class Trouble(NamedTuple):
    """What a rule found. `times`: how many messages it is about."""

    kind: Incident.Kind
    account_id: int
    workflow_id: int | None
    reason: str
    last_at: datetime
    times: int


def record_heartbeat(now: datetime) -> bool:
    """Notes that a dispatcher is at work. Returns whether it is the caller's turn to watch."""
    if Heartbeat.objects.filter(pk=1, at__lte=now - EVERY).update(at=now):
        return True
    return Heartbeat.objects.get_or_create(pk=1, defaults={"at": now})[1]


def update_incidents(now: datetime) -> int:
    """Opens and closes incidents. Returns how many were."""
    found = [*_refusals(now), *_paused(now), *_unreachable(now), *_unknown(now), *_no_results(now)]
    moved = sum(_note(trouble, now) for trouble in found)
    still = {trouble[:4] for trouble in found}
    for incident in Incident.objects.filter(closed_at__isnull=True):
        named = (incident.kind, incident.account_id, incident.workflow_instance_id, incident.reason)
        if named not in still and _is_over(incident, now):
            moved += Incident.objects.filter(pk=incident.pk, closed_at__isnull=True).update(
                closed_at=now
            )
    return moved


def _note(trouble: Trouble, now: datetime) -> bool:
    """Opens an incident, opens one again that has just closed, or brings the open one up to date. Returns whether one was opened."""
    same: QuerySet[Incident] = Incident.objects.filter(
        kind=trouble.kind,
        account_id=trouble.account_id,
        workflow_instance_id=trouble.workflow_id,
        reason=trouble.reason,
    )
    is_event = trouble.kind in (Kind.REFUSALS, Kind.NO_RESULTS)
    for incident in same.filter(closed_at__isnull=True):
        # Events add up; of the others there are as many as there are now.
        count = incident.count + _happened(trouble, incident.last_at) if is_event else trouble.times
        if count != incident.count:
            same.filter(pk=incident.pk, last_at=incident.last_at).update(
                count=count, last_at=trouble.last_at
            )
        return False
    with_it: dict[str, Any] = {
        "last_at": trouble.last_at,
        "closed_at": None,
        "told_closed_at": None,
    }
    try:
        with transaction.atomic():
            again = same.filter(closed_at__gt=now - WITHIN).order_by("-id")[:1]
            if same.filter(pk__in=list(again.values_list("pk", flat=True))).update(
                **with_it, count=F("count") + trouble.times
            ):
                return True
            same.create(
                kind=trouble.kind,
                account_id=trouble.account_id,
                workflow_instance_id=trouble.workflow_id,
                reason=trouble.reason,
                opened_at=now,
                last_at=trouble.last_at,
                count=trouble.times,
            )
    except IntegrityError:  # another one opened it just now
        return False
    return True


def _happened(trouble: Trouble, since: datetime) -> int:
    """How many more there are than those the incident knows."""
    rows = Invocation.objects.filter(workflow_instance_id=trouble.workflow_id)
    if trouble.kind == Kind.REFUSALS:
        rows = rows.filter(
            status=Status.REJECTED, final_at__gt=since, error_kind=trouble.reason
        ).exclude(reason__in=SETTLED)
    else:
        rows = _newest_missing().filter(
            workflow_instance_id=trouble.workflow_id, result_due_at__gt=since
        )
    return len(rows.values("pk")[:MOST_READ])


def _is_over(incident: Incident, now: datetime) -> bool:
    """Whether an incident that no rule finds any more has ended, or has only grown quiet for a while."""
    if incident.kind not in (Kind.REFUSALS, Kind.NO_RESULTS):
        return True
    if incident.last_at < now - QUIET:
        return True
    if incident.kind == Kind.REFUSALS:
        return _accepted_since(incident.workflow_instance_id, incident.last_at)
    return any(
        at > incident.last_at
        for at in _of_newest(incident.workflow_instance_id).values_list("result_at", flat=True)
        if at
    )


def _of_newest(workflow_id: int | None) -> QuerySet[Invocation]:
    newest = (
        Invocation.objects.filter(workflow_instance_id=workflow_id)
        .order_by("-id")
        .values("pk")[:LOOKED_BACK]
    )
    return Invocation.objects.filter(pk__in=newest)


def _accepted_since(workflow_id: int | None, moment: datetime) -> bool:
    """Whether Kaleyra has taken a message since then. What was proven later to have been taken before says nothing of that."""
    accepted = _of_newest(workflow_id).filter(status=Status.ACCEPTED, final_at__gt=moment)
    return accepted.exclude(reason__in=PROVEN_LATER).exists()


# --- the rules --------------------------------------------------------------------------------------------------------


def _refusals(now: datetime) -> list[Trouble]:
    refused = Invocation.objects.filter(status=Status.REJECTED, final_at__gt=now - WITHIN).exclude(
        reason__in=SETTLED
    )
    newest = refused.order_by("-final_at").values("pk")[:MOST_READ]
    kinds = (
        Invocation.objects.filter(pk__in=newest)
        .values_list("account_id", "workflow_instance_id", "error_kind")
        .order_by()
    )
    return [
        Trouble(Kind.REFUSALS, account_id, workflow_id, reason, last_at, count)
        for account_id, workflow_id, reason, count, last_at in kinds.annotate(
            Count("pk"), Max("final_at")
        )
        if count >= REFUSALS and not _accepted_since(workflow_id, last_at)
    ]


def _paused(now: datetime) -> list[Trouble]:
    found = [(pause, pause.account) for pause in pauses.automatic_pauses()]
    return [
        Trouble(
            Kind.PAUSED,
            account.pk,
            pause.of.pk if pause.kind == "workflow" else None,
            pause.because,
            now,
            1,
        )
        for pause, account in found
        if account
    ]


def _unreachable(now: datetime) -> list[Trouble]:
    """Each attempt sets the time before which there is none: where that is long ago nothing has waited since."""
    paces = Pace.objects.filter(failures__gte=rate_limit.FAILURES, wait_until__gt=now - QUIET)
    return [
        Trouble(Kind.UNREACHABLE, pace.account_id, None, "", now, pace.failures) for pace in paces
    ]


def _unknown(now: datetime) -> list[Trouble]:
    oldest = (
        Invocation.objects.filter(status=Status.UNKNOWN).order_by("id").values("pk")[:MOST_READ]
    )
    known = Q(doubtful_since__lte=now - UNKNOWN_FOR)
    waiting = (
        Invocation.objects.filter(known, pk__in=oldest)
        .values_list("account_id", "workflow_instance_id")
        .order_by()
    )
    return [
        Trouble(Kind.UNKNOWN, account_id, workflow_id, "", last_at, count)
        for account_id, workflow_id, count, last_at in waiting.annotate(
            Count("pk"), Max("doubtful_since")
        )
    ]


def _newest_missing() -> QuerySet[Invocation]:
    newest = (
        Invocation.objects.filter(delivery=Delivery.NO_RESULT)
        .order_by("-id")
        .values("pk")[:MOST_READ]
    )
    return Invocation.objects.filter(pk__in=newest)


def _no_results(now: datetime) -> list[Trouble]:
    lately = _newest_missing().filter(result_due_at__gt=now - MISSING_WITHIN)
    by_workflow = (
        lately.values_list("account_id", "workflow_instance_id")
        .order_by()
        .annotate(count=Count("pk"))
    )
    found = []
    for account_id, workflow_id, count in by_workflow.filter(count__gte=MISSING):
        due = _of_newest(workflow_id).filter(
            delivery__in=(Delivery.COMPLETED, Delivery.NO_RESULT), result_due_at__isnull=False
        )
        last = list(
            due.order_by("-result_due_at").values_list("delivery", "result_due_at")[:MISSING]
        )
        if len(last) == MISSING and all(delivery == Delivery.NO_RESULT for delivery, _at in last):
            found.append(
                Trouble(Kind.NO_RESULTS, account_id, workflow_id, "", last[0][1] or now, count)
            )
    return found
