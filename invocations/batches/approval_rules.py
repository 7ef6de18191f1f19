"""Whether a batch needs a second person, and what exactly that person approves."""

from __future__ import annotations

from invocations.composing.limits import limits_of
from invocations.models import Approval, Batch


class NeedsApproval(Exception):
    """The batch was not started: somebody else has to approve it first."""


def needs_approval(batch: Batch) -> bool:
    """As the limits are now: its workflow is marked so, or it has more rows than go without."""
    limits = limits_of(batch.account_id, workflow_id=batch.workflow_id, numbers=())
    most = limits.approve_above
    return limits.needs_approval or (most is not None and batch.rows - batch.left_out > most)


def content_of(batch: Batch) -> str:
    """A short text that differs after any change of rows, columns, texts, account or choice."""
    checked_at = batch.checked_at.isoformat() if batch.checked_at else ""
    ids = (batch.fence, batch.version_id, batch.account_id, batch.workflow_id)
    counts = (batch.rows, batch.left_out, batch.leaves_out, batch.to_decide)
    return "-".join(map(str, (*ids, *counts, checked_at)))


def open_approval(batch: Batch) -> Approval | None:
    """The one that it waits for, or None."""
    return Approval.objects.filter(batch=batch, state=Approval.State.OPEN).first()
