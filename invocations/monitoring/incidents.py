"""Opens and closes incidents: a few bounded queries, once every few seconds.

- refusals: opens at 3 refusals of one kind on a workflow within 10 minutes, with none accepted
  since; closes when a message is accepted, or after an hour without such a refusal.
- paused: opens when the console has paused an account or a workflow; closes when it is resumed.
- unreachable: opens when an account's circuit breaker opens (`rate_limit.FAILURES`); closes when an
  attempt gets through, or after an hour without an attempt.
- unknown: opens when an outcome on a workflow has been unknown for 15 minutes; closes when none is.
- no_results: opens when the last 3 results due on a workflow are missing; closes when a result
  arrives, or after an hour without another missing one.

An incident that returns within 10 minutes of its end is reopened.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import Count, F, Max, Q, QuerySet

from invocations.history.statuses import SETTLED
from invocations.models import Heartbeat, Incident, Invocation, Pace
from invocations.monitoring import pauses
from invocations.sending import rate_limit

UPDATE_EVERY = timedelta(seconds=4)
"""A sweep sooner than this after the last update, of any process, does not update incidents."""
MAX_ROWS_PER_RULE = 1000
"""Rows that one rule reads. One update adds no more than that to the count of an incident."""
REFUSALS, REFUSALS_WITHIN = 3, timedelta(minutes=10)
REOPENED_WITHIN = timedelta(minutes=10)
QUIET_FOR = timedelta(minutes=60)
UNKNOWN_FOR = timedelta(minutes=15)
MISSING, MISSING_WITHIN = 3, timedelta(minutes=60)
NEWEST_PER_WORKFLOW = 200
"""Messages of a workflow that are searched for an acceptance or a result: the newest ones."""

REASONS_WITHOUT_TIME = (*SETTLED, "confirmed_by_result", "confirmed_by_duplicate")
"""Reasons of an acceptance whose `final_at` is not the time at which Kaleyra accepted."""

Kind, Status, Delivery = Incident.Kind, Invocation.Status, Invocation.Delivery


class Finding(NamedTuple):
    """What a rule found. `total`: the number of messages, or of failures, that it is about."""

    kind: Incident.Kind
    account_id: int
    workflow_id: int | None
    reason: str
    last_at: datetime
    total: int

    @property
    def key(self) -> tuple[str, int, int | None, str]:
        return self.kind, self.account_id, self.workflow_id, self.reason


def record_heartbeat(now: datetime) -> bool:
    """Records that a dispatcher is running. Returns whether the caller should update incidents."""
    if Heartbeat.objects.filter(pk=1, at__lte=now - UPDATE_EVERY).update(at=now):
        return True
    return Heartbeat.objects.get_or_create(pk=1, defaults={"at": now})[1]


def update_incidents(now: datetime) -> int:
    """Opens and closes incidents. Returns how many."""
    found = [*_refusals(now), *_paused(now), *_unreachable(now), *_unknown(now), *_no_results(now)]
    changed = sum(_record(finding, now) for finding in found)
    lasting = {finding.key for finding in found}
    open_incidents = Incident.objects.filter(closed_at__isnull=True)
    for incident in open_incidents:
        key = (incident.kind, incident.account_id, incident.workflow_instance_id, incident.reason)
        if key not in lasting and _is_over(incident, now):
            changed += open_incidents.filter(pk=incident.pk).update(closed_at=now)
    return changed


def _record(finding: Finding, now: datetime) -> bool:
    """Updates the open incident, or else reopens or opens one. Returns whether one was opened."""
    same: QuerySet[Incident] = Incident.objects.filter(
        kind=finding.kind,
        account_id=finding.account_id,
        workflow_instance_id=finding.workflow_id,
        reason=finding.reason,
    )
    if incident := same.filter(closed_at__isnull=True).first():
        _update(incident, finding)
        return False
    try:
        with transaction.atomic():
            return _reopen(same, finding, now) or _open(finding, now)
    except IntegrityError:  # another process has opened it just now
        return False


def _update(incident: Incident, finding: Finding) -> None:
    """Updates the count: refusals and missing results add up, the other kinds are counted anew."""
    count = finding.total
    if finding.kind in (Kind.REFUSALS, Kind.NO_RESULTS):
        count = incident.count + _count_since(finding, incident.last_at)
    if count != incident.count:
        unchanged = Incident.objects.filter(pk=incident.pk, last_at=incident.last_at)
        unchanged.update(count=count, last_at=finding.last_at)


def _reopen(same: QuerySet[Incident], finding: Finding, now: datetime) -> bool:
    recent = same.filter(closed_at__gt=now - REOPENED_WITHIN).order_by("-id")[:1]
    reopened = same.filter(pk__in=list(recent.values_list("pk", flat=True))).update(
        last_at=finding.last_at,
        closed_at=None,
        told_closed_at=None,
        count=F("count") + finding.total,
    )
    return bool(reopened)


def _open(finding: Finding, now: datetime) -> bool:
    Incident.objects.create(
        kind=finding.kind,
        account_id=finding.account_id,
        workflow_instance_id=finding.workflow_id,
        reason=finding.reason,
        opened_at=now,
        last_at=finding.last_at,
        count=finding.total,
    )
    return True


def _count_since(finding: Finding, since: datetime) -> int:
    """How many refusals or missing results are later than `since`."""
    if finding.kind == Kind.REFUSALS:
        rows = Invocation.objects.filter(
            workflow_instance_id=finding.workflow_id,
            status=Status.REJECTED,
            final_at__gt=since,
            error_kind=finding.reason,
        ).exclude(reason__in=SETTLED)
    else:
        rows = _newest_missing().filter(
            workflow_instance_id=finding.workflow_id, result_due_at__gt=since
        )
    return len(rows.values("pk")[:MAX_ROWS_PER_RULE])


def _is_over(incident: Incident, now: datetime) -> bool:
    """Whether an open incident that no rule finds any more has ended.

    Refusals and missing results may only have become rarer: they need proof, or an hour of quiet.
    """
    if incident.kind not in (Kind.REFUSALS, Kind.NO_RESULTS):
        return True
    if incident.last_at < now - QUIET_FOR:
        return True
    if incident.kind == Kind.REFUSALS:
        return _accepted_since(incident.workflow_instance_id, incident.last_at)
    result_times = _newest_of(incident.workflow_instance_id).values_list("result_at", flat=True)
    return any(at > incident.last_at for at in result_times if at)


def _newest_of(workflow_id: int | None) -> QuerySet[Invocation]:
    newest = (
        Invocation.objects.filter(workflow_instance_id=workflow_id)
        .order_by("-id")
        .values("pk")[:NEWEST_PER_WORKFLOW]
    )
    return Invocation.objects.filter(pk__in=newest)


def _accepted_since(workflow_id: int | None, moment: datetime) -> bool:
    """Whether Kaleyra accepted a message after `moment`, by reasons that date the acceptance."""
    accepted = _newest_of(workflow_id).filter(status=Status.ACCEPTED, final_at__gt=moment)
    return accepted.exclude(reason__in=REASONS_WITHOUT_TIME).exists()


# --- the rules ------------------------------------------------------------------------------------


def _refusals(now: datetime) -> list[Finding]:
    refused = Invocation.objects.filter(
        status=Status.REJECTED, final_at__gt=now - REFUSALS_WITHIN
    ).exclude(reason__in=SETTLED)
    newest = refused.order_by("-final_at").values("pk")[:MAX_ROWS_PER_RULE]
    kinds = (
        Invocation.objects.filter(pk__in=newest)
        .values_list("account_id", "workflow_instance_id", "error_kind")
        .order_by()
        .annotate(Count("pk"), Max("final_at"))
    )
    return [
        Finding(Kind.REFUSALS, account_id, workflow_id, reason, last_at, count)
        for account_id, workflow_id, reason, count, last_at in kinds
        if count >= REFUSALS and not _accepted_since(workflow_id, last_at)
    ]


def _paused(now: datetime) -> list[Finding]:
    findings = []
    for pause in pauses.automatic_pauses():
        workflow_id = pause.of.pk if pause.kind == "workflow" else None
        if account := pause.account:
            findings.append(Finding(Kind.PAUSED, account.pk, workflow_id, pause.because, now, 1))
    return findings


def _unreachable(now: datetime) -> list[Finding]:
    """Accounts whose circuit breaker is open and was in use within the last hour.

    Every failed attempt moves `wait_until`, so an old one means that no message has waited since.
    """
    paces = Pace.objects.filter(failures__gte=rate_limit.FAILURES, wait_until__gt=now - QUIET_FOR)
    return [
        Finding(Kind.UNREACHABLE, pace.account_id, None, "", now, pace.failures) for pace in paces
    ]


def _unknown(now: datetime) -> list[Finding]:
    oldest = (
        Invocation.objects.filter(status=Status.UNKNOWN)
        .order_by("id")
        .values("pk")[:MAX_ROWS_PER_RULE]
    )
    long_ago = Q(doubtful_since__lte=now - UNKNOWN_FOR)
    by_workflow = (
        Invocation.objects.filter(long_ago, pk__in=oldest)
        .values_list("account_id", "workflow_instance_id")
        .order_by()
        .annotate(Count("pk"), Max("doubtful_since"))
    )
    return [
        Finding(Kind.UNKNOWN, account_id, workflow_id, "", last_at, count)
        for account_id, workflow_id, count, last_at in by_workflow
    ]


def _newest_missing() -> QuerySet[Invocation]:
    newest = (
        Invocation.objects.filter(delivery=Delivery.NO_RESULT)
        .order_by("-id")
        .values("pk")[:MAX_ROWS_PER_RULE]
    )
    return Invocation.objects.filter(pk__in=newest)


def _no_results(now: datetime) -> list[Finding]:
    by_workflow = (
        _newest_missing()
        .filter(result_due_at__gt=now - MISSING_WITHIN)
        .values_list("account_id", "workflow_instance_id")
        .order_by()
        .annotate(count=Count("pk"))
    )
    findings = []
    for account_id, workflow_id, count in by_workflow.filter(count__gte=MISSING):
        due = _newest_of(workflow_id).filter(
            delivery__in=(Delivery.COMPLETED, Delivery.NO_RESULT), result_due_at__isnull=False
        )
        newest_first = due.order_by("-result_due_at").values_list("delivery", "result_due_at")
        last = list(newest_first[:MISSING])
        if len(last) == MISSING and all(delivery == Delivery.NO_RESULT for delivery, _at in last):
            last_at = last[0][1] or now
            findings.append(Finding(Kind.NO_RESULTS, account_id, workflow_id, "", last_at, count))
    return findings
