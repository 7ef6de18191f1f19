"""The list of changes as lines of a file."""

from __future__ import annotations

import html
from collections.abc import Iterator

from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from invocations.audit.sealing import current_head
from invocations.history.change import Change
from invocations.history.change_values import Detail
from invocations.history.changes import MAX_READ, Query, changes_page
from invocations.history.exports import Line, without_formula
from invocations.models.viewer import Viewer

MAX_LINES = 5_000
MAX_PAGES = 100
"""Of `MAX_READ` rows each: many may say nothing, or be of another kind."""


def change_lines(viewer: Viewer, query: Query) -> Iterator[Line]:
    """The head, then a line for each change that `viewer` may see, newest first.

    A last line says so where there are more than `MAX_LINES`, or where reading ended early.
    """
    head = [_("Time (%(zone)s)") % {"zone": viewer.zone}, _("By"), _("About"), _("What")]
    yield [*map(without_formula, head), _("Old and new"), _("Reason")]
    if viewer.sees_trail and (sealed := current_head()):
        text = _("Head of the trail, to check it by: manage.py verify_audit --head")
        yield ["", "", "", f"{text} {sealed}", "", ""]
    older, left = "", MAX_LINES
    for _page in range(MAX_PAGES):
        page = changes_page(viewer, query, older, most=MAX_READ)
        for change in page.changes[:left]:
            yield [without_formula(cell) for cell in _cells(change, viewer)]
        is_cut = bool(page.older) or len(page.changes) > left
        older, left = page.older, left - len(page.changes)
        if not older or left <= 0:
            break
    if is_cut:
        yield [_("There are older ones: choose fewer days, or filter."), *[""] * 5]


def _cells(change: Change, viewer: Viewer) -> list[str]:
    return [
        f"{change.at.astimezone(viewer.zone):%Y-%m-%d %H:%M:%S}",
        change.person,
        str(change.kind.label),
        html.unescape(strip_tags(change.says)),
        "; ".join(map(_detail_text, change.details)),
        change.note,
    ]


def _detail_text(detail: Detail) -> str:
    """ "The name: old → new"; without values where none is shown."""
    if not (detail.old or detail.new):
        return detail.label
    new = detail.new or _("none")
    values = f"{detail.old} → {new}" if detail.old else new
    return f"{detail.label}: {values}" if detail.label else values
