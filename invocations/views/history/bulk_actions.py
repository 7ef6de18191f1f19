"""What is done with ticked rows of the history: settle, cancel, send again. Looked over first, and each row checked again."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from invocations.composing import template_fields
from invocations.forms.bulk_actions import (
    MAX_SELECTED,
    SendAgainForm,
    selected_ids,
    why_not_cancellable,
    why_not_resent,
    why_not_settleable,
)
from invocations.forms.history import HistoryFilter
from invocations.forms.settle import SettleForm
from invocations.history.meanings import Text
from invocations.history.report import prefetch_results
from invocations.models import Invocation, Settlement, WorkflowInstance, permissions
from invocations.models.encryption import Unreadable
from invocations.models.invocations import sends_in
from invocations.models.permissions import Viewer
from invocations.sending import decisions
from invocations.sending.record import NotSendable, RequestIdTaken, record
from invocations.views.base import StaffRequest, render_page, staff_page
from invocations.views.history.history import shown

Form = forms.Form


class Sayings:
    """Why a row is left out."""

    NOT_YOURS = gettext_lazy("You may not send this workflow, or it is off.")
    DONE = gettext_lazy("It was sent again already. Open it to send it once more.")
    CODE = gettext_lazy("A one-time code is of no use a second time.")
    CHANGED = gettext_lazy("The workflow has changed since. Open it and look over its values.")
    UNREADABLE = gettext_lazy("What was sent cannot be decrypted any more.")


class Known:
    """What is looked up once for all rows: which workflows this person may send, and what each asks for now."""

    def __init__(self, viewer: Viewer) -> None:
        self.sendable = viewer.sendable_ids
        self._contracts: dict[int, dict[str, Any]] = {}

    def contract_of(self, workflow: WorkflowInstance) -> dict[str, Any]:
        if workflow.pk not in self._contracts:
            self._contracts[workflow.pk] = template_fields.snapshot(workflow)
        return self._contracts[workflow.pk]


@dataclass(frozen=True)
class Deed:
    """One thing that can be done with rows: who may, to which rows, asking what, and how."""

    right: str
    title: Text
    button: Text
    busy: Text
    icon: str
    to_do: Text
    form: Callable[..., Form]
    why_not: Callable[[Invocation, Known], Text | None]
    do: Callable[[StaffRequest, Invocation, Any], bool]
    done: Callable[[int], str]


# --- each deed: which rows, and how -----------------------------------------------------------------------------------


def _not_settled(row: Invocation, known: Known) -> Text | None:
    return why_not_settleable(row)


def _settle(request: StaffRequest, row: Invocation, form: Any) -> bool:
    return decisions.settle(
        row,
        Settlement.Verdict(form.cleaned_data["verdict"]),
        form.cleaned_data["reason"],
        request.user,
    )


def _not_cancelled(row: Invocation, known: Known) -> Text | None:
    refused = why_not_cancellable(row)
    return refused if refused or row.workflow_instance_id in known.sendable else Sayings.NOT_YOURS


def _cancel(request: StaffRequest, row: Invocation, form: Any) -> bool:
    return decisions.cancel(row, request.user)


def _not_sent_again(row: Invocation, known: Known) -> Text | None:
    """Only what is certainly at an end, and would go out just as it did."""
    workflow = row.workflow_instance
    refused = why_not_resent(row)
    if refused:
        return refused
    if row.was_sent_again:  # type: ignore[attr-defined]  # annotated in `_rows`
        return Sayings.DONE
    if workflow.pk not in known.sendable:
        return Sayings.NOT_YOURS
    if any(channel.is_otp for channel in workflow.channels.all()):
        return Sayings.CODE
    if row.version is None or template_fields.changes_between(
        row.version.contract, known.contract_of(workflow)
    ):
        return Sayings.CHANGED
    try:
        sends_in(row)
    except Unreadable:
        return Sayings.UNREADABLE
    return None


def _send_again(request: StaffRequest, row: Invocation, form: SendAgainForm) -> bool:
    """Recorded here; the dispatcher sends it."""
    try:
        return record(
            row.workflow_instance,
            sends_in(row),
            request_id=form.request_id(row.request_id),
            created_by=request.user,
            reference=row.reference,
            sent_again_from=row,
        )[1]
    except (NotSendable, RequestIdTaken):
        return False


DEEDS = {
    "settle": Deed(
        permissions.SETTLE,
        gettext_lazy("Settle unknown outcomes"),
        gettext_lazy("Settle"),
        gettext_lazy("Settling …"),
        "gavel",
        gettext_lazy("%(n)s to settle"),
        SettleForm,
        _not_settled,
        _settle,
        lambda n: ngettext("%(n)s settled", "%(n)s settled", n) % {"n": n},
    ),
    "cancel": Deed(
        permissions.SEND,
        gettext_lazy("Cancel what has not left"),
        gettext_lazy("Cancel"),
        gettext_lazy("Cancelling …"),
        "close",
        gettext_lazy("%(n)s to cancel"),
        Form,
        _not_cancelled,
        _cancel,
        lambda n: ngettext("%(n)s cancelled", "%(n)s cancelled", n) % {"n": n},
    ),
    "again": Deed(
        permissions.SEND,
        gettext_lazy("Send again"),
        gettext_lazy("Send again"),
        gettext_lazy("Recording …"),
        "replay",
        gettext_lazy("%(n)s to send again"),
        SendAgainForm,
        _not_sent_again,
        _send_again,
        lambda n: (
            ngettext(
                "%(n)s leaves again within half a minute",
                "%(n)s leave again within half a minute",
                n,
            )
            % {"n": n}
        ),
    ),
}


# --- the page ---------------------------------------------------------------------------------------------------------


@staff_page(permissions.SEE_HISTORY)
@sensitive_post_parameters()
@require_POST
def bulk_actions(request: StaffRequest) -> HttpResponse:
    """Shows what will be done to which rows; confirmed, does it to those that still are as they must be, and says how many were."""
    name = request.POST.get("action", "")
    back = _back(request)
    posted = request.POST.getlist("ids")
    ids = selected_ids(posted)
    if name not in DEEDS or not ids:
        messages.info(request, _("Tick the rows first. Nothing was changed."))
        return redirect(back)
    deed = DEEDS[name]
    if not request.viewer.may(deed.right) or (name == "again" and not request.viewer.sees_values):
        raise PermissionDenied
    known = Known(request.viewer)
    rows = [(row, deed.why_not(row, known)) for row in _rows(ids)]
    fit = [row for row, refusal in rows if refusal is None]
    confirmed = "confirmed" in request.POST
    if name == "again" and len(ids) == 1 and fit and not confirmed:
        return redirect(
            f"{reverse('compose', args=[fit[0].workflow_instance_id])}?again={fit[0].request_id}"
        )
    form = deed.form(request.POST) if confirmed else deed.form(initial={"deed": uuid.uuid4()})
    if confirmed and form.is_valid():
        done = sum(deed.do(request, row, form) for row in fit)
        _report(request, deed, done, len(ids) - done)
        return redirect(back)
    context = {
        "name": name,
        "deed": deed,
        "to_do": str(deed.to_do) % {"n": len(fit)},
        "form": form,
        "fit": [shown(row) for row in fit],
        "left_out": [
            {**shown(row), "refusal": refusal} for row, refusal in rows if refusal is not None
        ],
        "delivered": sum(bool(row.deciding_channel) for row in fit),
        "address": request.POST.get("address", ""),
        "back": back,
        "more_than": MAX_SELECTED if len(set(posted)) > MAX_SELECTED else None,
    }
    return render_page(request, "bulk_actions.html", context)


def _rows(ids: Sequence[uuid.UUID]) -> list[Invocation]:
    again = Invocation.objects.filter(sent_again_from=OuterRef("pk"))
    rows = Invocation.objects.filter(request_id__in=ids).select_related(
        "workflow_instance", "account__pod", "created_by"
    )
    rows = rows.defer("reply", "note").annotate(was_sent_again=Exists(again))
    return list(
        rows.prefetch_related(
            prefetch_results(), "version", "workflow_instance__channels"
        ).order_by("-pk")
    )


def _back(request: StaffRequest) -> str:
    """The list as it was filtered: of what was posted, filters alone."""
    chosen = HistoryFilter(QueryDict(request.POST.get("address", ""))).chosen
    return reverse("history") + (f"?{urlencode(chosen)}" if chosen else "")


def _report(request: StaffRequest, deed: Deed, done: int, left: int) -> None:
    said = deed.done(done)
    if left:
        said += ", " + ngettext("%(n)s had moved on", "%(n)s had moved on", left) % {"n": left}
    (messages.success if done else messages.warning)(request, said + ".")
