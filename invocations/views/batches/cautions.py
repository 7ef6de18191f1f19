"""What to know before a batch starts: what is asked about, and what is only said."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from invocations.batches.row_marks import RowMark
from invocations.batches.same_file import sent_before
from invocations.batches.summary import Summary
from invocations.composing.number_warnings import ALSO_NATIONAL, NOT_HOME_COUNTRY
from invocations.history.wording import past_day_and_time
from invocations.models import Batch
from invocations.views.batches.listing import BatchLine

MAX_NAMED_ROWS = 6
_ASKS: dict[str, str | Promise] = {
    NOT_HOME_COUNTRY: gettext_lazy("I have checked: these numbers are meant"),
    ALSO_NATIONAL: gettext_lazy("I have checked: these numbers are meant"),
}
"""Codes of cautions that can hurt a customer, with the words at their box."""


@dataclass(frozen=True)
class Ask:
    """One question. `kind`: of rows that can be left out together (`match.KINDS`), or empty."""

    token: str
    text: str
    detail: str
    box: str | Promise
    icon: str
    count: int
    kind: str = ""
    is_left_out: bool = False
    is_ticked: bool = False
    earlier: BatchLine | None = None
    """The batch that it is about."""


def asks_about_rows(batch: Batch, *, ticked: Collection[str] = ()) -> list[Ask]:
    """What has to be answered before the start. What was left out is no question any more."""
    return [one for one in _all_asks(batch, ticked) if not one.is_left_out]


def left_out_kinds(batch: Batch) -> list[Ask]:
    """Kinds of rows that were left out together, and can be taken back."""
    return [one for one in _all_asks(batch, ()) if one.is_left_out]


def _all_asks(batch: Batch, ticked: Collection[str]) -> list[Ask]:
    summary = Summary.from_json(batch.found)
    counts = summary.counts()
    found = []
    if earlier := sent_before(batch).first():
        found.append(_same_file(earlier, ticked))
    if counts.sent_lately:
        found.append(_lately(batch, summary, counts.sent_lately, ticked))
    if counts.repeats:
        found.append(_repeats(batch, summary, counts.repeats, ticked))
    for caution in summary.cautions:
        if caution.code not in _ASKS:
            continue
        token = f"{caution.code}:{caution.count}"
        first = _("Row %(row)s: %(text)s") % {"row": _n(caution.rows[0]), "text": caution.text}
        ask = Ask(
            token=token,
            text=ngettext(
                "%(count)s number may not be the one that is meant.",
                "%(count)s numbers may not be those that are meant.",
                caution.count,
            )
            % {"count": _n(caution.count)},
            detail=first,
            box=_ASKS[caution.code],
            icon="public",
            count=caution.count,
            is_ticked=token in ticked,
        )
        found.append(ask)
    return found


def _same_file(earlier: Batch, ticked: Collection[str]) -> Ask:
    token = f"same:{earlier.pk}"
    return Ask(
        token=token,
        text=_("This very file was sent before:"),
        detail=_("Sent again, people get the message twice."),
        box=_("I have checked: it should go out again"),
        icon="content_copy",
        count=earlier.rows,
        is_ticked=token in ticked,
        earlier=BatchLine(earlier),
    )


def _lately(batch: Batch, summary: Summary, count: int, ticked: Collection[str]) -> Ask:
    words = ngettext(
        "%(count)s person was sent this message in the last 24 hours, or it waits to leave for"
        " them.",
        "%(count)s people were sent this message in the last 24 hours, or it waits to leave for"
        " them.",
        count,
    )
    parts = [
        _("row %(row)s: %(time)s")
        % {"row": _n(row), "time": past_day_and_time(datetime.fromtimestamp(moment, UTC))}
        for row, moment in summary.sent_lately[:MAX_NAMED_ROWS]
    ]
    box = _("I have checked: they should get it again")
    token = f"lately:{count}"
    return Ask(
        token=token,
        text=words % {"count": _n(count)},
        detail=_listed(parts, count),
        box=box,
        icon="history",
        count=count,
        kind="lately",
        is_left_out=bool(batch.leaves_out & RowMark.SENT_LATELY),
        is_ticked=token in ticked,
    )


def _repeats(batch: Batch, summary: Summary, count: int, ticked: Collection[str]) -> Ask:
    words = ngettext(
        "%(count)s row repeats a number of an earlier row.",
        "%(count)s rows repeat a number of an earlier row.",
        count,
    )
    parts = [
        _("row %(row)s as row %(earlier)s") % {"row": _n(row), "earlier": _n(earlier)}
        for row, earlier in summary.repeats[:MAX_NAMED_ROWS]
    ]
    token = f"repeats:{count}"
    return Ask(
        token=token,
        text=words % {"count": _n(count)},
        detail=_listed(parts, count),
        box=_("I have checked: each of these rows is a message of its own"),
        icon="filter_2",
        count=count,
        kind="repeats",
        is_left_out=bool(batch.leaves_out & RowMark.REPEAT),
        is_ticked=token in ticked,
    )


def facts_of(summary: Summary) -> list[tuple[int, str, str]]:
    """Other cautions by kind: how many rows, the first of them, and the text for the first one."""
    return [
        (one.count, _rows_named(one.rows, one.count), one.text)
        for one in summary.cautions
        if one.code not in _ASKS
    ]


def _rows_named(rows: Sequence[int], count: int) -> str:
    """For example "row 17" or "rows 17, 18 …"."""
    named = ", ".join(_n(row) for row in rows[:MAX_NAMED_ROWS])
    words = ngettext("row %(rows)s", "rows %(rows)s", count) % {"rows": named}
    return f"{words} …" if count > MAX_NAMED_ROWS else words


def _listed(parts: Sequence[str], count: int) -> str:
    text = capfirst(", ".join(parts))
    return f"{text} …" if count > len(parts) else f"{text}."


def _n(number: int) -> str:
    return f"{number:,}"
