"""The rows of the history: paging through a query, and what the list shows of each invocation."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format

from invocations.composing import template_fields
from invocations.forms.bulk_actions import actions_for
from invocations.history.filters import first_ids
from invocations.history.report import channel_kinds, prefetch_results, report_of
from invocations.history.scheduled import Schedule
from invocations.history.state import delivery_of, meaning_of
from invocations.models import Invocation

HISTORY_PAGE_SIZE = 50
LARGE_COLUMNS = ("payload", "reply", "note")


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
        ids = _ids(found.filter(pk__gt=after), conditions, newest_first=False)
        if len(ids) > HISTORY_PAGE_SIZE:  # else the newest page has them all
            ids = ids[:HISTORY_PAGE_SIZE]
            return ListPage(invocations_by_id(ids), newer=max(ids), older=min(ids))
        before = None
    narrowed = found if before is None else found.filter(pk__lt=before)
    ids = _ids(narrowed, conditions, newest_first=True)
    shown = ids[:HISTORY_PAGE_SIZE]
    return ListPage(
        invocations_by_id(shown),
        newer=max(shown, default=None) if before else None,
        older=min(shown) if len(ids) > HISTORY_PAGE_SIZE else None,
    )


def _ids(found: QuerySet[Invocation], conditions: Iterable[Q], *, newest_first: bool) -> list[int]:
    """One more than a page has, to see whether there is a next page."""
    ordered = found.order_by("-pk" if newest_first else "pk")
    return first_ids(conditions, ordered, HISTORY_PAGE_SIZE + 1)


def invocations_by_id(ids: Collection[int]) -> list[Invocation]:
    """These invocations, newest first, with all related records that a row shows."""
    if not ids:
        return []
    rows = (
        Invocation.objects.filter(pk__in=ids)
        .select_related("workflow_instance", "account__pod", "created_by")
        .prefetch_related(prefetch_results(), "version", "workflow_instance__channels")
        .defer(*LARGE_COLUMNS)
    )
    return list(rows.order_by("-pk"))


def row_context(invocation: Invocation) -> dict[str, Any]:
    """The template context of a row.

    `badge`: which badge a narrow screen shows: `delivery`, `submission` or `both`. `leaves`: the
    time of a scheduled one.
    """
    kinds = channel_kinds(
        template_fields.channels_as_sent(invocation),
        report_of(list(invocation.callbacks.all())),
    )
    is_accepted = invocation.status == Invocation.Status.ACCEPTED
    badge = "submission"
    if invocation.delivery:
        badge = "delivery" if is_accepted else "both"
    schedule = Schedule.of(invocation, timezone.now())
    return {
        "invocation": invocation,
        "leaves": schedule.short if schedule else "",
        "meaning": meaning_of(invocation),
        "delivery": delivery_of(invocation, kinds),
        "is_practice": invocation.account.pod.is_practice,
        "recorded": date_format(timezone.localtime(invocation.created_at), "j M Y, H:i"),
        "deeds": actions_for(invocation),
        "badge": badge,
    }


def rows_by_day(rows: Iterable[Invocation]) -> list[dict[str, Any]]:
    """The rows grouped by the day of recording, in the current time zone."""
    grouped = groupby(rows, key=lambda row: timezone.localdate(row.created_at))
    days = [list(same_day) for _day, same_day in grouped]
    return [{"at": day[0].created_at, "rows": [row_context(row) for row in day]} for day in days]
