"""What the results of one invocation say, taken together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.db.models import Prefetch

from invocations.kaleyra.callbacks import ReportedChannel, combine, disputed_positions, has_ended
from invocations.models import Callback, ChannelResult

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def prefetch_results() -> Prefetch[str]:
    """For lists: `invocation.callbacks` of each row, as `timeline.report_of` reads them, in two statements and without their bodies."""
    said = Callback.objects.only(
        "invocation_id", "execution_status", "ended_at", "received_at"
    ).order_by("received_at", "pk")
    return Prefetch("callbacks", said.prefetch_related("results"))


@dataclass(frozen=True)
class Report:
    """What the callbacks of one invocation say, taken together."""

    channels: dict[int, ReportedChannel]
    execution_status: str
    ended_at: datetime | None
    received_at: datetime
    disputed: frozenset[int] = frozenset()
    """Of which channels one result says that they delivered, and another that they failed."""
    joined_by: Sequence[User] = ()
    """Who said of a result that it is this message's: no ID did."""


def report_of(callbacks: Sequence[Callback]) -> Report | None:
    """The callbacks, oldest first, as one: what is said of the channels as `together` has it, the end as the first one has it."""
    if not callbacks:
        return None
    told = [[_channel_said(result) for result in callback.results.all()] for callback in callbacks]
    channels = {channel.position: channel for channel in combine(told).channels}
    ended = next(
        (callback for callback in callbacks if has_ended(callback.execution_status)), callbacks[-1]
    )
    joined_by = list(
        dict.fromkeys(callback.matched_by for callback in callbacks if callback.matched_by)
    )
    return Report(
        channels,
        ended.execution_status,
        ended.ended_at,
        ended.received_at,
        frozenset(disputed_positions(told)),
        joined_by,
    )


def _channel_said(result: ChannelResult) -> ReportedChannel:
    names = ("position", "kind", "code", "started_at", "wait_seconds", "message_id")
    return ReportedChannel(**{name: getattr(result, name) for name in names})
