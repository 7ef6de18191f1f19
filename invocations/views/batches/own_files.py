"""A person's own files on their home: what is checked, waits for them, runs, or has just ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from invocations.batches.column_json import columns_of
from invocations.history.scheduled import day_and_time
from invocations.history.wording import past_day_and_time, person_name
from invocations.models import Batch
from invocations.models.viewer import Viewer
from invocations.views.batches.listing import BatchLine, lines_of
from invocations.views.batches.shown import messages_in

State = Batch.State
MAX_FILES = 5
ENDED_WITHIN = timedelta(days=1)


@dataclass(frozen=True)
class OwnFile:
    """`says`: what is known, and what the person can do. `address`: where they do it."""

    line: BatchLine
    says: str
    button: str
    address: str


def own_files(viewer: Viewer, now: datetime) -> tuple[list[OwnFile], bool]:
    """What is paused first, then what runs, what waits for the person, and what has ended; and
    whether there are more.
    """
    found = list(_found(viewer, now)[: MAX_FILES + 1])
    lines = lines_of(found[:MAX_FILES])
    return [_shown(line, now) for line in lines], len(found) > MAX_FILES


def _found(viewer: Viewer, now: datetime) -> QuerySet[Batch]:
    person = viewer.user.pk if viewer.user else 0
    is_own = Q(started_by=person) | Q(created_by=person, started_by=None)
    has_ended = Q(state__in=Batch.ENDED)
    order = Case(
        When(state=State.PAUSED, then=Value(0)),
        When(state__in=(State.RUNNING, State.CHECKING, State.UPLOADING), then=Value(1)),
        When(state=State.CHECKED, then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    rows = viewer.batches().filter(is_own).exclude(has_ended & Q(ended_at__lt=now - ENDED_WITHIN))
    related = rows.select_related("workflow", "account__pod", "created_by", "paused_by")
    return related.defer("found", "reading").order_by(order, "-id")


def _shown(line: BatchLine, now: datetime) -> OwnFile:
    says, button = _words(line.batch, now)
    if line.asks:
        says, button = _("It starts once a second person approves it."), _("See it")
    return OwnFile(line, says, button, reverse("batch", args=[line.batch.uid]))


def _words(batch: Batch, now: datetime) -> tuple[str, str]:
    count = f"{messages_in(batch):,}"
    state = State(batch.state)
    if state in (State.UPLOADING, State.CHECKING):
        rows = batch.rows_read
        if not rows:
            return _("Its check begins in a moment"), _("See it")
        words = ngettext("%(count)s row read so far", "%(count)s rows read so far", rows)
        return words % {"count": f"{rows:,}"}, _("See it")
    if state == State.REFUSED:
        return _("It cannot be used. Nothing was sent."), _("See why")
    if state == State.CHECKED:
        return _before_start(batch, count)
    if state == State.PAUSED:
        return _paused(batch, count)
    if state == State.RUNNING and batch.not_before and batch.not_before > now:
        words = _("%(count)s messages, starts %(time)s")
        return words % {"count": count, "time": day_and_time(batch.not_before)}, _("See it")
    fed = {"fed": f"{batch.fed:,}", "count": count}
    if state == State.RUNNING:
        return _("%(fed)s of %(count)s are in the queue or have left") % fed, _("Follow it")
    ended = {"time": past_day_and_time(batch.ended_at or now), **fed}
    if state == State.DONE:
        return _("All %(count)s have left the queue, %(time)s") % ended, _("See results")
    return _("Ended %(time)s. The rest was never sent.") % ended, _("See results")


def _before_start(batch: Batch, count: str) -> tuple[str, str]:
    """Sentence and button of what a person has to do next."""
    if not columns_of(batch).is_complete:
        return _("Say what the columns are. Nothing is sent yet."), _("Go on")
    if batch.to_decide:
        words = ngettext(
            "%(count)s row to put right. Nothing is sent yet.",
            "%(count)s rows to put right. Nothing is sent yet.",
            batch.to_decide,
        )
        return words % {"count": f"{batch.to_decide:,}"}, _("Put right")
    words = ngettext(
        "%(count)s message is ready. Nothing is sent yet.",
        "%(count)s messages are ready. Nothing is sent yet.",
        messages_in(batch),
    )
    return words % {"count": count}, _("Confirm")


def _paused(batch: Batch, count: str) -> tuple[str, str]:
    facts = {"left": f"{messages_in(batch) - batch.fed:,}", "count": count}
    if batch.paused_because:
        words = _("The console has paused it. %(left)s of %(count)s are not in the queue yet.")
    else:
        facts["person"] = person_name(batch.paused_by)
        words = _("Paused by %(person)s. %(left)s of %(count)s are not in the queue yet.")
    return words % facts, _("See and resume")
