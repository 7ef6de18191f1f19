"""Batches that the console has paused: nothing of them leaves before a person has looked."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _

from invocations.batches.changed import PAUSE_TEXT
from invocations.models import Batch, permissions
from invocations.models.viewer import Viewer
from invocations.monitoring.need import Need, Rank


def batch_needs(viewer: Viewer) -> Iterator[Need]:
    """What a person has paused needs nobody else. `n` are the rows that are not fed."""
    paused = viewer.batches().filter(state=Batch.State.PAUSED).exclude(paused_because="")
    for batch in paused.select_related("workflow", "account__pod"):
        title = _("A batch of %(workflow)s is paused") % {"workflow": batch.workflow.title}
        yield Need(
            cause=f"batch:{batch.pk}",
            rank=Rank.PAUSED,
            tone="held",
            icon="pause_circle",
            title=title,
            says=str(PAUSE_TEXT.get(batch.paused_because, "")),
            permission=permissions.CHANGE_WORKFLOW,
            button=_("See the batch"),
            address=reverse("batch", args=[batch.uid]),
            n=batch.rows - batch.left_out - batch.fed,
            expires_at=batch.not_after,
            since=batch.started_at,
            is_practice=batch.account.pod.is_practice,
        )
