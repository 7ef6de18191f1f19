"""The changes of the set-up and the console's own deeds, newest first, a page at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q

from invocations.history.change import Change, Kind
from invocations.history.change_names import names_for
from invocations.history.change_rows import Mark, Row, Source, Wanted, rows_before, sources_for
from invocations.history.change_sentences import change_of
from invocations.models import Account
from invocations.models.permissions import Viewer

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


def changes_page(viewer: Viewer, query: Query, older: str = "", most: int = PAGE) -> Page:
    """The next `most` changes that `viewer` may see, after the place `older`."""
    kind, _, key = query.of.partition("-")
    wanted = Wanted(
        sources=_sources(viewer, query.kind),
        days=query.days,
        person=query.person,
        of=(kind, key) if key else None,
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


def _sources(viewer: Viewer, kind: str) -> list[Source]:
    names = SOURCES_OF_KIND.get(Kind(kind)) if kind else None
    return [each for each in sources_for(viewer) if names is None or each.name in names]


def _changes(rows: list[Row], kind: str) -> list[tuple[Row, Change | None]]:
    """Each row with its change, or None if it says nothing or is of another kind."""
    names = names_for(rows)
    said = [(row, change_of(row, names)) for row in rows]
    return [(row, change if change and kind in ("", change.kind) else None) for row, change in said]


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
