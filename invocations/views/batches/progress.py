"""The page of a batch that was started: how far it is, and what its rows need."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from invocations.batches.changed import PAUSE_TEXT
from invocations.batches.feed_caps import waits_for
from invocations.batches.progress import Progress, progress_of
from invocations.history.outlook import unreachable_text
from invocations.history.references import reference_for
from invocations.history.scheduled import day_and_time, span_text
from invocations.history.wording import clock_time, past_day_and_time, person_name
from invocations.models import Batch, Invocation
from invocations.models.viewer import Viewer
from invocations.monitoring import pauses
from invocations.sending.departure import GOES_ON, departure_of
from invocations.views.base import StaffRequest, render_page
from invocations.views.batches.files import MAX_XLSX_ROWS
from invocations.views.batches.listing import BatchLine
from invocations.views.batches.milestones import milestone_text
from invocations.views.batches.outcome_shares import bar_of, bar_text, rows_in_need, shares_of
from invocations.views.batches.shown import head_of
from invocations.views.batches.upload import channels_of

State, Status = Batch.State, Invocation.Status
SECONDS_BETWEEN_LOOKS = 2


def show_progress(request: StaffRequest, batch: Batch) -> HttpResponse:
    """It refreshes itself until nothing of the batch can change any more."""
    progress = progress_of(batch)
    now = timezone.now()
    channels = channels_of(batch.workflow)
    shares = shares_of(progress, batch, channels)
    is_going = batch.state in Batch.GOING
    departure = departure_of(batch.workflow) if is_going else GOES_ON
    found_pauses = pauses.pauses_of(batch.account, batch.workflow) if is_going else []
    waits_in_vain = departure.is_unreachable and not departure.is_blocked
    context: dict[str, Any] = {
        **head_of(batch),
        "about": _about(batch, request.viewer),
        "progress": progress,
        "says": _says(progress),
        "shares": shares,
        "bar": bar_of(shares, progress),
        "bar_text": bar_text(shares),
        "needs": rows_in_need(progress, batch),
        "refreshes_every": 0 if progress.is_over else SECONDS_BETWEEN_LOOKS,
        "is_going": is_going,
        "may_control": request.viewer.may_control(batch),
        "may_cancel": request.viewer.may_cancel_batch(batch),
        "may_send_again": request.viewer.may_send_batch_again(batch),
        "again_from": _earlier(batch, request.viewer),
        "left": progress.waiting if is_going else 0,
        "schedule": _schedule(batch, now),
        "time_left": time_left(progress),
        "pace": f"{progress.per_second:g}" if progress.per_second else "",
        "state_says": _state_says(batch),
        "pauses": found_pauses,
        "line": BatchLine(
            batch, is_stopped=bool(found_pauses) or not departure.has_sender or waits_in_vain
        ),
        "has_sender": departure.has_sender,
        "unreachable": unreachable_text(departure, batch.account) if waits_in_vain else "",
        "is_own": batch.created_by_id == request.user.pk,
        "again_as": list(request.viewer.batches().filter(again_from=batch).order_by("id")),
        "most_xlsx_rows": MAX_XLSX_ROWS if batch.rows > MAX_XLSX_ROWS else 0,
        "rows_are_kept": batch.delete_at > now,
        "failed": progress.by_status[Status.REJECTED] + progress.not_delivered,
        "never_left": progress.cancelled + progress.expired if not is_going else 0,
    }
    return render_page(request, "batches/batch.html", context)


def _earlier(batch: Batch, viewer: Viewer) -> Batch | None:
    """The one whose rows it sends again, if the viewer may see that."""
    if batch.again_from_id is None:
        return None
    return viewer.batches().filter(pk=batch.again_from_id).first()


def _about(batch: Batch, viewer: Viewer) -> str:
    """Who started it when, and the ticket."""
    facts = {"when": past_day_and_time(batch.started_at or batch.created_at)}
    facts["person"] = person_name(batch.started_by)
    words = _("started %(when)s by %(person)s") % facts
    ticket = reference_for(viewer, batch.reference)
    return f"{words}, {ticket}" if ticket else words


def _says(progress: Progress) -> str:
    if progress.is_over:
        return _("All results are in")
    return milestone_text(progress.done, progress.to_send)


def _schedule(batch: Batch, now: datetime) -> dict[str, str] | None:
    """None unless it waits for its time."""
    begins = batch.not_before
    if batch.state not in Batch.GOING or begins is None or begins <= now:
        return None
    return {"at": day_and_time(begins), "ahead": span_text(begins - now)}


def time_left(progress: Progress) -> str:
    """Empty if nothing leaves now, or nothing is left."""
    seconds = progress.seconds_left
    if seconds is None or not progress.waiting:
        return ""
    if seconds < 100:
        return _("About %(seconds)s s left") % {"seconds": max(1, round(seconds))}
    return _("About %(span)s left") % {"span": span_text(timedelta(seconds=seconds))}


def _state_says(batch: Batch) -> dict[str, str] | None:
    """Title, text and tone of what a person has to know about its state; None while it runs."""
    ended = clock_time(batch.ended_at, "j M, H:i") if batch.ended_at else ""
    if batch.state == State.PAUSED:
        if batch.paused_because:
            why = PAUSE_TEXT.get(batch.paused_because, batch.paused_because)
            return _said(_("The console has paused this batch"), str(why), "held")
        title = _("%(person)s has paused this batch") % {"person": person_name(batch.paused_by)}
        return _said(title, _("Nothing of it leaves until it is resumed."), "held")
    if batch.state == State.RUNNING and (why := waits_for(batch)):
        return _said(_("A limit is reached"), why, "held")
    if batch.state == State.CANCELLED:
        title = _("Cancelled on %(time)s") % {"time": ended}
        return _said(title, _("What had left goes on. The rest was never sent."), "neutral")
    if batch.state == State.EXPIRED:
        title = _("Its time was over on %(time)s") % {"time": ended}
        return _said(title, _("What had not left by then was never sent."), "rejected")
    return None


def _said(title: str, text: str, tone: str) -> dict[str, str]:
    return {"title": title, "text": text, "tone": tone}
