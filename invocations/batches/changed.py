"""Whether a batch may still be sent as it was checked."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from invocations.composing import template_fields
from invocations.models import Account, Batch, WorkflowInstance
from invocations.sending.restored import DATABASE_RESTORED

INACTIVE, ACCOUNT, KIND, STAGE, VERSION = "inactive", "account", "kind", "stage", "version"
UNREADABLE, BROKEN = "unreadable", "broken"
CHANGE_TEXT = {
    INACTIVE: _("The workflow is off the send page."),
    ACCOUNT: _("The workflow belongs to another account now. Check the file again."),
    KIND: _("The account changed between practice and live. Check the file again."),
    STAGE: _("The workflow is not live any more."),
    VERSION: _("The workflow’s texts or values have changed. Check the file again."),
}
"""By code of `change_since_check`: what a person is told."""
PAUSE_TEXT = CHANGE_TEXT | {
    UNREADABLE: _("No encryption key opens its rows. An admin can add the key that is missing."),
    DATABASE_RESTORED: _(
        "The database was restored from a backup. Rows that were sent since are sent again with the"
        " same request IDs, which Kaleyra refuses. Compare with Kaleyra’s reports first."
    ),
    BROKEN: _("Its next rows could not be prepared. The log of the background sender says more."),
}
"""By code of `Batch.paused_because`."""


def change_since_check(batch: Batch) -> str:
    """What has changed, as a code of `CHANGE_TEXT`; empty if the check still holds.

    Reads the set-up anew: it may have changed in another process.
    """
    workflow = WorkflowInstance.objects.get(pk=batch.workflow_id)
    if not workflow.is_active:
        return INACTIVE
    if workflow.account_id != batch.account_id:
        return ACCOUNT
    if batch.is_practice is not None and batch.is_practice != is_practice(batch):
        return KIND
    if batch.stage and workflow.stage not in (batch.stage, WorkflowInstance.Stage.LIVE):
        return STAGE
    if batch.version is None or not template_fields.is_current(batch.version, workflow):
        return VERSION
    return ""


def is_practice(batch: Batch) -> bool:
    """Whether its account is at the practice pod now."""
    return Account.objects.select_related("pod").get(pk=batch.account_id).pod.is_practice
