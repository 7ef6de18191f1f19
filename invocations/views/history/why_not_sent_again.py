"""Why a ticked row cannot be sent again together with others."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from invocations.composing import check, template_fields
from invocations.forms.bulk_actions import why_not_resent
from invocations.history.meanings import Text
from invocations.kaleyra.line_breaks import keys_with_line_breaks
from invocations.models import Invocation, WorkflowInstance
from invocations.models.encryption import Unreadable
from invocations.models.invocations import sends_in
from invocations.models.viewer import Viewer
from invocations.views.history.bulk_action_kinds import NO_RIGHT_TO_SEND

ALREADY_SENT_AGAIN = _("It was sent again already. Open it to send it once more.")
ONE_TIME_CODE = _("A one-time code is of no use a second time.")
WORKFLOW_CHANGED = _("The workflow has changed since. Open it and look over its values.")
ANOTHER_MESSAGE = _("Another message went to this number since. Open it to send it again.")
LINE_BREAK = _("A line break in its values becomes a space now. Open it to send it again.")
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


def why_not_sent_again(row: Invocation, lookups: Lookups) -> Text | None:
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
