"""The changes of the set-up and the console's own deeds, newest first, a page at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from django.db.models import Q

from invocations.audit.verbs import SET_UP
from invocations.history.change import Change, Kind
from invocations.history.change_names import Names, names_for
from invocations.history.change_rows import (
    TRAIL,
    Mark,
    Row,
    Source,
    Wanted,
    rows_before,
    sources_for,
)
from invocations.history.change_sentences import change_of
from invocations.history.trail_rows import (
    VERSIONED,
    Related,
    join_replaced,
    of_kind,
    related_to,
    versions_of,
)
from invocations.history.trail_sentences import VERBS_OF, trail_change, who_did
from invocations.models import Account
from invocations.models.viewer import Viewer

PAGE = 50
MAX_READ = 500
"""Rows that are read for one page at most: many may say nothing, or be of another kind."""
SOURCES_OF_KIND = {
    Kind.ACCOUNTS: {"account", "apikey", "pod"},
    Kind.WORKFLOWS: {"workflow", "channel", "parameter"},
    Kind.PEOPLE: {"person"},
    Kind.STOPS: {"killswitch", "account", "workflow"},
    Kind.MESSAGES: {"settlement"},
}
SOURCE_OF_KIND = {"workflowinstance": "workflow"}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Page:
    """`older`: the place to go on from, as it stands in an address; empty at the end."""

    changes: list[Change]
    older: str = ""


@dataclass(frozen=True)
class Query:
    """Which changes. `of`: a record, as in an address: "account-3"."""

    kind: str = ""
    person: int | None = None
    of: str = ""
    days: Callable[[str], Q] = lambda column: Q()
    text: str = ""
    """What the rows of the trail must contain: in a name, or in what is said of the deed."""


def changes_page(viewer: Viewer, query: Query, older: str = "", most: int = PAGE) -> Page:
    """The next `most` changes that `viewer` may see, after the place `older`."""
    kind, _, key = query.of.partition("-")
    wanted = Wanted(
        sources=_sources(viewer, query),
        days=query.days,
        person=query.person,
        of=(kind, key) if key else None,
        trail=_trail_condition(query),
    )
    mark, found, read = read_mark(older), list[Change](), 0
    while read < MAX_READ:
        rows = rows_before(mark, wanted, most)
        read += len(rows)
        changes = _changes(rows, query.kind)
        for row, change in changes:
            mark = row.mark
            if change:
                found.append(change)
            if len(found) == most:
                is_last = row is rows[-1] and len(rows) < most
                return Page(found, "" if is_last else written_mark(mark))
        if len(rows) < most:
            return Page(found)
    return Page(found, written_mark(mark) if mark else "")


def last_changes(viewer: Viewer, limit: int, account: Account | None = None) -> list[Change]:
    """The newest changes, for a part of another page; those of `account` if it is given.

    None for who may not read the set-up.
    """
    of = f"account-{account.pk}" if account else ""
    return changes_page(viewer, Query(of=of), most=limit).changes


def _sources(viewer: Viewer, query: Query) -> list[Source]:
    """A text is searched in the trail alone, by whoever sees it."""
    kind, readable = query.kind, sources_for(viewer)
    if query.text and viewer.sees_trail:
        return [each for each in readable if each.name == TRAIL]
    names = SOURCES_OF_KIND.get(Kind(kind), set()) if kind else None
    return [each for each in readable if names is None or each.name in names or each.name == TRAIL]


def _trail_condition(query: Query) -> Q:
    kind = of_kind(Kind(query.kind), VERBS_OF) if query.kind else Q()
    if not query.text:
        return kind
    return kind & (Q(facts__icontains=query.text) | Q(who_name__icontains=query.text))


def _changes(rows: list[Row], kind: str) -> list[tuple[Row, Change | None]]:
    """Each row with its change, or None if it says nothing or is of another kind."""
    joined = join_replaced(row.record for row in rows if row.source == TRAIL)
    related = related_to(row.record for row in rows if row.source == TRAIL)
    read = [_read(row, related) for row in rows]
    names = names_for(read)
    said = [
        (row, None if row.source == TRAIL and row.record.pk in joined else change)
        for row, change in ((row, _change_of(row, names, related)) for row in read)
    ]
    return [(row, change if change and kind in ("", change.kind) else None) for row, change in said]


def _read(row: Row, related: Related) -> Row:
    """A row of the trail about the set-up as the version that it tells of; any other as it is."""
    trail = row.record
    if row.source != TRAIL or trail.verb not in SET_UP or trail.about_kind not in VERSIONED:
        return row
    by = related.people.get(trail.who_id)
    version, before, groups = versions_of(trail, by)
    source = SOURCE_OF_KIND.get(trail.about_kind, trail.about_kind)
    return Row(source, row.at, version, before, place=row.mark, groups=groups, trail=trail)


def _change_of(row: Row, names: Names, related: Related) -> Change | None:
    if row.source == TRAIL:
        return trail_change(row.record, related)
    change = change_of(row, names)
    if change is None or row.trail is None or change.by is not None:
        return change
    who = who_did(row.trail, related)
    return replace(change, who=who, is_console=False, is_set_up=False) if who else change


def written_mark(mark: Mark) -> str:
    """For an address: microseconds since 1970, source, id."""
    at, source, key = mark
    return f"{(at - EPOCH) // timedelta(microseconds=1)}.{source}.{key}"


def read_mark(text: str) -> Mark | None:
    """None if the text is none: the list then begins at its beginning."""
    try:
        at, source, key = text.split(".")
        return EPOCH + timedelta(microseconds=int(at)), source, int(key)
    except (ValueError, OverflowError):
        return None
