"""The stored changes of the set-up: where they are, and how one page of all of them is read.

Versions of the configuration come from django-simple-history, changes of people from the admin's
log, settlements from their own table. Each is a `Source`; together they make one list, newest
first, that is paged by the time of the last row.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db.models import OuterRef, Q, QuerySet, Subquery

from invocations.history import trail_rows
from invocations.models import (
    Account,
    ApiKey,
    Channel,
    KillSwitch,
    Parameter,
    Pod,
    Settlement,
    WorkflowInstance,
    permissions,
)
from invocations.models.viewer import Viewer

TRAIL = "trail"
Mark = tuple[datetime, str, int]
"""Time, source and id of a row: its place in the list."""


@dataclass(frozen=True)
class Row:
    """One stored change. `before`: the version before it, if there is one."""

    source: str
    at: datetime
    record: Any
    before: Any = None
    place: Mark | None = None
    """Of a version that was made from a row of the trail: the mark of that row."""
    groups: Sequence[list[str]] = ()
    """Of such a version of a workflow: the names of its groups before and after."""
    trail: Any = None

    @property
    def mark(self) -> Mark:
        return self.place or (self.at, self.source, int(self.record.pk))


@dataclass(frozen=True)
class Source:
    """One table of changes. `moment` and `person` are its columns for when and who."""

    name: str
    rows: Callable[[], QuerySet[Any]]
    moment: str = "history_date"
    person: str = "history_user"
    permission: str = permissions.VIEW_ACCOUNT

    def older_than(self, mark: Mark | None) -> Q:
        """The condition of the rows that come after `mark` in the list."""
        if mark is None:
            return Q()
        at, source, key = mark
        earlier = Q(**{f"{self.moment}__lt": at})
        if self.name > source:
            return earlier
        same = Q(**{self.moment: at})
        return earlier | (same if self.name < source else same & Q(pk__lt=key))


def _versions(model: Any) -> Callable[[], QuerySet[Any]]:
    """The versions of a model's rows, each with the id of the one before it."""

    def rows() -> QuerySet[Any]:
        earlier = model.history.filter(id=OuterRef("id"), history_id__lt=OuterRef("history_id"))
        newest = earlier.order_by("-history_id").values("history_id")[:1]
        versions = model.history.select_related("history_user")
        return versions.annotate(before_id=Subquery(newest))  # type: ignore[no-any-return]

    return rows


def _people() -> QuerySet[Any]:
    entries = LogEntry.objects.select_related("user", "content_type")
    return entries.filter(content_type__app_label="auth")


SOURCES = (
    Source("account", _versions(Account)),
    Source("apikey", _versions(ApiKey)),
    Source("channel", _versions(Channel)),
    Source("killswitch", _versions(KillSwitch)),
    Source("parameter", _versions(Parameter)),
    Source("person", _people, "action_time", "user", permissions.VIEW_PEOPLE),
    Source("pod", _versions(Pod)),
    Source(
        "settlement",
        lambda: Settlement.objects.select_related("settled_by", "invocation"),
        "settled_at",
        "settled_by",
        permissions.SEE_HISTORY,
    ),
    Source("workflow", _versions(WorkflowInstance)),
)


@dataclass(frozen=True)
class Wanted:
    """Which rows. `days`: the condition for a column of times. `of`: kind and id of one record."""

    sources: Sequence[Source]
    days: Callable[[str], Q] = lambda column: Q()
    person: int | None = None
    of: tuple[str, str] | None = None
    trail: Q = Q()  # noqa: RUF009
    """A further condition of the rows of the trail."""


def sources_for(viewer: Viewer) -> list[Source]:
    """Those that `viewer` may read. Changes of superusers are shown to superusers alone.

    Who sees the trail reads it, and of the other tables what is older.
    """
    if not viewer.sees_trail:
        return _set_up_sources(viewer)
    trail = Source(
        TRAIL, lambda: trail_rows.rows_for(viewer), "at", "who_id", permissions.SEE_TRAIL
    )
    begins = trail_rows.trail_begins()
    older = [
        replace(source, rows=_before(source, begins)) if begins else source
        for source in _set_up_sources(viewer)
    ]
    return [*older, trail]


