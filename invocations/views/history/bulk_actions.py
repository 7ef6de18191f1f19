"""Settle, cancel or send again the rows that are selected in the history, after a review page."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from invocations.forms.bulk_actions import MAX_SELECTED, selected_ids
from invocations.history.meanings import Text
from invocations.models import Invocation, permissions
from invocations.models.viewer import Viewer
from invocations.views.base import StaffRequest, render_page, staff_page
from invocations.views.history.bulk_action_kinds import BULK_ACTIONS, BulkAction, Lookups
from invocations.views.history.list_rows import row_context
from invocations.views.history.selected_rows import list_url, selected_rows
from invocations.views.history.send_again import send_again


@dataclass(frozen=True)
class Selection:
    """The selected rows: `fit` are acted on, `left_out` are not, each with the reason."""

    fit: Sequence[Invocation]
    left_out: Sequence[tuple[Invocation, Text]]


@staff_page(permissions.SEE_HISTORY)
@sensitive_post_parameters()
@require_POST
def bulk_actions(request: StaffRequest) -> HttpResponse:
    """The review page; confirmed, acts on the rows that still qualify and reports how many."""
    name = request.POST.get("action", "")
    ids = selected_ids(request.POST.getlist("ids"))
    if name not in {*BULK_ACTIONS, "again"} or not ids:
        messages.info(request, _("Choose at least one message."))
        return redirect(list_url(request))
    if name == "again":
        return send_again(request, ids)
    action = BULK_ACTIONS[name]
    if not request.viewer.may(action.permission):
        raise PermissionDenied
    selection = _selection(action, request.viewer, ids)
    if "confirmed" not in request.POST:
        return _review_page(request, name, selection, action.form())
    form = action.form(request.POST)
    if not form.is_valid():
        return _review_page(request, name, selection, form)
    done = sum(action.run(request, row, form) for row in selection.fit)
    _report(request, action, done=done, skipped=len(ids) - done)
    return redirect(list_url(request))


def _selection(action: BulkAction, viewer: Viewer, ids: Sequence[uuid.UUID]) -> Selection:
    lookups = Lookups(viewer)
    rows = [(row, action.why_not(row, lookups)) for row in selected_rows(ids, viewer)]
    return Selection(
        fit=[row for row, reason in rows if reason is None],
        left_out=[(row, reason) for row, reason in rows if reason is not None],
    )


def _review_page(request: StaffRequest, name: str, selection: Selection, form: Any) -> HttpResponse:
    action, fit = BULK_ACTIONS[name], selection.fit
    is_cut = len(set(request.POST.getlist("ids"))) > MAX_SELECTED
    context = {
        "name": name,
        "deed": action,
        "to_do": str(action.heading) % {"n": len(fit)},
        "form": form,
        "fit": [row_context(row) for row in fit],
        "left_out": [{**row_context(row), "refusal": reason} for row, reason in selection.left_out],
        "address": request.POST.get("address", ""),
        "back": list_url(request),
        "more_than": MAX_SELECTED if is_cut else None,
    }
    return render_page(request, "bulk_actions.html", context)


def _report(request: StaffRequest, action: BulkAction, *, done: int, skipped: int) -> None:
    text = action.done_text(done)
    if skipped:
        moved_on = ngettext(
            "%(n)s had changed meanwhile", "%(n)s had changed meanwhile", skipped
        ) % {"n": skipped}
        text += f", {moved_on}"
    level = messages.SUCCESS if done else messages.WARNING
    messages.add_message(request, level, f"{text}.")
