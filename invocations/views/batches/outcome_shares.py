"""What became of a batch's rows: as shares of a bar, as counts, and as rows that need a look."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from invocations.batches.progress import Progress
from invocations.history.links import history_url
from invocations.models import Batch, Channel, Invocation

Status, Delivery = Invocation.Status, Invocation.Delivery
BAR_WIDTH = 1_000
_GAP = 2
_NARROWEST = 3
"""Of the bar's units, so that one row among a million is seen."""


@dataclass(frozen=True)
class Share:
    """`address`: the history, narrowed to these rows; empty if they are not there."""

    label: str
    small: str
    tone: str
    count: int
    address: str
    in_bar: bool = True


class Rect(NamedTuple):
    tone: str
    x: int
    width: int


class Need(NamedTuple):
    tone: str
    icon: str
    title: str
    text: str
    button: str
    address: str


class _Sort(NamedTuple):
    """Rows that are counted together. `filters`: of the history, where these rows are."""

    label: Any
    small: Any
    tone: str
    count: Callable[[Progress], int]
    in_history: Callable[[Progress], int]
    filters: Mapping[str, str]
    in_bar: bool = True
    always: bool = False


def _with_status(status: str) -> Callable[[Progress], int]:
    return lambda progress: progress.by_status[status]


def _without_result(progress: Progress) -> int:
    told = progress.delivered + progress.not_delivered + progress.awaited
    return max(0, progress.by_status[Status.ACCEPTED] - told)


def _delivered(progress: Progress) -> int:
    return progress.delivered


def _awaited(progress: Progress) -> int:
    return progress.awaited


def _not_delivered(progress: Progress) -> int:
    return progress.not_delivered


_queued, _rejected = _with_status(Status.QUEUED), _with_status(Status.REJECTED)
_unknown, _held = _with_status(Status.UNKNOWN), _with_status(Status.HELD)
_SORTS = (
    _Sort(
        *(gettext_lazy("Delivered"), "", "delivered", _delivered, _delivered),
        {"delivery": "reached"},
        always=True,
    ),
    _Sort(
        *(gettext_lazy("Awaiting result"), gettext_lazy("accepted by Kaleyra"), "accepted"),
        *(_awaited, _awaited, {"delivery": Delivery.AWAITING}),
        always=True,
    ),
    _Sort(
        *(gettext_lazy("Accepted"), gettext_lazy("no result received"), "accepted"),
        *(_without_result, _without_result, {"status": Status.ACCEPTED}),
    ),
    _Sort(
        *(gettext_lazy("Queued"), gettext_lazy("nothing sent yet"), "neutral"),
        lambda progress: progress.waiting + progress.by_status[Status.SENDING],
        *(_queued, {"status": Status.QUEUED}),
        in_bar=False,
        always=True,
    ),
    _Sort(
        *(gettext_lazy("Rejected"), gettext_lazy("nothing went out"), "rejected"),
        *(_rejected, _rejected, {"status": Status.REJECTED}),
    ),
    _Sort(
        *(gettext_lazy("Not delivered"), gettext_lazy("every channel failed"), "rejected"),
        *(_not_delivered, _not_delivered, {"delivery": "failed"}),
    ),
    _Sort(
        *(gettext_lazy("Unknown"), gettext_lazy("may have gone out"), "unknown"),
        *(_unknown, _unknown, {"status": Status.UNKNOWN}),
    ),
    _Sort(
        *(gettext_lazy("On hold"), gettext_lazy("certainly not sent"), "held"),
        *(_held, _held, {"status": Status.HELD}),
    ),
    _Sort(
        *(gettext_lazy("Cancelled"), gettext_lazy("never sent"), "neutral"),
        lambda progress: progress.cancelled,
        *(_with_status(Status.CANCELLED), {"status": Status.CANCELLED}),
    ),
    _Sort(
        *(gettext_lazy("Expired"), gettext_lazy("never sent"), "rejected"),
        lambda progress: progress.expired,
        *(_with_status(Status.EXPIRED), {"status": Status.EXPIRED}),
    ),
)


def shares_of(progress: Progress, batch: Batch, channels: Sequence[Channel]) -> list[Share]:
    """Those that have rows, and the three that everybody looks for."""
    return [
        Share(
            label=str(sort.label),
            small=str(sort.small) or _by_channel(progress, channels),
            tone=sort.tone,
            count=count,
            address=_history(batch, sort.filters) if sort.in_history(progress) else "",
            in_bar=sort.in_bar,
        )
        for sort in _SORTS
        if (count := sort.count(progress)) or sort.always
    ]


def _history(batch: Batch, filters: Mapping[str, str]) -> str:
    return history_url(batch=str(batch.uid), **filters)


def _by_channel(progress: Progress, channels: Sequence[Channel]) -> str:
    """For example "498 WhatsApp, 114 SMS"."""
    kinds = {channel.position: str(channel.get_kind_display()) for channel in channels}
    parts = [
        f"{count:,} {kinds.get(position, position)}"
        for position, count in sorted(progress.by_channel.items())
        if position
    ]
    return ", ".join(parts) or _("none yet")


def bar_of(shares: Sequence[Share], progress: Progress) -> list[Rect]:
    """As wide as its count says, but never too narrow to be seen."""
    total = max(progress.to_send, 1)
    rects, x = [], 0
    for share in shares:
        if not (share.in_bar and share.count):
            continue
        width = max(_NARROWEST, round(BAR_WIDTH * share.count / total) - _GAP)
        width = min(width, BAR_WIDTH - x)
        if width > 0:
            rects.append(Rect(share.tone, x, width))
        x += width + _GAP
    return rects


def bar_text(shares: Sequence[Share]) -> str:
    parts = [f"{share.count:,} {share.label.lower()}" for share in shares if share.count]
    return get_text_list(parts, _("and"))


class _Trouble(NamedTuple):
    count: Callable[[Progress], int]
    tone: str
    icon: str
    what: Any
    text: Any
    filters: Mapping[str, str]


_TROUBLES = (
    _Trouble(
        *(_unknown, "unknown", "question_mark", gettext_lazy("outcome unknown")),
        gettext_lazy(
            "They may have gone out. The console asks Kaleyra by itself: "
            "do not send them again meanwhile."
        ),
        {"status": Status.UNKNOWN},
    ),
    _Trouble(
        *(_held, "held", "pause_circle", gettext_lazy("on hold")),
        gettext_lazy("Not sent. An admin has to fix the set-up first."),
        {"status": Status.HELD},
    ),
    _Trouble(
        *(_rejected, "rejected", "block", gettext_lazy("rejected")),
        gettext_lazy("Nothing went out. Fix what Kaleyra names, then send them again."),
        {"status": Status.REJECTED},
    ),
    _Trouble(
        *(_not_delivered, "rejected", "error", gettext_lazy("not delivered")),
        gettext_lazy("Every channel failed. Ask for another number, or send them again later."),
        {"delivery": "failed"},
    ),
)


def rows_in_need(progress: Progress, batch: Batch) -> list[Need]:
    """Each kind of row that somebody has to look at, with what to do about it."""
    return [
        Need(
            tone=trouble.tone,
            icon=trouble.icon,
            title=f"{count:,} {trouble.what}",
            text=str(trouble.text),
            button=ngettext("See it", "See %(count)s", count) % {"count": f"{count:,}"},
            address=_history(batch, trouble.filters),
        )
        for trouble in _TROUBLES
        if (count := trouble.count(progress))
    ]
