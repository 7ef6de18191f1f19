"""The story of an invocation, step by step: recorded, every attempt, what Kaleyra answered, each channel, the end; as far as it is known.

Nothing here asks the database or knows who looks at it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from invocations.history.meanings import (
    AWAITING,
    NO_RESULT,
    NOT_REPORTED,
    NOT_YET_REPORTED,
    SAYINGS,
    Meaning,
    StatusMeaning,
    Text,
)
from invocations.history.reasons import ATTEMPT_REASONS, CODES, OUTCOMES
from invocations.history.report import Report
from invocations.kaleyra.callbacks import CodeMeaning, ReportedChannel, meaning_of_code
from invocations.models import Attempt, Channel, ChannelResult, Invocation

Status = Invocation.Status
Delivery = Invocation.Delivery


@dataclass(frozen=True)
class Step:
    """One mark on the line. `code` is Kaleyra's own word; `is_wait`: a hollow ring; `is_open`: nobody knows what followed, or not yet."""

    title: Text
    tone: str = "neutral"
    icon: str = ""
    at: datetime | None = None
    says: Sequence[Text] = ()
    code: str = ""
    message_id: str = ""
    badge: Text = ""
    name: str = ""
    is_wait: bool = False
    is_open: bool = False
    after: str = ""


def timeline(
    invocation: Invocation,
    attempts: Iterable[Attempt],
    report: Report | None,
    channels: Sequence[Channel],
    meaning: StatusMeaning,
    aside: Sequence[Text] = (),
) -> list[Step]:
    """All steps in their order; `aside` are sentences about where it stands. Each clocked step knows how long after the last it came.

    A single attempt that settled it is no step of its own, where it stands says the same; nor is one that never began.
    """
    tried = [attempt for attempt in attempts if attempt.reason != "handed_back"]
    at_once = tried.pop() if len(tried) == 1 and _settled(tried[0], invocation) else None
    aside = [*_took(at_once), *aside] if at_once else aside
    steps = [
        _recorded(invocation),
        *(_attempt(attempt) for attempt in tried),
        _status(invocation, meaning, aside),
    ]
    if report:
        steps += _channels(report, channels)
    if invocation.delivery == Delivery.COMPLETED and report:
        steps.append(_ended(invocation, report))
    elif invocation.delivery == Delivery.AWAITING:
        steps += [_awaited(invocation)] if report else [*_waits(channels), _awaited(invocation)]
    elif invocation.delivery == Delivery.NO_RESULT:
        steps.append(_of(NO_RESULT, at=invocation.result_due_at, says=[NO_RESULT.says]))
    elif meaning.delivery is NOT_REPORTED:
        steps.append(_unreported(invocation))
    return list(_clocked(steps))


def duration_text(seconds: float) -> str:
    """A stretch of time as people say it.

    >>> [span(seconds) for seconds in (0.041, 0.41, 4.2, 37.4, 312, 9000)]
    ['41 ms', '0.41 s', '4.2 s', '37 s', '5 min', '2.5 h']
    """
    if seconds >= 3600:
        return _("%(n)s h") % {"n": number_format(round(seconds / 3600, 1))}
    if seconds >= 120:
        return _("%(n)s min") % {"n": number_format(round(seconds / 60))}
    if seconds < 0.1:
        return _("%(n)s ms") % {"n": round(seconds * 1000)}
    return _("%(n)s s") % {
        "n": number_format(seconds, 2 if seconds < 1 else 1 if seconds < 10 else 0)
    }


def disputed_words(report: Report) -> str:
    """That results contradict each other, and of which channels."""
    positions = sorted(report.disputed)
    which = ", ".join(channel_name(report.channels[position]) for position in positions)
    return _(
        "Its results contradict each other on %(which)s: one says delivered, another failed. All are shown as they came."
    ) % {"which": which}


def joined_words(report: Report) -> list[Text]:
    """Who said that a result is the message's own. What stands on a person's word is named as such."""
    if not report.joined_by:
        return []
    people = ", ".join(person_name(user) for user in report.joined_by)
    return [_("%(people)s said that it is this message’s result: no ID did.") % {"people": people}]


def person_name(user: User | None) -> str:
    """What a person is called on pages."""
    return (user.get_full_name() or user.get_username()) if user else _("a script")


def channel_name(result: ReportedChannel | ChannelResult, channels: Sequence[Channel] = ()) -> str:
    """What a reported channel is called: by its kind, in Kaleyra's own word if it is none we know; else as the workflow has it."""
    ours = (
        channels[result.position - 1].get_kind_display() if result.position <= len(channels) else ""
    )
    return (
        dict(Channel.Kind.choices).get(result.kind)
        or result.kind
        or ours
        or _("Channel %(n)s") % {"n": result.position}
    )


