"""Confirm: what is sent, to how many, when and how fast. The last page before the start."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from invocations.batches import approvals
from invocations.batches.approval_rules import NeedsApproval, needs_approval
from invocations.batches.column_json import columns_of
from invocations.batches.reading import Reading
from invocations.batches.start import findings, start
from invocations.batches.summary import Counts, Summary
from invocations.forms.batch_start import BatchStartForm
from invocations.forms.when import LATER, NOW
from invocations.kaleyra.recipients import country
from invocations.models import Batch, permissions
from invocations.monitoring import pauses
from invocations.sending.departure import departure_of
from invocations.sending.record import NotSendable
from invocations.views.base import StaffRequest, render_page, staff_page
from invocations.views.batches.cautions import facts_of, left_out_kinds
from invocations.views.batches.column_choices import ColumnChoices
from invocations.views.batches.file_reading import asks_how_read, how_read
from invocations.views.batches.match import is_ready
from invocations.views.batches.reading_asks import asks_of, said_of
from invocations.views.batches.row_preview import row_preview
from invocations.views.batches.shown import for_owner, head_of, own_batch, shown_batch
from invocations.views.batches.start_text import (
    approval_text,
    button_text,
    cost_text,
    duration_text,
    schedule_text,
)
from invocations.views.batches.upload import channels_of

MAX_COUNTRIES = 5


@staff_page(permissions.SEND_BATCH)
@require_http_methods(["GET", "HEAD", "POST"])
@for_owner
def batch_confirm(request: StaffRequest, uid: uuid.UUID) -> HttpResponse:
    if shown_batch(request, uid).state in Batch.STARTED:
        if request.method == "POST":
            messages.info(request, _("It was started already. Nothing was sent a second time."))
        return redirect("batch", uid=uid)
    batch = own_batch(request, uid)
    if not is_ready(batch):
        return redirect("batch", uid=batch.uid)
    counts = Summary.from_json(batch.found).counts(batch.leaves_out)
    if request.method != "POST":
        return _show(request, batch, counts, BatchStartForm(batch, list(counts.countries)))
    form = BatchStartForm(batch, list(counts.countries), request.POST)
    if not form.is_valid():
        return _show(request, batch, counts, form)
    if request.POST.get("shown") != _shown(batch):
        words = _("Nothing was sent: the rows have just changed. Check the number below again.")
        messages.warning(request, words)
        return _show(request, batch, counts, form)
    if (request.POST.get("says") == LATER) != form.is_later:
        words = _("Nothing was sent yet. Read the button, and press it if that is right.")
        messages.info(request, words)
        return _show(request, batch, counts, form)
    ticked = request.POST.getlist("acknowledged")
    open_ones = [one for one in asks_of(batch) if one.token not in ticked]
    if open_ones:
        words = _("Nothing was sent. If it should go out all the same, tick the box below first.")
        messages.warning(request, words)
        return _show(request, batch, counts, form, was_refused=True)
    return _start(request, batch, counts, form)


def _start(
    request: StaffRequest, batch: Batch, counts: Counts, form: BatchStartForm
) -> HttpResponse:
    choices = {
        "not_before": form.not_before,
        "not_after": form.not_after,
        "per_second": form.cleaned_data["per_second"],
        "reference": form.cleaned_data["reference"],
    }
    try:
        started = start(batch, request.user, **choices)
    except NeedsApproval:
        waits = approvals.ask(batch, request.user, choices)
        messages.success(request, _("Nothing was sent yet. It waits for a second person."))
        return redirect("approval", approval_id=waits.pk)
    except NotSendable as refusal:
        shown_anyway = {one.code for one in findings(batch, request.user)}
        for finding in refusal.findings:
            if finding.code not in shown_anyway:
                form.add_error(None, finding.text)
        return _show(request, batch, counts, form, was_refused=True)
    if not started and batch.state in Batch.STARTED:
        messages.info(request, _("It was started already. Nothing was sent a second time."))
    return redirect("batch", uid=batch.uid)


def _shown(batch: Batch) -> str:
    """What the page promised: how many rows, of which check."""
    checked_at = batch.checked_at.isoformat() if batch.checked_at else ""
    return f"{batch.rows}-{batch.left_out}-{checked_at}"


def _show(
    request: StaffRequest,
    batch: Batch,
    counts: Counts,
    form: BatchStartForm,
    *,
    was_refused: bool = False,
) -> HttpResponse:
    workflow = batch.workflow
    channels = channels_of(workflow)
    reading, columns = Reading.from_json(batch.reading), columns_of(batch)
    summary = Summary.from_json(batch.found)
    names = ColumnChoices(channels, reading, columns).names
    asked = request.GET.get("row", "").replace(",", "").strip()
    row = int(asked) if asked.isdecimal() and len(asked) < 8 else 0
    departure = departure_of(workflow)
    asks_first = needs_approval(batch)
    context: dict[str, Any] = {
        **head_of(batch),
        "workflow": workflow,
        "form": form,
        "counts": counts,
        "shown": _shown(batch),
        "countries": _countries(counts, request.LANGUAGE_CODE),
        "preview": row_preview(batch, channels, names, counts.to_send, row),
        "acks": asks_of(batch, ticked=request.POST.getlist("acknowledged")),
        "left_out_kinds": left_out_kinds(batch),
        "facts": facts_of(summary),
        "said": said_of(batch),
        "how_read": how_read(reading) if asks_how_read(reading, batch) else "",
        "was_refused": was_refused,
        "pauses": pauses.pauses_of(workflow.account, workflow),
        "blockers": findings(batch, request.user),
        "has_sender": departure.has_sender,
        "needs_approval": asks_first,
        "says": LATER if form.is_later else NOW,
        **_button(batch, counts.to_send, form, asks_first=asks_first),
        "cost": cost_text(batch, counts, channels),
        "duration": duration_text(batch, counts.to_send, form.data.get("per_second", "")),
    }
    return render_page(request, "batches/confirm.html", context)


def _button(batch: Batch, count: int, form: BatchStartForm, *, asks_first: bool) -> dict[str, str]:
    """Its words and icon, also those that the page's script shows for another choice of time."""
    if asks_first:
        words = approval_text(count)
        icons = {"icon_now": "approval", "icon_later": "approval"}
        return {"button": words, "button_now": words, "button_later": words, **icons}
    return {
        "button": button_text(batch, count, form),
        "button_now": button_text(batch, count, None),
        "button_later": schedule_text(count, is_practice=batch.account.pod.is_practice),
        "icon_now": "send",
        "icon_later": "event",
    }


def _countries(counts: Counts, language: str) -> list[tuple[str, int]]:
    """Names and rows, the commonest first; the rest under one name."""
    named = [
        (country(region, language) if region else _("unknown"), rows)
        for region, rows in counts.countries.items()
    ]
    rest: Sequence[tuple[str, int]] = named[MAX_COUNTRIES:]
    others = [(_("other countries"), sum(rows for _name, rows in rest))] if rest else []
    return [*named[:MAX_COUNTRIES], *others]
