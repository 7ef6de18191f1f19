"""The callbacks of one invocation, combined into one report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from invocations.history.wording import channel_name, person_name
from invocations.kaleyra.callbacks import ReportedChannel, combine, disputed_positions, has_ended
from invocations.models import Callback, Channel, ChannelResult, Invocation


@dataclass(frozen=True)
class Report:
    """`channels`: by position. `execution_status`, `ended_at`: of the flow, from Kaleyra."""

    channels: dict[int, ReportedChannel]
    execution_status: str
    ended_at: datetime | None
    received_at: datetime
    disputed: frozenset[int] = frozenset()
    """Positions that one result reports as delivered and another as failed."""
    matched_by: Sequence[User] = ()
    """Who matched a result to the message by hand, because no ID did."""
    doubtful: int = 0
    """How many results are dated before the message. They say nothing of its channels."""


def prefetch_results() -> Prefetch[str]:
    """Loads for a list what `report_of` reads: two queries, without the callbacks' bodies."""
    return Prefetch("callbacks", _callbacks().prefetch_related("results"))


def prefetch_for_page() -> Prefetch[str]:
    """The same for `callbacks_of` alone.

    As plain lists: for a related manager Django makes a query for each row that nobody runs, which
    takes several times as long.
    """
    results = ChannelResult.objects.order_by("position")
    callbacks = _callbacks().prefetch_related(
        Prefetch("results", results, to_attr="loaded_results")  # type: ignore[no-redef]
    )
    return Prefetch("callbacks", callbacks, to_attr="loaded_callbacks")


def _callbacks() -> QuerySet[Callback]:
    names = (f"matched_by__{name}" for name in ("username", "first_name", "last_name"))
    columns = ("invocation_id", "execution_status", "ended_at", "received_at", *names)
    callbacks = Callback.objects.select_related("matched_by").only(*columns)
    return callbacks.order_by("received_at", "pk")


def callbacks_of(invocation: Invocation) -> list[Callback]:
    """Its callbacks, the oldest first: those that a list has loaded, or else from the database."""
    loaded: list[Callback] | None = getattr(invocation, "loaded_callbacks", None)
    return list(invocation.callbacks.all()) if loaded is None else loaded


def report_of(callbacks: Sequence[Callback]) -> Report | None:
    """`callbacks`: oldest first, with their results; None without any.

    `kaleyra.callbacks.combine` decides what holds for each channel. The end of the flow is that
    of the first callback that reports one, else of the newest. A doubtful result counts only where
    there is no other.
    """
    if not callbacks:
        return None
    every = callbacks
    callbacks = [callback for callback in every if not callback.is_doubtful]
    doubtful = len(every) - len(callbacks)
    reported = [[_channel(result) for result in callback.loaded_results] for callback in callbacks]
    ended = (callback for callback in callbacks if has_ended(callback.execution_status))
    last = next(ended, callbacks[-1] if callbacks else every[-1])
    people = [callback.matched_by for callback in callbacks if callback.matched_by]
    return Report(
        channels={channel.position: channel for channel in combine(reported).channels},
        execution_status=last.execution_status,
        ended_at=last.ended_at,
        received_at=last.received_at,
        disputed=frozenset(disputed_positions(reported)),
        matched_by=list(dict.fromkeys(people)),
        doubtful=doubtful,
    )


def _channel(result: ChannelResult) -> ReportedChannel:
    names = ("position", "kind", "code", "started_at", "wait_seconds", "message_id")
    return ReportedChannel(**{name: getattr(result, name) for name in names})


def channel_kinds(channels: Sequence[Channel], report: Report | None) -> list[str]:
    """The kinds of `channels`. A reported kind wins: the workflow may be set up wrongly here."""
    reported = report.channels if report else {}
    return [
        (reported[position].kind if position in reported else "") or channel.kind
        for position, channel in enumerate(channels, start=1)
    ]


def disputed_text(report: Report) -> str:
    """Names the channels whose results contradict each other."""
    positions = sorted(report.disputed)
    which = ", ".join(channel_name(report.channels[position]) for position in positions)
    return _(
        "Its results contradict each other on %(which)s: one says delivered, another failed."
        " All are shown as they came."
    ) % {"which": which}


def doubtful_texts(report: Report) -> list[str]:
    """Says of results that are dated before the message that they prove nothing: one sentence."""
    if not report.doubtful:
        return []
    text = ngettext(
        "%(n)s result is dated before the message was saved, so nothing is concluded from it.",
        "%(n)s results are dated before the message was saved, so nothing is concluded from them.",
        report.doubtful,
    )
    return [text % {"n": report.doubtful}]


def matched_by_texts(report: Report) -> list[str]:
    """Names the people who matched a result by hand: at most one sentence."""
    if not report.matched_by:
        return []
    people = ", ".join(person_name(user) for user in report.matched_by)
    return [
        _("%(people)s matched this result to the message by hand: no ID did.") % {"people": people}
    ]
