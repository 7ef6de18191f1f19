"""The list of batches, and one line about a batch wherever several are listed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from invocations.history.batch_names import batch_name
from invocations.history.wording import past_day_and_time, person_name
from invocations.models import Approval, Batch, permissions
from invocations.sending import pause
from invocations.sending.departure import sender_is_running
from invocations.views.base import StaffRequest, render_page, staff_page

State = Batch.State
PER_PAGE = 50
TONES = {
    State.UPLOADING: ("neutral", "upload"),
    State.CHECKING: ("sending", "hourglass_top"),
    State.REFUSED: ("rejected", "block"),
    State.CHECKED: ("neutral", "edit_note"),
    State.RUNNING: ("sending", "send"),
    State.PAUSED: ("held", "pause"),
    State.DONE: ("accepted", "check"),
    State.CANCELLED: ("neutral", "close"),
    State.EXPIRED: ("rejected", "timer_off"),
}


_WAITS = ("held", "hourglass_top")
_ASKS = ("held", "approval")


@dataclass(frozen=True)
class BatchLine:
    """`is_stopped`: that nothing of it leaves now, if more is known than its account and workflow
    say. `asks`: a second person has to approve it before it starts.
    """

    batch: Batch
    is_stopped: bool = False
    asks: bool = False

    @property
    def waits(self) -> bool:
        """Whether it was started, its time has come, and something keeps it from leaving."""
        of_account = self.batch.account.is_paused or self.batch.workflow.is_paused
        is_due = self.batch.state == State.RUNNING and not _is_ahead(self.batch)
        return is_due and (self.is_stopped or of_account)

    @property
    def name(self) -> str:
        return batch_name(self.batch)

    @property
    def tone(self) -> str:
        return self._look[0]

    @property
    def icon(self) -> str:
        return self._look[1]

    @property
    def _look(self) -> tuple[str, str]:
        """Tone and icon."""
        if self.asks:
            return _ASKS
        return _WAITS if self.waits else TONES[State(self.batch.state)]

    @property
    def state(self) -> str:
        if self.asks:
            return str(Approval.State.OPEN.label)
        return _("Waiting") if self.waits else state_text(self.batch)

    @property
    def when(self) -> str:
        return past_day_and_time(self.batch.started_at or self.batch.created_at)

    @property
    def by(self) -> str:
        return person_name(self.batch.started_by or self.batch.created_by)


def state_text(batch: Batch) -> str:
    if batch.state == State.RUNNING and _is_ahead(batch):
        return _("Scheduled")
    return str(batch.get_state_display())


def _is_ahead(batch: Batch) -> bool:
    return batch.not_before is not None and batch.not_before > timezone.now()


def lines_of(batches: Iterable[Batch]) -> list[BatchLine]:
    found = list(batches)
    is_stopped = any(batch.state == State.RUNNING for batch in found) and _nothing_leaves()
    asking = _waiting_for_approval(found)
    return [BatchLine(batch, is_stopped, batch.pk in asking) for batch in found]


def _waiting_for_approval(batches: Iterable[Batch]) -> set[int | None]:
    """Keys of those that have not started because a second person has to approve them."""
    checked = [batch.pk for batch in batches if batch.state == State.CHECKED]
    if not checked:
        return set()
    waiting = Approval.objects.filter(batch__in=checked, state=Approval.State.OPEN)
    return set(waiting.values_list("batch_id", flat=True))


def _nothing_leaves() -> bool:
    return pause.is_stopped() or not sender_is_running(timezone.now())


def with_people(batches: QuerySet[Batch]) -> QuerySet[Batch]:
    """What a line reads, without the long texts."""
    related = batches.select_related("workflow", "account__pod", "created_by", "started_by")
    return related.defer("found", "reading", "columns")


@staff_page(permissions.SEE_HISTORY)
@require_safe
def batches(request: StaffRequest) -> HttpResponse:
    """Newest first."""
    found = with_people(request.viewer.batches().order_by("-id"))
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "lines": lines_of(page.object_list)}
    return render_page(request, "batches/list.html", context)