def channel_kinds(channels: Sequence[Channel], report: Report | None) -> list[str]:
    """The kinds of the channels, in the results' own words where they have any: these know better than our set-up what went out."""
    told = report.channels if report else {}
    return [
        told[n].kind or channel.kind if n in told else channel.kind
        for n, channel in enumerate(channels, start=1)
    ]


def _clocked(steps: Iterable[Step]) -> Iterator[Step]:
    last: datetime | None = None
    for step in steps:
        # Kaleyra's clock and ours differ: what would have come before the last step is left without.
        late = step.at is not None and last is not None and step.at >= last
        yield (
            replace(step, after=f"+{duration_text((step.at - last).total_seconds())}")
            if late and step.at and last
            else step
        )
        last = step.at or last


def _of(meaning: Meaning, **more: object) -> Step:
    step = Step(meaning.label, meaning.tone, meaning.icon, name=meaning.name)
    return replace(step, **more)  # type: ignore[arg-type]


def clock_time(moment: datetime, form: str = "H:i:s") -> str:
    """A time in the reader’s zone."""
    return date_format(timezone.localtime(moment), form)


# --- here -------------------------------------------------------------------------------------------------------------


def _recorded(invocation: Invocation) -> Step:
    says: list[Text] = [_("Saved here before anything left, with its request ID.")]
    if invocation.not_before:
        says.append(
            _("Not to leave before %(time)s.")
            % {"time": clock_time(invocation.not_before, "j M Y, H:i:s")}
        )
    if invocation.not_after and invocation.status in (*Invocation.UNSENT, Status.EXPIRED):
        says.append(
            _("To leave by %(time)s, or never.")
            % {"time": clock_time(invocation.not_after, "j M Y, H:i:s")}
        )
    return Step(_("Recorded"), "neutral", "edit", invocation.created_at, says)


def _attempt(attempt: Attempt) -> Step:
    tone, icon = OUTCOMES[attempt.outcome]
    title = _("Attempt %(number)s: %(outcome)s") % {
        "number": attempt.number,
        "outcome": attempt.get_outcome_display(),
    }
    says = [ATTEMPT_REASONS[attempt.reason]] if attempt.reason in ATTEMPT_REASONS else []
    unclear = attempt.outcome in (Attempt.Outcome.DOUBTFUL, Attempt.Outcome.UNDER_WAY)
    return Step(title, tone, icon, attempt.started_at, [*says, *_took(attempt)], is_open=unclear)


def _settled(attempt: Attempt, invocation: Invocation) -> bool:
    return (
        attempt.outcome in (Attempt.Outcome.ACCEPTED, Attempt.Outcome.REJECTED)
        and attempt.reason == invocation.reason
    )


def _took(attempt: Attempt) -> list[Text]:
    says: list[Text] = []
    if attempt.duration_ms is not None:
        took = {"span": duration_text(attempt.duration_ms / 1000), "status": attempt.http_status}
        says.append(
            _("HTTP %(status)s after %(span)s.") % took
            if attempt.http_status
            else _("It took %(span)s.") % took
        )
    if attempt.asked_by:
        says.append(_("%(person)s asked for it.") % {"person": person_name(attempt.asked_by)})
    return says


def _status(invocation: Invocation, meaning: StatusMeaning, aside: Sequence[Text]) -> Step:
    says = [meaning.says, *aside]
    title = meaning.label
    if invocation.status == Status.ACCEPTED and meaning.name == "accepted":
        title = _("Accepted by Kaleyra")
        says = [_("That is not yet a delivery."), *aside]
    return _of(
        meaning,
        title=title,
        at=invocation.final_at,
        says=says,
        is_open=invocation.delivery == Delivery.AWAITING,
    )


# --- at Kaleyra -------------------------------------------------------------------------------------------------------


def _channels(report: Report, channels: Sequence[Channel]) -> Iterator[Step]:
    for position in range(1, max([*report.channels, len(channels)], default=0) + 1):
        result = report.channels.get(position)
        if result:
            ours = channels[position - 1] if position <= len(channels) else None
            yield from _channel(result, channel_name(result, channels), ours, report)
        elif position <= len(channels):
            yield _silent(channels[position - 1], report.channels.get(position - 1))


