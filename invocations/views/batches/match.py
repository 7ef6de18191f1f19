"""Match and check: what each column is, and the rows at fault, put right on the page."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from invocations.batches import mending
from invocations.batches.checking import check_now
from invocations.batches.choosing import check_again
from invocations.batches.column_json import choice_of, columns_of
from invocations.batches.error_words import text_of
from invocations.batches.reading import Reading
from invocations.batches.recipient_file.codes import Level, Told
from invocations.batches.row_marks import RowMark
from invocations.batches.same_file import sent_before
from invocations.batches.shown_rows import first_row
from invocations.batches.summary import Summary
from invocations.models import Batch, permissions
from invocations.views.base import StaffRequest, render_page, staff_page
from invocations.views.batches.column_choices import ColumnChoices
from invocations.views.batches.country_choices import country_choices
from invocations.views.batches.fault_kinds import kinds_shown
from invocations.views.batches.fault_rows import changed_cells, fault_table
from invocations.views.batches.file_reading import asked_from, how_read, reading_choices
from invocations.views.batches.files import MAX_FAULTY_ROWS
from invocations.views.batches.listing import lines_of
from invocations.views.batches.shown import for_owner, head_of, own_batch, shown_batch
from invocations.views.batches.upload import channels_of

State = Batch.State
KINDS = {
    "faults": RowMark.FAULT,
    "repeats": RowMark.REPEAT,
    "lately": RowMark.SENT_LATELY,
}
"""Rows that are left out together, by the word after `leave-out:`."""


@staff_page(permissions.SEND_BATCH)
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@for_owner
def batch_check(request: StaffRequest, uid: uuid.UUID) -> HttpResponse:
    if shown_batch(request, uid).state in Batch.STARTED:
        return redirect("batch", uid=uid)
    batch = own_batch(request, uid)
    if request.method == "POST":
        return _change(request, batch)
    if batch.state not in (State.CHECKED, State.REFUSED):
        return redirect("batch", uid=batch.uid)
    return show_match(request, batch)


def _change(request: StaffRequest, batch: Batch) -> HttpResponse:
    """What was typed comes first, whichever button was pressed. Then the button."""
    if batch.state not in (State.CHECKED, State.REFUSED):
        words = _("Nothing was changed: the file is being checked, or was started.")
        messages.info(request, words)
        return redirect("batch", uid=batch.uid)
    posted = request.POST
    verb, _colon, what = posted.get("action", "check").partition(":")
    if cells := changed_cells(batch, posted):
        mending.mend_cells(batch, cells)
    has_chosen = _choose(batch, posted)
    if verb == "leave-out":
        _leave_out(batch, what)
    elif verb == "take-back":
        _take_back(batch, what)
    elif verb == "recheck":
        check_again(batch)
    batch.refresh_from_db()
    check_now(batch)
    batch.refresh_from_db()
    if verb == "check" and not has_chosen:
        _tell(request, batch, changed=len(cells))
    return _where_next(request, batch, verb)


def _choose(batch: Batch, posted: QueryDict) -> bool:
    """Takes over how the file is read, or what its columns are. False if nothing was changed."""
    reading = Reading.from_json(batch.reading)
    asked = asked_from(posted, reading)
    if asked != reading.asked:
        mending.choose_reading(batch, **vars(asked))
        return True  # the columns are others now
    if batch.state != State.CHECKED:
        return False
    choices = ColumnChoices(channels_of(batch.workflow), reading, columns_of(batch))
    before = choice_of(batch)
    choice = choices.choice_from(posted, before, first_row(batch))
    if choice == before:
        return False
    mending.choose_columns(batch, choice)
    return True


def _leave_out(batch: Batch, what: str) -> None:
    if what in KINDS:
        mending.leave_out(batch, KINDS[what])
    elif what.isdecimal() and len(what) < 10:
        mending.leave_out(batch, [int(what)])


def _take_back(batch: Batch, what: str) -> None:
    if what in KINDS:
        mending.take_back(batch, KINDS[what])
    elif what.isdecimal() and len(what) < 10:
        mending.take_back(batch, [int(what)])


def _tell(request: StaffRequest, batch: Batch, *, changed: int) -> None:
    if batch.state != State.CHECKED or not batch.to_decide:
        return
    words = ngettext(
        "%(count)s row is still not right.", "%(count)s rows are still not right.", batch.to_decide
    ) % {"count": f"{batch.to_decide:,}"}
    if changed:
        saved = ngettext("%(n)s cell was changed.", "%(n)s cells were changed.", changed)
        words = f"{saved % {'n': changed}} {words}"
    messages.warning(request, words)


def _where_next(request: StaffRequest, batch: Batch, verb: str) -> HttpResponse:
    """To other rows if they were asked for; else on, as far as the batch is ready."""
    if verb == "look" and batch.state == State.CHECKED:
        query = {name: text for name, text in request.GET.items() if name in ("kind", "page")}
        return redirect(reverse("batch_check", args=[batch.uid], query=query) + "#to-correct")
    from_here = request.GET.get("from") != "confirm"
    if verb == "take-back" and from_here and batch.state == State.CHECKED:
        return redirect("batch_check", uid=batch.uid)
    return redirect("batch_confirm" if is_ready(batch) else "batch", uid=batch.uid)


def is_ready(batch: Batch) -> bool:
    """Whether nothing is left to decide before the confirmation."""
    return (
        batch.state == State.CHECKED
        and not batch.to_decide
        and columns_of(batch).is_complete
        and batch.rows > batch.left_out
    )


def show_match(request: StaffRequest, batch: Batch) -> HttpResponse:
    reading, columns = Reading.from_json(batch.reading), columns_of(batch)
    summary = Summary.from_json(batch.found)
    choices = ColumnChoices(channels_of(batch.workflow), reading, columns)
    counts = summary.counts(batch.leaves_out)
    sample = first_row(batch) if batch.state == State.CHECKED else None
    lines = choices.lines(sample, summary)
    problems = [one for one in columns.problems if one.level is Level.FAULT]
    constants = choices.constants()
    kinds = kinds_shown(summary, choices.names, constants)
    context: dict[str, Any] = {
        **head_of(batch),
        "title_text": _title(batch, problems),
        "refusal": _refusal(batch),
        "reading": reading,
        "how_read": how_read(reading),
        "reading_choices": reading_choices(reading, batch),
        "notes": [text_of(note.code, note.facts) for note in reading.notes],
        "problems": [choices.problem_text(one) for one in problems],
        "doubts": [
            choices.problem_text(one) for one in columns.problems if one.level is not Level.FAULT
        ],
        "lines": lines,
        "hidden_columns": len(columns.places) - len(lines),
        "constants": constants,
        "counts": counts,
        "first_to_download": MAX_FAULTY_ROWS if counts.bad > MAX_FAULTY_ROWS else 0,
        "summary": summary,
        "kinds": kinds,
        "opens_constants": any(kind.fallback is not None for kind in kinds),
        "all_left_out": bool(batch.leaves_out & RowMark.FAULT),
        "countries": country_choices(batch, summary, request.LANGUAGE_CODE),
        "table": fault_table(batch, reading, columns, summary, choices.names, request.GET),
        "is_ready": is_ready(batch),
        "earlier": lines_of(sent_before(batch).filter(pk__in=request.viewer.batches())[:3]),
    }
    return render_page(request, "batches/match.html", context)


def _title(batch: Batch, problems: Sequence[Told]) -> str:
    """What is to be done, for the browser's tab: no name and no cell of the file."""
    if batch.state == State.REFUSED:
        return _("This file cannot be used")
    if problems:
        return _("Say what the columns are")
    if batch.to_decide:
        one, many = "%(count)s row to put right", "%(count)s rows to put right"
        words = ngettext(one, many, batch.to_decide)
        return words % {"count": f"{batch.to_decide:,}"}
    return str(head_of(batch)["title_text"])


def _refusal(batch: Batch) -> str:
    if batch.state != State.REFUSED or batch.refused is None:
        return ""
    refused = json.loads(batch.refused)
    return text_of(refused["code"], refused["facts"])
