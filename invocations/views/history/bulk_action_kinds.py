"""The bulk actions of the history: who may do each, to which rows, and what it does to one row."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from invocations.composing import check, template_fields
from invocations.forms.bulk_actions import (
    SendAgainForm,
    why_not_cancellable,
    why_not_resent,
    why_not_settleable,
)
from invocations.forms.settle import SettleForm
from invocations.history.meanings import Text
from invocations.kaleyra.line_breaks import keys_with_line_breaks
from invocations.models import Invocation, Settlement, WorkflowInstance, permissions
from invocations.models.encryption import Unreadable
from invocations.models.invocations import sends_in
from invocations.models.permissions import Viewer
from invocations.sending import decisions
from invocations.sending.record import NotAcknowledged, NotSendable, RequestIdTaken, record
from invocations.views.base import StaffRequest

NO_RIGHT_TO_SEND = _("You may not send this workflow, or it is off.")
ALREADY_SENT_AGAIN = _("It was sent again already. Open it to send it once more.")
ONE_TIME_CODE = _("A one-time code is of no use a second time.")
WORKFLOW_CHANGED = _("The workflow has changed since. Open it and look over its values.")
ANOTHER_MESSAGE = _("Another message went to this number since. Open it to send it again.")
LINE_BREAK = _("A line break in its values becomes a blank now. Open it to send it again.")
NOT_DECRYPTABLE = _("What was sent cannot be decrypted any more.")


class Lookups:
    """Read once for all rows: the workflows that the viewer may send, and their template fields.

    `selected` are the request IDs of all rows of the action.
    """

    def __init__(self, viewer: Viewer, selected: Collection[UUID]) -> None:
        self.viewer = viewer
        self.selected = frozenset(selected)
        self.sendable = viewer.sendable_ids
        self._contracts: dict[int, dict[str, Any]] = {}

    def contract_of(self, workflow: WorkflowInstance) -> dict[str, Any]:
        if workflow.pk not in self._contracts:
            self._contracts[workflow.pk] = template_fields.snapshot(workflow)
        return self._contracts[workflow.pk]


@dataclass(frozen=True, kw_only=True)
class BulkAction:
    """An action on selected rows.

    `heading` is formatted with the number of rows, `n`. `why_not` returns the reason why a row is
    left out, or None. `run` acts on one row and returns whether it did anything. `done_text`
    returns the message for the number of rows that were acted on.
    """

    permission: str
    title: Text
    button: Text
    busy: Text
    icon: str
    heading: Text
    form: Callable[..., forms.Form]
    why_not: Callable[[Invocation, Lookups], Text | None]
    run: Callable[[StaffRequest, Invocation, Any], bool]
    done_text: Callable[[int], str]


# --- Settle ---------------------------------------------------------------------------------------


def _why_not_settled(row: Invocation, lookups: Lookups) -> Text | None:
    return why_not_settleable(row)


def _settle(request: StaffRequest, row: Invocation, form: SettleForm) -> bool:
    verdict = Settlement.Verdict(form.cleaned_data["verdict"])
    return decisions.settle(row, verdict, form.cleaned_data["reason"], request.user)


SETTLE_ACTION = BulkAction(
    permission=permissions.SETTLE,
    title=_("Settle unknown outcomes"),
    button=_("Settle"),
    busy=_("Settling …"),
    icon="gavel",
    heading=_("%(n)s to settle"),
    form=SettleForm,
    why_not=_why_not_settled,
    run=_settle,
    done_text=lambda n: ngettext("%(n)s settled", "%(n)s settled", n) % {"n": n},
)


# --- Cancel ---------------------------------------------------------------------------------------


def _why_not_cancelled(row: Invocation, lookups: Lookups) -> Text | None:
    reason = why_not_cancellable(row)
    if reason is None and row.workflow_instance_id not in lookups.sendable:
        return NO_RIGHT_TO_SEND
    return reason


def _cancel(request: StaffRequest, row: Invocation, form: forms.Form) -> bool:
    return decisions.cancel(row, request.user)


CANCEL_ACTION = BulkAction(
    permission=permissions.SEND,
    title=_("Cancel what has not left"),
    button=_("Cancel"),
    busy=_("Cancelling …"),
    icon="close",
    heading=_("%(n)s to cancel"),
    form=forms.Form,
    why_not=_why_not_cancelled,
    run=_cancel,
    done_text=lambda n: ngettext("%(n)s cancelled", "%(n)s cancelled", n) % {"n": n},
)


# --- Send again -----------------------------------------------------------------------------------


def _why_not_sent_again(row: Invocation, lookups: Lookups) -> Text | None:
    """Only rows that are certainly final, and whose message would be the same as before."""
    workflow = row.workflow_instance
    reason = why_not_resent(row)
    if reason:
        return reason
    if row.was_sent_again:  # type: ignore[attr-defined]  # annotated by `selected_rows`
        return ALREADY_SENT_AGAIN
    if workflow.pk not in lookups.sendable:
        return NO_RIGHT_TO_SEND
    if any(channel.is_otp for channel in workflow.channels.all()):
        return ONE_TIME_CODE
    contract = lookups.contract_of(workflow)
    if row.version is None or template_fields.changes_between(row.version.contract, contract):
        return WORKFLOW_CHANGED
    try:
        sends = sends_in(row)
    except Unreadable:
        return NOT_DECRYPTABLE
    if any(keys_with_line_breaks(send.template_params) for send in sends):
        return LINE_BREAK
    asked = check.to_acknowledge(workflow, sends, by=lookups.viewer)
    others = {finding.earlier for finding in asked} - {None} - lookups.selected
    return ANOTHER_MESSAGE if others else None


def _send_again(request: StaffRequest, row: Invocation, form: SendAgainForm) -> bool:
    """Records the new message. The dispatcher sends it."""
    try:
        _invocation, is_new = record(
            row.workflow_instance,
            sends_in(row),
            request_id=form.request_id(row.request_id),
            created_by=request.user,
            acknowledged=form.acknowledged,
            reference=row.reference,
            sent_again_from=row,
        )
    except (NotSendable, NotAcknowledged, RequestIdTaken):
        return False
    return is_new


def _sent_again_text(n: int) -> str:
    text = ngettext(
        "%(n)s leaves again within half a minute", "%(n)s leave again within half a minute", n
    )
    return text % {"n": n}


SEND_AGAIN_ACTION = BulkAction(
    permission=permissions.SEND,
    title=_("Send again"),
    button=_("Send again"),
    busy=_("Recording …"),
    icon="replay",
    heading=_("%(n)s to send again"),
    form=SendAgainForm,
    why_not=_why_not_sent_again,
    run=_send_again,
    done_text=_sent_again_text,
)

BULK_ACTIONS = {"settle": SETTLE_ACTION, "cancel": CANCEL_ACTION, "again": SEND_AGAIN_ACTION}
"""By the value of the button `action` that is posted."""
