"""Approval by a second person: of a batch before it starts, and of a message before it leaves.

What is approved leaves by itself. Each change of state is one conditional UPDATE, so that of two
people who decide at once one does. Any change of what was to be sent makes an approval void.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from invocations.audit import verbs
from invocations.audit.record import record as trail
from invocations.batches.approval_rules import content_of, open_approval
from invocations.batches.changed import change_since_check
from invocations.batches.one_person import may_be_one
from invocations.batches.start import start
from invocations.batches.trail_facts import facts_of
from invocations.kaleyra.redaction import mask_numbers
from invocations.models import Approval, Batch, Invocation
from invocations.models.viewer import Viewer
from invocations.sending import awaiting
from invocations.sending.decisions import facts_of as message_facts
from invocations.sending.record import NotSendable

if TYPE_CHECKING:
    from django.contrib.auth.models import User

State = Approval.State


class Decision(StrEnum):
    DONE = "done"
    OWN = "own"
    """Who asked, or brought the file, does not decide."""
    GONE = "gone"
    """It was decided, withdrawn or has lapsed before."""
    VOID = "void"
    """Something has changed since, so nothing was sent."""
    MAYBE_OWN = "maybe_own"
    """Who asked could sign in as who decides."""


def ask(batch: Batch, by: User | None, choices: dict[str, Any]) -> Approval:
    """Asks for approval of a checked batch as it is now. While it waits, the same is returned.

    `choices`: how it is to start (`batches.start.start`).
    """
    now = timezone.now()
    waits = open_approval(batch)
    if waits is not None and waits.content == content_of(batch):
        return waits
    with transaction.atomic():
        _close(Q(batch=batch), State.VOID, now)
        approval, is_new = _insert(batch, by, now, choices)
        if not is_new:
            return approval
        facts = {"approval": approval.pk, **facts_of(batch)}
        trail(verbs.APPROVAL_ASKED, by=by, about=batch, facts=facts)
    return approval


def _insert(
    batch: Batch, by: User | None, now: datetime, choices: dict[str, Any]
) -> tuple[Approval, bool]:
    """The database keeps a batch from having two: a second press finds the first one's."""
    return Approval.objects.get_or_create(
        batch=batch,
        state=State.OPEN,
        defaults={
            "asked_by": by,
            "asked_at": now,
            "lapses_at": now + awaiting.LAPSES_AFTER,
            "content": content_of(batch),
            **choices,
        },
    )


def may_decide(approval: Approval, viewer: Viewer) -> bool:
    """Never one's own: not who pressed Start, and not who uploaded the file. Nor what is kept for
    groups that they are not in.
    """
    person = viewer.user.pk if viewer.user else None
    if person is None or person in _owners(approval):
        return False
    return viewer.may_approve and viewer.reading.reads_workflow(_workflow_id(approval))


def may_be_ones_own(approval: Approval, by: User) -> bool:
    """Whether who asked, or brought the file, could be deciding with the account of `by`."""
    owners = {approval.asked_by, approval.batch.created_by if approval.batch else None}
    return any(may_be_one(owner, by) for owner in owners if owner)


def _workflow_id(approval: Approval) -> int | None:
    about = approval.invocation
    if approval.batch:
        return approval.batch.workflow_id
    return about.workflow_instance_id if about else None


def _owners(approval: Approval) -> set[int | None]:
    return {approval.asked_by_id, approval.batch.created_by_id if approval.batch else None}


def approve(approval: Approval, by: User) -> Decision:
    """It starts, or leaves, by itself."""
    if not may_decide(approval, Viewer.of(by)):
        return Decision.OWN
    if may_be_ones_own(approval, by):
        return Decision.MAYBE_OWN
    refresh(timezone.now())
    with transaction.atomic():
        if not _decide(approval, State.APPROVED, by):
            return Decision.GONE
        if _start_or_queue(approval):
            _record(verbs.APPROVED, approval, by)
            return Decision.DONE
        transaction.set_rollback(True)
    _void(approval)
    return Decision.VOID