def _before(source: Source, begins: datetime) -> Callable[[], QuerySet[Any]]:
    return lambda: source.rows().filter(**{f"{source.moment}__lt": begins})


def _set_up_sources(viewer: Viewer) -> list[Source]:
    sources = [_as_read(source, viewer) for source in SOURCES if viewer.may(source.permission)]
    if viewer.user and viewer.user.is_superuser:
        return sources
    return [
        replace(source, rows=_people_but_superusers) if source.name == "person" else source
        for source in sources
    ]


def _as_read(source: Source, viewer: Viewer) -> Source:
    """Without the changes of workflows, and the settlements of messages, that are not read."""
    hidden, name = viewer.reading.hidden, source.name
    if name == "settlement":
        return replace(source, rows=lambda: viewer.reading.narrow(source.rows(), "invocation__"))
    if not hidden or name not in _WAY_TO_WORKFLOW:
        return source
    if name == "parameter":
        channels = Channel.history.filter(workflow_instance_id__in=hidden).values("id")
        return replace(source, rows=lambda: source.rows().exclude(channel_id__in=channels))
    kept = {f"{_WAY_TO_WORKFLOW[name]}__in": hidden}
    return replace(source, rows=lambda: source.rows().exclude(**kept))


_WAY_TO_WORKFLOW = {"workflow": "id", "channel": "workflow_instance_id", "parameter": ""}


def _people_but_superusers() -> QuerySet[Any]:
    superusers = User.objects.filter(is_superuser=True).values_list("pk", flat=True)
    ids = [str(pk) for pk in superusers]
    return _people().exclude(content_type__model="user", object_id__in=ids)


def rows_before(mark: Mark | None, wanted: Wanted, most: int) -> list[Row]:
    """The next `most` rows after `mark`, newest first. Two queries for each source, at most."""
    found: list[Iterator[Row]] = [
        iter(_rows_of(source, mark, wanted, most)) for source in wanted.sources
    ]
    return list(islice(heapq.merge(*found, key=lambda row: row.mark, reverse=True), most))


def _rows_of(source: Source, mark: Mark | None, wanted: Wanted, most: int) -> list[Row]:
    about = _about(source.name, wanted.of)
    if about is None:
        return []
    if source.name == TRAIL:
        about &= wanted.trail
    rows = source.rows().filter(about, source.older_than(mark), wanted.days(source.moment))
    if wanted.person:
        rows = rows.filter(**{source.person: wanted.person})
    records = list(rows.order_by(f"-{source.moment}", "-pk")[:most])
    ids = [record.before_id for record in records if getattr(record, "before_id", None)]
    versions = type(records[0]).objects.in_bulk(ids) if ids else {}
    return [
        Row(
            source.name,
            getattr(record, source.moment),
            record,
            versions.get(getattr(record, "before_id", None)),
        )
        for record in records
    ]


def _about(source: str, of: tuple[str, str] | None) -> Q | None:
    """The condition that a row of `source` is about the record `of`; None: none of them is."""
    if of is None:
        return Q()
    kind, key = of
    if source == TRAIL:
        return trail_rows.about(kind, key)
    if source == "person":
        is_person = {"person": "user", "group": "group"}.get(kind)
        return Q(content_type__model=is_person, object_id=key) if is_person else None
    if kind == source:
        return Q(id=key)
    workflows = {
        "workflow": Q(id=key),
        "account": Q(account_id=key),
    }.get(kind)
    if workflows is None:
        return None
    if kind == "account" and source in {"apikey", "workflow"}:
        return Q(account_id=key)
    ids = WorkflowInstance.history.filter(workflows).values("id")
    if source == "channel":
        return Q(workflow_instance_id__in=ids)
    if source == "parameter":
        channels = Channel.history.filter(workflow_instance_id__in=ids)
        return Q(channel_id__in=channels.values("id"))
    return None
