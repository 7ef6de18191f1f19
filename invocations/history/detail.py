"""One invocation as one viewer may see it, for its page, the side panel, the ticket and exports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from invocations.composing import template_fields
from invocations.history import resend
from invocations.history.actions import Actions, Blocker
from invocations.history.batch_names import batch_name
from invocations.history.deliveries import (
    AWAITING,
    MAY_BE_DOUBLE,
    NO_RESULT,
    NOT_REPORTED,
    NOT_YET_REPORTED,
)
from invocations.history.excerpts import Excerpt, excerpt
from invocations.history.meanings import Meaning, StatusMeaning, Text
from invocations.history.outlook import when_it_goes_on, why_it_waits
from invocations.history.reasons import REASONS, advice_for
from invocations.history.report import Report, channel_kinds, report_of
from invocations.history.scheduled import Schedule, time_changes
from invocations.history.sent import SentMessage, ShownCallback
from invocations.history.shown_attempt import ShownAttempt, kept_reply, shown_attempt
from invocations.history.state import delivery_of, meaning_of
from invocations.history.summary import summary
from invocations.history.targets import ShownTarget, shown_target
from invocations.history.ticket import ticket_text
from invocations.history.timeline import timeline
from invocations.history.timeline_step import TimelineStep
from invocations.history.wording import person_name
from invocations.models import Attempt, Callback, Channel, Invocation, Settlement
from invocations.models.encryption import Unreadable
from invocations.models.viewer import Viewer
from invocations.sending.departure import GOES_ON, Departure

Status = Invocation.Status

REFRESH_SOON, REFRESH_LATER = 2, 5
"""Seconds between two refreshes of an open page: at first, and after `QUIET_AFTER`."""
QUIET_AFTER = timedelta(seconds=30)
"""Time since the newest event after which the page refreshes less often."""


class Detail:
    """Each property is computed on first use, so that an export pays only for its columns.

    `pages`: which page to show of "attempts" and "results", if not both ends of the list.
    `blockers`: what stops the invocation from being sent now; `departure`: who sends it without a
    person. `may_have_result`: whether an unmatched result may belong to it. The caller looks them
    up, in packages above this one.
    """

    def __init__(
        self,
        invocation: Invocation,
        viewer: Viewer,
        *,
        blockers: Sequence[Blocker] = (),
        departure: Departure = GOES_ON,
        may_have_result: bool = False,
        pages: Mapping[str, int | None] | None = None,
    ) -> None:
        self.invocation = invocation
        self.viewer = viewer
        self.blockers = blockers
        self.departure = departure
        self.may_have_result = may_have_result
        self._pages = pages or {}
        self._now = timezone.now()

    # --- what happened ---

    @cached_property
    def sent_channels(self) -> list[Channel]:
        """The channels as they were when the message was recorded."""
        return template_fields.channels_as_sent(self.invocation)

    @cached_property
    def sent(self) -> SentMessage:
        return SentMessage(self.invocation, self.viewer, self.sent_channels)

    @cached_property
    def report(self) -> Report | None:
        return report_of(list(self.invocation.callbacks.all()))

    @cached_property
    def channel_kinds(self) -> list[str]:
        return channel_kinds(self.sent_channels, self.report)

    @cached_property
    def meaning(self) -> StatusMeaning:
        return meaning_of(self.invocation)

    @cached_property
    def delivery(self) -> Meaning:
        delivery = delivery_of(self.invocation, self.channel_kinds)
        if delivery is NOT_REPORTED and self.invocation.workflow_instance.expects_callback:
            return NOT_YET_REPORTED
        return delivery

    @property
    def batch_name(self) -> str:
        """The file that it comes from; empty if it was sent by itself."""
        batch = self.invocation.batch
        return batch_name(batch) if batch else ""

    @property
    def double(self) -> Meaning | None:
        return MAY_BE_DOUBLE if self.invocation.may_be_double else None

    @property
    def results_contradict(self) -> bool:
        return self.report is not None and bool(self.report.disputed)

    @cached_property
    def is_disputed(self) -> bool:
        return resend.is_disputed(self.invocation, self.report)

    @property
    def lacks_id(self) -> bool:
        """Whether Kaleyra's ID is missing, so that a result may stay unmatched."""
        awaited = self.delivery in (AWAITING, NO_RESULT)
        return not self.invocation.workflow_invocation_id and awaited

    @property
    def was_interrupted(self) -> bool:
        lease = self.invocation.lease_until
        return self.invocation.status == Status.SENDING and lease is not None and lease < self._now

    @property
    def has_left(self) -> bool:
        return self.invocation.status not in Invocation.NEVER_LEFT

    @property
    def summary(self) -> str:
        if self.schedule:
            return f"{_('Saved.')} {self.schedule.leaves}"
        return summary(self.meaning, self.delivery, self.report, self.sent_channels)

    @property
    def steps(self) -> list[TimelineStep]:
        attempts = self.invocation.attempts.all()
        return timeline(
            self.invocation,
            attempts,
            self.report,
            self.sent_channels,
            self.meaning,
            self._status_notes,
            time_changes(self.invocation),
        )

    @cached_property
    def schedule(self) -> Schedule | None:
        return Schedule.of(self.invocation, self._now)

    @property
    def why(self) -> Text:
        return REASONS.get(self.invocation.reason, "")

    @cached_property
    def reply(self) -> dict[str, Any]:
        return kept_reply(self.invocation)

    @property
    def advice(self) -> list[Text]:
        return advice_for([*self.reply.get("errors", []), self.reply.get("message") or ""])

    @cached_property
    def attempts(self) -> Excerpt[ShownAttempt]:
        """The newest first."""
        rows = excerpt([*reversed(self.invocation.attempts.all())], self._pages.get("attempts"))
        replies = Attempt.objects.only("binding", "reply").in_bulk([row.pk for row in rows.shown])
        own = self.target.row
        return rows.mapped(lambda row: shown_attempt(row, replies[row.pk], row.target or own))

    @cached_property
    def target(self) -> ShownTarget:
        return shown_target(self.invocation)

    @cached_property
    def callbacks(self) -> Excerpt[ShownCallback]:
        """The newest first."""
        rows = excerpt([*reversed(self.invocation.callbacks.all())], self._pages.get("results"))
        bodies = Callback.objects.only("digest", "body").in_bulk([row.pk for row in rows.shown])
        return rows.mapped(lambda row: self.sent.shown_callback(row, bodies[row.pk]))

    @cached_property
    def ticket(self) -> str:
        return ticket_text(
            self.invocation,
            excerpt(list(self.invocation.attempts.all())).shown,
            self.report,
            target=self.target,
            meaning=self.meaning,
            delivery=self.delivery,
            waits_because=[*(each.told for each in self.blockers), *self.why_it_waits],
            secrets=self.sent.all_secrets,
        )

    @property
    def _status_notes(self) -> list[Text]:
        """What the status step of the timeline adds: who ended it, or when it goes on."""
        row = self.invocation
        if settlement := getattr(row, "settlement", None):
            words = _("%(person)s wrote: “%(reason)s”")
            person = person_name(settlement.settled_by)
            return [words % {"person": person, "reason": _readable(settlement, "reason")}]
        if row.cancelled_by:
            return [_("%(person)s cancelled it.") % {"person": person_name(row.cancelled_by)}]
        if row.reason in ("confirmed_by_duplicate", "confirmed_by_result"):
            return [REASONS[row.reason]]
        if row.status == Status.ACCEPTED and (message := self.reply.get("message") and row.message):
            return [_("Kaleyra’s words: “%(message)s”") % {"message": message}]
        if self.schedule:
            return []
        if row.due_at and not self.blockers and self.departure.goes_on_by_itself:
            return [when_it_goes_on(row.status, row.due_at, self._now)]
        return []

    @cached_property
    def why_it_waits(self) -> list[str]:
        """Why nothing is done about it now, where the console would do something by itself.

        Pauses are in `blockers`, with their remedies.
        """
        row = self.invocation
        is_open = row.status == Status.UNKNOWN and row.due_at is not None
        waits = row.status in Invocation.UNSENT or self.was_interrupted or is_open
        if not waits:
            return []
        return why_it_waits(self.departure, row.account, is_unknown=is_open)

    @cached_property
    def actions(self) -> Actions:
        return Actions(
            self.invocation,
            self.viewer,
            self.blockers,
            meaning=self.meaning,
            delivery=self.delivery,
            is_disputed=self.is_disputed,
            departure=self.departure,
        )

    @cached_property
    def resent_as(self) -> QuerySet[Invocation]:
        found: QuerySet[Invocation] = self.invocation.sent_again_as.order_by("id")
        return self.viewer.reading.narrow(found)

    @property
    def resent_from(self) -> Invocation | None:
        """The message that it repeats, if the viewer reads that."""
        original = self.invocation.sent_again_from
        return original if original and self.viewer.reading.reads(original) else None

    @property
    def refreshes_every(self) -> int | None:
        """Seconds until an open page refreshes; None once nothing changes by itself."""
        row = self.invocation
        if self.viewer.sees_numbers:
            return None  # the refresh would mask them again while somebody reads them
        if row.is_final and row.delivery != Invocation.Delivery.AWAITING:
            return None
        moments = [
            *(row.created_at, row.final_at),
            *(attempt.started_at for attempt in row.attempts.all()),
            *(callback.received_at for callback in row.callbacks.all()),
        ]
        newest: datetime = max(moment for moment in moments if moment)
        return REFRESH_SOON if newest > self._now - QUIET_AFTER else REFRESH_LATER


def _readable(row: Settlement, field: str) -> str:
    try:
        text: str | None = getattr(row, field)
        return _("(removed)") if text is None else text
    except Unreadable:
        return _("(cannot be read any more)")
