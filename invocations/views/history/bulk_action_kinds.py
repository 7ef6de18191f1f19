"""Settle and cancel in bulk: who may do each, to which rows, and what it does to one row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from invocations.forms.bulk_actions import why_not_cancellable, why_not_settleable
from invocations.forms.settle import SettleForm
from invocations.history.meanings import Text
from invocations.models import Invocation, Settlement, permissions
from invocations.models.viewer import Viewer
from invocations.sending import decisions
from invocations.views.base import StaffRequest

NO_RIGHT_TO_CANCEL = _("Somebody else sent it, and you may cancel your own messages only.")
NO_RIGHT_TO_SEND = _("You may not send this workflow, or it is off the send page.")


class Lookups:
    """Read once for all rows: the workflows that the viewer may send."""

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer
        self.sendable = viewer.sendable_ids


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
    title=_("Record what happened"),
    button=_("Record"),
    busy=_("Recording …"),
    icon="gavel",
    heading=_("%(n)s to record"),
    form=SettleForm,
    why_not=_why_not_settled,
    run=_settle,
    done_text=lambda n: ngettext("%(n)s recorded", "%(n)s recorded", n) % {"n": n},
)


# --- Cancel ---------------------------------------------------------------------------------------


def _why_not_cancelled(row: Invocation, lookups: Lookups) -> Text | None:
    reason = why_not_cancellable(row)
    if reason or lookups.viewer.may_cancel(row):
        return reason
    is_sendable = row.workflow_instance_id in lookups.sendable
    return NO_RIGHT_TO_CANCEL if is_sendable else NO_RIGHT_TO_SEND


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


BULK_ACTIONS = {"settle": SETTLE_ACTION, "cancel": CANCEL_ACTION}
"""By the value of the button `action` that is posted. Another is `send_again`."""
