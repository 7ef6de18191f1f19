"""What waits for the approval of a second person, on that person's list."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from invocations.batches.approvals import may_decide, with_related
from invocations.history.wording import person_name
from invocations.models import Approval, permissions
from invocations.models.viewer import Viewer
from invocations.monitoring.need import Need, Rank

MOST = 20


def approval_needs(viewer: Viewer) -> Iterator[Need]:
    """Those that the viewer may decide: never their own."""
    if not viewer.may_approve:
        return
    waiting = with_related(viewer.reading.approvals().filter(state=Approval.State.OPEN))
    for approval in waiting.order_by("lapses_at")[:MOST]:
        if may_decide(approval, viewer):
            yield _need(approval)


def _need(approval: Approval) -> Need:
    batch, invocation = approval.batch, approval.invocation
    workflow = batch.workflow if batch else invocation and invocation.workflow_instance
    n = batch.rows - batch.left_out if batch else 1
    words = ngettext(
        "%(person)s wants to send %(n)s message.", "%(person)s wants to send %(n)s messages.", n
    )
    return Need(
        cause=f"approval:{approval.pk}",
        rank=Rank.ASKED,
        tone="held",
        icon="approval",
        title=_("%(workflow)s waits for approval") % {"workflow": workflow and workflow.title},
        says=words % {"person": person_name(approval.asked_by), "n": f"{n:,}"},
        permission=permissions.APPROVE,
        button=_("Look at it"),
        address=reverse("approval", args=[approval.pk]),
        n=n,
        expires_at=approval.lapses_at,
        since=approval.asked_at,
    )
