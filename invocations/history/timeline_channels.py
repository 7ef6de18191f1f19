"""The channels' steps of a timeline: as reported, or as expected before a result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from invocations.history.channel_codes import CODE_TEXTS, RESULT_MEANINGS
from invocations.history.meanings import Text
from invocations.history.report import Report
from invocations.history.timeline_step import TimelineStep, step_for
from invocations.history.wording import channel_name
from invocations.kaleyra.callbacks import CodeMeaning, ReportedChannel, meaning_of_code
from invocations.models import Channel

_ICONS: dict[str, str] = {Channel.Kind.WHATSAPP: "chat", Channel.Kind.SMS: "sms"}


def reported_steps(report: Report, channels: Sequence[Channel]) -> Iterator[TimelineStep]:
    """`channels`: those that the workflow had when the message was recorded."""
    for position in range(1, max([*report.channels, len(channels)], default=0) + 1):
        result = report.channels.get(position)
        configured = channels[position - 1] if position <= len(channels) else None
        if result:
            name = channel_name(result, channels)
            notes = _notes(result, configured)
            badge = _("Rescued") if _fell_back(result, report) else ""
            is_disputed = position in report.disputed
            yield from _result_steps(result, name, notes, badge=badge, is_disputed=is_disputed)
        elif configured:
            yield _unmentioned(configured, report.channels.get(position - 1))


def expected_steps(channels: Sequence[Channel]) -> Iterator[TimelineStep]:
    """The channels in the order in which Kaleyra tries them, as long as no result is there."""
    for channel in channels:
        words = {"kind": channel.get_kind_display(), "n": channel.delay_seconds}
        if channel.position == 1 and channel.delay_seconds:
            text = _("%(kind)s first: up to %(n)s s for its delivery report")
        elif channel.position == 1:
            text = _("%(kind)s first")
        elif channel.delay_seconds:
            text = _("then %(kind)s, if it is needed: up to %(n)s s")
        else:
            text = _("then %(kind)s, if it is needed")
        yield TimelineStep(text % words, is_wait=True, is_open=True)


def _notes(result: ReportedChannel, configured: Channel | None) -> list[Text]:
    notes: list[Text] = [_("Channel %(n)s.") % {"n": result.position}]
    if configured and result.kind in Channel.Kind.values and result.kind != configured.kind:
        words = _(
            "This workflow was set up here with %(kind)s in this place: have an admin compare."
        )
        notes.append(words % {"kind": configured.get_kind_display()})
    return notes


def _result_steps(
    result: ReportedChannel, name: str, notes: list[Text], *, badge: str, is_disputed: bool
) -> Iterator[TimelineStep]:
    """The channel's start if it is reported, its delay, its end. The first has notes and badge."""
    is_started = bool(result.started_at or result.message_id)
    if is_started:
        yield TimelineStep(
            _("%(kind)s started") % {"kind": name},
            icon=_ICONS.get(result.kind, "send"),
            at=result.started_at,
            says=notes,
            message_id=result.message_id,
            badge=badge,
            is_open=bool(result.wait_seconds),
        )
    has_no_report = meaning_of_code(result.code) is CodeMeaning.NO_REPORT
    if result.wait_seconds:
        waited = _("waited %(n)s s") if has_no_report else _("had %(n)s s for a delivery report")
        yield TimelineStep(waited % {"n": result.wait_seconds}, is_wait=True, is_open=True)
    says = [*([] if is_started else notes), *_code_texts(result.code)]
    if is_disputed:
        says.append(_("Another result says that it failed. Both are shown below as they came."))
    yield step_for(
        RESULT_MEANINGS[meaning_of_code(result.code)],
        title=_end_title(result, name),
        at=_delay_ended_at(result) if has_no_report else None,
        says=says,
        code=result.code,
        badge="" if is_started else badge,
    )


def _end_title(result: ReportedChannel, name: str) -> str:
    meaning = meaning_of_code(result.code)
    if meaning is CodeMeaning.NO_REPORT and result.wait_seconds:
        words = {"kind": name, "n": result.wait_seconds}
        return _("%(kind)s: no delivery report within %(n)s s") % words
    return str(RESULT_MEANINGS[meaning].label) % {"kind": name}


def _delay_ended_at(result: ReportedChannel) -> datetime | None:
    if not (result.wait_seconds and result.started_at):
        return None
    return result.started_at + timedelta(seconds=result.wait_seconds)


def _code_texts(code: str) -> list[Text]:
    """What the code's class means, and what the code itself means where Kaleyra documents it."""
    meaning = meaning_of_code(code)
    says = RESULT_MEANINGS[meaning].says
    documented = CODE_TEXTS.get(code.upper())
    if documented is None:
        return [says]
    return [documented] if meaning is CodeMeaning.OTHER else [says, documented]


def _fell_back(result: ReportedChannel, report: Report) -> bool:
    """Whether the result reports that a channel after the first was tried.

    After a first channel that delivered, one that failed or has an unknown code was not.
    """
    first = report.channels.get(1)
    was_needed = first is None or meaning_of_code(first.code) is not CodeMeaning.DELIVERED
    meaning = meaning_of_code(result.code)
    is_started = bool(result.started_at or result.message_id)
    was_tried = is_started or meaning is not CodeMeaning.OTHER
    has_reached = meaning not in (CodeMeaning.FAILED, CodeMeaning.OTHER)
    return result.position > 1 and was_tried and (was_needed or has_reached)


def _unmentioned(channel: Channel, before: ReportedChannel | None) -> TimelineStep:
    """A channel of the workflow that the result does not name."""
    kind = channel.get_kind_display()
    if before and meaning_of_code(before.code) is CodeMeaning.DELIVERED:
        words = {"kind": kind, "before": channel_name(before)}
        text = _("%(kind)s did not have to go out: %(before)s was reported as delivered") % words
    else:
        text = _("the result says nothing of %(kind)s") % {"kind": kind}
    return TimelineStep(text, is_wait=True)