def _channel(
    result: ReportedChannel, kind: str, ours: Channel | None, report: Report
) -> Iterator[Step]:
    """Its start, if it is told of, its wait, and its end. `ours`: the channel that the workflow had in this place."""
    what, wait = meaning_of_code(result.code), result.wait_seconds
    ended_at = (
        result.started_at + timedelta(seconds=wait)
        if what is CodeMeaning.NO_REPORT and wait and result.started_at
        else None
    )
    says: list[Text] = [_("Channel %(n)s.") % {"n": result.position}]
    if ours and result.kind in Channel.Kind.values and result.kind != ours.kind:
        says.append(
            _("This workflow was set up here with %(kind)s in this place: have an admin compare.")
            % {"kind": ours.get_kind_display()}
        )
    badge = _("Fell back") if _fell_back(result, report) else ""
    if result.started_at or result.message_id:
        yield Step(
            _("%(kind)s started") % {"kind": kind},
            "neutral",
            {Channel.Kind.WHATSAPP.value: "chat", Channel.Kind.SMS.value: "sms"}.get(
                result.kind, "send"
            ),
            result.started_at,
            says,
            message_id=result.message_id,
            badge=badge,
            is_open=bool(wait),
        )
        says, badge = [], ""
    if wait:
        waited = (
            _("waited %(n)s s")
            if what is CodeMeaning.NO_REPORT
            else _("had %(n)s s for a final report")
        )
        yield Step(waited % {"n": wait}, is_wait=True, is_open=True)
    saying = SAYINGS[what]
    if what is CodeMeaning.NO_REPORT and wait:
        title = _("%(kind)s: no final report within %(n)s s") % {"kind": kind, "n": wait}
    else:
        title = saying.label % {"kind": kind}
    says += _words_for(result.code, saying)
    if result.position in report.disputed:
        says.append(_("Another result says that it failed. Both are shown below as they came."))
    yield _of(saying, title=title, at=ended_at, says=says, code=result.code, badge=badge)


def _fell_back(result: ReportedChannel, report: Report) -> bool:
    """Whether the result tells of a second channel that was tried: not one that failed, or has no known word, behind one that delivered."""
    first = report.channels.get(1)
    was_needed = first is None or meaning_of_code(first.code) is not CodeMeaning.DELIVERED
    what = meaning_of_code(result.code)
    is_told = bool(result.started_at or result.message_id) or what is not CodeMeaning.OTHER
    return (
        result.position > 1
        and is_told
        and (was_needed or what not in (CodeMeaning.FAILED, CodeMeaning.OTHER))
    )


def _words_for(code: str, saying: Meaning) -> list[Text]:
    words = CODES.get(code.upper())
    if words is None:
        return [saying.says]
    return [words] if meaning_of_code(code) is CodeMeaning.OTHER else [saying.says, words]


def _silent(channel: Channel, before: ReportedChannel | None) -> Step:
    kind = channel.get_kind_display()
    if before and meaning_of_code(before.code) is CodeMeaning.DELIVERED:
        words = _("%(kind)s did not have to go out: %(before)s was reported as delivered") % {
            "kind": kind,
            "before": channel_name(before),
        }
    else:
        words = _("the result says nothing of %(kind)s") % {"kind": kind}
    return Step(words, is_wait=True)


def _ended(invocation: Invocation, report: Report) -> Step:
    says: list[Text] = []
    if report.ended_at and report.ended_at >= invocation.created_at:
        says.append(
            _("%(span)s from start to finish.")
            % {"span": duration_text((report.ended_at - invocation.created_at).total_seconds())}
        )
    due = invocation.result_due_at
    came = (
        _("The result came in at %(time)s, after it was due.")
        if due and report.received_at > due
        else _("The result came in at %(time)s.")
    )
    says.append(came % {"time": clock_time(report.received_at)})
    says += joined_words(report)
    return Step(
        _("Flow ended"), "neutral", "flag", report.ended_at, says, code=report.execution_status
    )


def _waits(channels: Sequence[Channel]) -> Iterator[Step]:
    for channel in channels:
        words = {"kind": channel.get_kind_display(), "n": channel.delay_seconds}
        if channel.position == 1:
            text = (
                _("%(kind)s first: up to %(n)s s for its final report")
                if channel.delay_seconds
                else _("%(kind)s first")
            )
        else:
            text = (
                _("then %(kind)s, if it is needed: up to %(n)s s")
                if channel.delay_seconds
                else _("then %(kind)s, if it is needed")
            )
        yield Step(text % words, is_wait=True, is_open=True)


def _awaited(invocation: Invocation) -> Step:
    due = invocation.result_due_at
    says: list[Text] = []
    if due:
        late = due < timezone.now()
        says.append(
            (_("Result was due by %(time)s.") if late else _("Result due by %(time)s."))
            % {"time": clock_time(due)}
        )
    return _of(AWAITING, says=[*says, AWAITING.says])


def _unreported(invocation: Invocation) -> Step:
    said = NOT_YET_REPORTED if invocation.workflow_instance.expects_callback else NOT_REPORTED
    return _of(said, title=_("No result is reported here"), says=[said.says])