def refuse(approval: Approval, by: User, reason: str) -> Decision:
    """It is not sent. A message ends; a batch can be changed and asked about anew."""
    if not may_decide(approval, Viewer.of(by)):
        return Decision.OWN
    with transaction.atomic():
        reason = mask_numbers(reason)
        if not _decide(approval, State.REFUSED, by, reason=reason):
            return Decision.GONE
        if approval.invocation:
            awaiting.end(approval.invocation, awaiting.APPROVAL_REFUSED, by)
        _record(verbs.REFUSED, approval, by, reason=reason)
    return Decision.DONE


def withdraw(approval: Approval, by: User) -> bool:
    """By whoever asked. Returns whether it was still open."""
    if by.pk not in _owners(approval):
        return False
    with transaction.atomic():
        if not _decide(approval, State.WITHDRAWN, by):
            return False
        if approval.invocation:
            awaiting.end(approval.invocation, "cancelled", by)
        _record(verbs.APPROVAL_WITHDRAWN, approval, by)
    return True


def refresh(now: datetime) -> int:
    """Ends what has lapsed, was cancelled meanwhile, or has changed. Returns how many."""
    ended = awaiting.withdraw_cancelled(now)
    for approval in with_related(Approval.objects.filter(state=State.OPEN)):
        if approval.lapses_at <= now:
            ended += _lapse(approval, now)
        elif _has_changed(approval):
            ended += _void(approval)
    return ended


def with_related(found: QuerySet[Approval]) -> QuerySet[Approval]:
    return found.select_related(
        *("batch__workflow", "batch__account__pod", "batch__created_by", "asked_by", "decided_by"),
        *("invocation__workflow_instance", "invocation__account__pod", "invocation__version"),
    )


# --- what becomes of it ---------------------------------------------------------------------------


def _decide(approval: Approval, state: Approval.State, by: User, *, reason: str = "") -> bool:
    now = timezone.now()
    open_one = Approval.objects.filter(pk=approval.pk, state=State.OPEN)
    if state is State.APPROVED:
        open_one = open_one.filter(lapses_at__gt=now)
    return bool(open_one.update(state=state, decided_by=by, decided_at=now, reason=reason))


def _start_or_queue(approval: Approval) -> bool:
    """Starts a batch, queues a message. False if it has changed since approval was asked for."""
    if approval.invocation:
        is_same = not awaiting.has_changed(approval.invocation)
        return is_same and awaiting.queue_approved(approval.invocation)
    batch = Batch.objects.select_related("workflow", "account__pod").get(approvals=approval)
    if content_of(batch) != approval.content:
        return False
    try:
        return start(
            batch,
            approval.asked_by,
            not_before=approval.not_before,
            not_after=approval.not_after,
            per_second=approval.per_second,
            reference=approval.reference,
            is_approved=True,
        )
    except NotSendable:
        return False


def _has_changed(approval: Approval) -> bool:
    if approval.invocation:
        return awaiting.has_changed(approval.invocation)
    batch = approval.batch
    if batch is None or batch.state != Batch.State.CHECKED:
        return True
    return content_of(batch) != approval.content or bool(change_since_check(batch))


def _lapse(approval: Approval, now: datetime) -> int:
    with transaction.atomic():
        ended = _close(Q(pk=approval.pk), State.LAPSED, now)
        if ended and approval.invocation:
            awaiting.end(approval.invocation, awaiting.APPROVAL_LAPSED)
        if ended:
            _record(verbs.APPROVAL_LAPSED, approval, None)
    return ended


def _void(approval: Approval) -> int:
    with transaction.atomic():
        ended = _close(Q(pk=approval.pk), State.VOID, timezone.now())
        if ended and approval.invocation:
            awaiting.end(approval.invocation, awaiting.APPROVAL_VOID)
        if ended:
            _record(verbs.APPROVAL_VOID, approval, None)
    return ended


def _close(which: Q, state: Approval.State, now: datetime) -> int:
    return Approval.objects.filter(which, state=State.OPEN).update(state=state, decided_at=now)


def _facts_of(about: Batch | Invocation | None) -> dict[str, Any]:
    if isinstance(about, Batch):
        return facts_of(about)
    return message_facts(about) if about else {}


def _record(verb: str, approval: Approval, by: User | None, **facts: str) -> None:
    about = approval.batch or approval.invocation
    trail(verb, by=by, about=about, facts={"approval": approval.pk, **_facts_of(about), **facts})
