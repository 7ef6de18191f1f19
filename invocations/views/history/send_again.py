"""Send again the rows that are ticked in the history.

What was delivered, or may have been, is left out until a person ticks it and gives a reason.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from invocations.composing.resending import sign_of_arrival, was_delivered
from invocations.forms.bulk_actions import MAX_SELECTED
from invocations.forms.send_again import (
    PromisedRow,
    SendAgainForm,
    chosen_ids,
    promise_token,
    promised_rows,
)
from invocations.history.meanings import Text
from invocations.history.references import masked_reference
from invocations.kaleyra.private_text import mask_keys
from invocations.kaleyra.redaction import mask_numbers
from invocations.models import Account, Invocation
from invocations.models.encryption import Unreadable
from invocations.models.invocations import sends_in
from invocations.sending.departure import Deed, Departure, Departures
from invocations.sending.record import NotAcknowledged, NotSendable, RequestIdTaken, record
from invocations.views.base import StaffRequest, render_page
from invocations.views.history.list_rows import row_context
from invocations.views.history.selected_rows import list_url, selected_rows
from invocations.views.history.send_again_text import button_text, done_text, notes_about
from invocations.views.history.why_not_sent_again import Lookups, why_not_sent_again
from invocations.views.send.earlier import note_of


@dataclass(frozen=True)
class Sorted:
    """The selected rows: `offered` have not arrived, `arrived` did or may have, each with the sign;
    `refused` cannot be sent again, each with the reason.
    """

    offered: Sequence[Invocation]
    arrived: Sequence[tuple[Invocation, str]]
    refused: Sequence[tuple[Invocation, Text]]

    @property
    def may_be_chosen(self) -> list[Invocation]:
        return [*self.offered, *(row for row, _sign in self.arrived)]

    def chosen(self, ids: set[uuid.UUID]) -> list[Invocation]:
        return [row for row in self.may_be_chosen if row.request_id in ids]

    def needing_a_reason(self, ids: set[uuid.UUID]) -> list[Invocation]:
        return [row for row, _sign in self.arrived if row.request_id in ids]


def send_again(request: StaffRequest, ids: Sequence[uuid.UUID]) -> HttpResponse:
    """The review page; confirmed, records the new messages and reports how many.

    The button says how many are sent. If the ticks, or what becomes of a row, differ from that,
    nothing is recorded and the page is shown anew.
    """
    viewer = request.viewer
    if not viewer.may_resend:
        raise PermissionDenied
    found = _sorted(request, ids)
    if "confirmed" not in request.POST:
        if len(ids) == 1 and found.offered:
            return redirect(_form_url(found.offered[0]))
        chosen = {row.request_id for row in found.offered}
        form = SendAgainForm(initial={"deed": uuid.uuid4()})
        return _page(request, found, chosen, form)
    chosen = chosen_ids(request.POST.getlist("chosen"))
    form = SendAgainForm(request.POST, needs_reason=bool(found.needing_a_reason(chosen)))
    if not form.is_valid():
        return _page(request, found, chosen, form)
    if warning := _why_shown_anew(request, found, chosen):
        messages.warning(request, warning)
        return _page(request, found, chosen, form)
    return _record_all(request, found, chosen, form)


def _sorted(request: StaffRequest, ids: Sequence[uuid.UUID]) -> Sorted:
    lookups = Lookups(request.viewer, ids)
    offered: list[Invocation] = []
    arrived: list[tuple[Invocation, str]] = []
    refused: list[tuple[Invocation, Text]] = []
    for row in selected_rows(ids, request.viewer):
        if refusal := why_not_sent_again(row, lookups):
            refused.append((row, refusal))
        elif sign := sign_of_arrival(row):
            arrived.append((row, sign))
        else:
            offered.append(row)
    return Sorted(offered, arrived, refused)


def _promised(rows: Sequence[Invocation], arrived: Sequence[Invocation]) -> list[PromisedRow]:
    """What becomes of these rows now. The background sender alone sends them."""
    departures = Departures()
    signs = {row.request_id for row in arrived}
    return [
        PromisedRow(
            row.request_id,
            _deed(departures.of(row.account, row.workflow_instance)),
            row.request_id in signs,
        )
        for row in rows
    ]


def _deed(departure: Departure) -> Deed:
    if departure.asks_first:
        return Deed.ASK
    return Deed.SEND if departure.goes_on_by_itself else Deed.QUEUE


def _why_shown_anew(request: StaffRequest, found: Sorted, chosen: set[uuid.UUID]) -> str:
    """Why the button did not say what would happen now; empty if it did."""
    if not chosen:
        return _("Choose at least one message.")
    promised = promised_rows(request.POST.get("promise", ""))
    if set(promised) != chosen:
        return _("Nothing was sent yet. The button now counts what you have chosen: check it.")
    now = _promised(found.chosen(chosen), found.needing_a_reason(chosen))
    if any(promised[row.request_id] != row for row in now):
        return _("Nothing was sent. In the meantime something has changed: check it once more.")
    return ""


def _record_all(
    request: StaffRequest, found: Sorted, chosen: set[uuid.UUID], form: SendAgainForm
) -> HttpResponse:
    arrived = found.needing_a_reason(chosen)
    selected = [row.request_id for row in [*found.may_be_chosen, *_rows(found.refused)]]
    acknowledged = form.acknowledged(selected, arrived)
    reasons = {row.request_id: form.cleaned_data["reason"] for row in arrived}
    done = [
        row
        for row in found.chosen(chosen)
        if _record(request, row, form, acknowledged, reasons.get(row.request_id, ""))
    ]
    left_out = [row for row in found.may_be_chosen if row.request_id not in chosen]
    text = done_text(
        _promised(done, arrived),
        delivered=sum(was_delivered(row) for row in left_out),
        may_have_arrived=sum(
            bool(sign_of_arrival(row)) and not was_delivered(row) for row in left_out
        ),
        not_ticked=sum(not sign_of_arrival(row) for row in left_out),
        moved_on=len(chosen) - len(done),
        refused=sum(row.request_id not in chosen for row, _reason in found.refused),
    )
    messages.add_message(request, messages.SUCCESS if done else messages.WARNING, text)
    return redirect(list_url(request))


def _record(
    request: StaffRequest, row: Invocation, form: SendAgainForm, acknowledged: set[str], reason: str
) -> bool:
    """Records the new message, which the background sender sends. False if it was not new."""
    # Nobody looks at the old note and ticket here: what should not stand in them is masked.
    note = [mask_numbers(mask_keys(note_of(row)))]
    note += [_("Sent again: %(reason)s") % {"reason": reason}] if reason else []
    try:
        _invocation, is_new = record(
            row.workflow_instance,
            sends_in(row),
            request_id=form.request_id(row.request_id),
            created_by=request.user,
            acknowledged=acknowledged,
            reference=masked_reference(row.reference),
            note="\n".join(filter(None, note)),
            sent_again_from=row,
        )
    except (NotSendable, NotAcknowledged, RequestIdTaken, Unreadable):
        return False
    return is_new


def _page(
    request: StaffRequest, found: Sorted, chosen: set[uuid.UUID], form: SendAgainForm
) -> HttpResponse:
    promised = _promised(found.chosen(chosen), found.needing_a_reason(chosen))
    is_cut = len(set(request.POST.getlist("ids"))) > MAX_SELECTED

    def shown(row: Invocation, why: Text = "") -> dict[str, Any]:
        return {**row_context(row), "why": why, "is_chosen": row.request_id in chosen}

    context = {
        "form": form,
        "offered": [shown(row) for row in found.offered],
        "arrived": [shown(row, sign) for row, sign in found.arrived],
        "arrived_title": _arrived_title([row for row, _sign in found.arrived]),
        "refused": [shown(row, refusal) for row, refusal in found.refused],
        "ids": [row.request_id for row in [*found.may_be_chosen, *_rows(found.refused)]],
        "promise": promise_token(promised),
        "button": button_text(promised),
        "notes": notes_about(promised),
        "people": len({row.recipient_digest for row in found.chosen(chosen)}),
        "n": len(promised),
        "mode_account": _account_for_mark(found.chosen(chosen) or found.may_be_chosen),
        "address": request.POST.get("address", ""),
        "back": list_url(request),
        "more_than": MAX_SELECTED if is_cut else None,
    }
    return render_page(request, "send_again.html", context)


def _account_for_mark(rows: Sequence[Invocation]) -> Account | None:
    """The account of a live message if there is one: the mark says what it costs to be wrong."""
    accounts = [row.account for row in rows]
    live = [account for account in accounts if not account.pod.is_practice]
    return next(iter(live or accounts), None)


def _rows(refused: Sequence[tuple[Invocation, Text]]) -> list[Invocation]:
    return [row for row, _reason in refused]


def _arrived_title(rows: Sequence[Invocation]) -> str:
    n = len(rows)
    if all(was_delivered(row) for row in rows):
        return ngettext("%(n)s was delivered, left out", "%(n)s were delivered, left out", n) % {
            "n": n
        }
    words = ngettext("%(n)s may have arrived, left out", "%(n)s may have arrived, left out", n)
    return words % {"n": n}


def _form_url(row: Invocation) -> str:
    """The send page, filled with the values of one message."""
    return f"{reverse('compose', args=[row.workflow_instance_id])}?again={row.request_id}"
