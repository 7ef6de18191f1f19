"""What the button under the confirmation does, what it can cost, and how long it takes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from invocations.batches.summary import Counts
from invocations.forms.batch_start import BatchStartForm
from invocations.history.scheduled import short_time, span_text
from invocations.models import Batch, Channel


def button_text(batch: Batch, count: int, form: BatchStartForm | None) -> str:
    """With the number of messages, and the time if it is later. `form`: None for "now"."""
    is_practice = batch.account.pod.is_practice
    facts = {"count": f"{count:,}"}
    at = form.not_before_as_typed if form else None
    if at is not None and at > timezone.now():
        words = _("%(schedule)s for %(time)s")
        schedule = schedule_text(count, is_practice=is_practice)
        return words % {"schedule": schedule, "time": short_time(at, timezone.now())}
    if is_practice:
        return (
            ngettext("Send %(count)s practice message", "Send %(count)s practice messages", count)
            % facts
        )
    return ngettext("Send %(count)s message", "Send %(count)s messages", count) % facts


def approval_text(count: int) -> str:
    """The button's words where a second person approves the batch first."""
    words = ngettext(
        "Ask for approval of %(count)s message", "Ask for approval of %(count)s messages", count
    )
    return words % {"count": f"{count:,}"}


def schedule_text(count: int, *, is_practice: bool) -> str:
    """The button's words while a later time is being chosen."""
    words = ngettext("Schedule %(count)s message", "Schedule %(count)s messages", count)
    if is_practice:
        words = ngettext(
            "Schedule %(count)s practice message", "Schedule %(count)s practice messages", count
        )
    return words % {"count": f"{count:,}"}


def cost_text(batch: Batch, counts: Counts, channels: Sequence[Channel]) -> tuple[str, str]:
    """How many people, and what is billed at most. The second channel goes only if it is needed."""
    count = counts.to_send
    if batch.account.pod.is_practice:
        who = ngettext("%(count)s practice message.", "%(count)s practice messages.", count)
        return who % {"count": f"{count:,}"}, _("Reaches nobody, and nothing is billed.")
    who = ngettext("%(count)s real person.", "%(count)s real people.", count)
    if counts.sends_repeats:
        who = _("%(count)s messages to real people.")
    parts = counts.all_sms_parts
    most = len(channels) * count
    words = ngettext(
        "Up to %(most)s message is billed", "Up to %(most)s messages are billed", most
    ) % {"most": f"{most:,}"}
    if len(channels) > 1:
        words += _(", if every %(first)s needs its %(second)s") % {
            "first": channels[0].get_kind_display(),
            "second": channels[1].get_kind_display(),
        }
    if parts > count:
        words += _(" (%(parts)s SMS parts)") % {"parts": f"{parts:,}"}
    return who % {"count": f"{count:,}"}, f"{words}."


def duration_text(batch: Batch, count: int, typed: str) -> str:
    """At the pace that was typed, or else the account's. Other messages may take a share of it."""
    most = batch.account.sends_per_second
    pace = min(int(typed), most) if typed.isdecimal() and int(typed[:6]) > 0 else most
    span = timedelta(seconds=count / pace)
    words = _("%(pace)s per second, done in about %(span)s")
    if span < timedelta(minutes=1):
        words = _("%(pace)s per second, done in %(span)s")
    return words % {"pace": f"{pace:,}", "span": span_text(span)}
