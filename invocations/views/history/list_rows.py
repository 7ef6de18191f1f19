"""Pages of invocations: paging through a query, and what is shown of each invocation.

`row_text` writes the rows of the history's table.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from django.db.models import Q, QuerySet, prefetch_related_objects
from django.utils import timezone

from invocations.composing import template_fields
from invocations.history.days import by_day
from invocations.history.filters import first_ids
from invocations.history.report import callbacks_of, channel_kinds, prefetch_for_page, report_of
from invocations.history.scheduled import Schedule
from invocations.history.state import delivery_of, meaning_of
from invocations.history.wording import clock_time
from invocations.models import Invocation
from invocations.models.reading import WHOLE

HISTORY_PAGE_SIZE = 50
ROW_COLUMNS = (
    *("request_id", "reference", "created_at"),
    *("recipient_hint", "recipient2_hint"),
    *("status", "reason", "delivery", "deciding_channel", "may_be_double"),
    *("not_before", "not_after", "due_at", "result_due_at"),
    *("workflow_instance__title", "version__contract"),
    *("account__pod__code", "account__pod__api_domain"),
    *("created_by__username", "created_by__first_name", "created_by__last_name"),
)
"""What a row shows and what its state is derived from (`history.state`, `forms.bulk_actions`)."""


@dataclass(frozen=True)
class ListPage:
    """One page of the list.

    `newer` and `older` are the IDs that the next newer page begins after and the next older page
    before; None where there is no such page.
    """

    rows: list[Invocation]
    newer: int | None = None
    older: int | None = None


def list_page(
    found: QuerySet[Invocation],
    conditions: Iterable[Q],
    before: int | None = None,
    after: int | None = None,
) -> ListPage:
    """The page of `found` before the ID `before` or after the ID `after`; else the newest page.

    Rows match any of `conditions`. Paging by ID, not by offset, keeps the last page as fast as the
    first. Each condition is a query of its own, so that it can use its own index: for an OR over
    several columns the database would have to guess.
    """
    conditions = list(conditions)
    if after is not None:
        rows = _rows(found.filter(pk__gt=after), conditions, newest_first=False)
        if len(rows) > HISTORY_PAGE_SIZE:  # else the newest page has them all
            rows = rows[-HISTORY_PAGE_SIZE:]
            return ListPage(_with_channels(rows), newer=rows[0].pk, older=rows[-1].pk)
        before = None
    narrowed = found if before is None else found.filter(pk__lt=before)
    rows = _rows(narrowed, conditions, newest_first=True)
    shown = rows[:HISTORY_PAGE_SIZE]
    return ListPage(
        _with_channels(shown),
        newer=shown[0].pk if before and shown else None,
        older=shown[-1].pk if len(rows) > HISTORY_PAGE_SIZE else None,
    )


def _rows(
    found: QuerySet[Invocation], conditions: Sequence[Q], *, newest_first: bool
) -> list[Invocation]:
    """The first of those that match any condition, newest first: one more than a page has, to see
    whether there is a next page. With all related records that a row shows.

    IDs are looked up first, for an index holds them and not the wide rows. Only `ROW_COLUMNS` are
    loaded: reading all would take a third of the page's time.
    """
    ordered = found.order_by("-pk" if newest_first else "pk")
    most = HISTORY_PAGE_SIZE + 1
    ids: Any
    if len(conditions) == 1:
        ids = ordered.filter(conditions[0]).values("pk")[:most]
    else:
        ids = first_ids(conditions, ordered, most)
    return _loaded(ids)


def invocations_by_id(ids: Collection[int]) -> list[Invocation]:
    """These invocations, newest first, with all related records that a row shows."""
    return _with_channels(_loaded(ids)) if ids else []


def _loaded(ids: Any) -> list[Invocation]:
    rows = (
        WHOLE.invocations()
        .filter(pk__in=ids)  # they were narrowed where they were looked up
        .select_related("workflow_instance", "account__pod", "created_by", "version")
        .prefetch_related(prefetch_for_page())
        .only(*ROW_COLUMNS)
    )
    return list(rows.order_by("-pk"))


def _with_channels(rows: list[Invocation]) -> list[Invocation]:
    _load_channels([row for row in rows if row.version_id is None])
    return rows


def _load_channels(rows: Sequence[Invocation]) -> None:
    """Loads the workflows' channels: those that were sent are in the version, if there is one."""
    workflows = {row.workflow_instance_id: row.workflow_instance for row in rows}
    prefetch_related_objects(list(workflows.values()), "channels")
    for row in rows:
        row.workflow_instance = workflows[row.workflow_instance_id]


def row_context(invocation: Invocation) -> dict[str, Any]:
    """What a list of a few invocations shows of each.

    `badge`: which badge a narrow screen shows: `delivery`, `submission` or `both`. `leaves`: the
    time of a scheduled one.
    """
    sent_as = template_fields.channels_as_sent(invocation)
    kinds = channel_kinds(sent_as, report_of(callbacks_of(invocation)))
    schedule = Schedule.of(invocation, timezone.now())
    return {
        "invocation": invocation,
        "leaves": schedule.short if schedule else "",
        "meaning": meaning_of(invocation),
        "delivery": delivery_of(invocation, kinds),
        "is_practice": invocation.account.pod.is_practice,
        "recorded": clock_time(invocation.created_at, "j M Y, H:i"),
        "badge": narrow_badge(invocation),
    }


def narrow_badge(invocation: Invocation) -> str:
    if not invocation.delivery:
        return "submission"
    return "delivery" if invocation.status == Invocation.Status.ACCEPTED else "both"


def rows_by_day(
    rows: Iterable[Invocation], shown: Callable[[Invocation], dict[str, Any]] = row_context
) -> list[dict[str, Any]]:
    """The rows as `shown` has them, grouped by the day of recording in the current time zone."""
    return [
        {"at": day[0].created_at, "rows": [shown(row) for row in day]}
        for _date, day in by_day(rows, attrgetter("created_at"))
    ]
