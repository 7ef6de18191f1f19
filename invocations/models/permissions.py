"""Who may: the groups and their permissions, sending, and what is masked for whom.

The groups are made by the migrations `0003_groups` and `0006_waiting_and_doubt`; a test holds them and this list together.
"""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Exists, OuterRef, QuerySet

from invocations.models import WorkflowInstance

SEND = "invocations.send_invocation"
SEE_RECIPIENT = "invocations.view_full_recipient"
SEE_VALUES = "invocations.view_values"
SEE_HISTORY = "invocations.view_invocation"
SETTLE = "invocations.settle_invocation"
STOP = "invocations.stop_sending"

CONFIGURATION = ("pod", "account", "apikey", "workflowinstance", "channel")


def _may(*deeds: str) -> list[str]:
    return [f"invocations.{deed}_{model}" for model in CONFIGURATION for deed in deeds]


GROUPS: dict[str, list[str]] = {
    # Sends and reads what was sent. Needs no page of the set-up.
    "Support": [SEND, SEE_HISTORY, SEE_VALUES],
    # Reads everything, changes nothing, sees numbers masked.
    "Reviewer": [SEE_HISTORY, SEE_VALUES, *_may("view")],
    # Sets everything up, and brings in people. Cannot make anybody more powerful than an Admin (`admin.people`).
    "Admin": [
        *[SEND, SEE_HISTORY, SEE_VALUES, SEE_RECIPIENT, SETTLE, STOP],
        *_may("add", "change", "delete", "view"),
        *["auth.view_user", "auth.add_user", "auth.change_user", "auth.view_group"],
    ],
}


def may_see_recipient(user: User | AnonymousUser) -> bool:
    """Whether `user` sees whole numbers. Everybody else sees the last digits."""
    return user.has_perm(SEE_RECIPIENT)


def may_see_values(user: User | AnonymousUser) -> bool:
    """Whether `user` sees the template values of what was sent."""
    return user.has_perm(SEE_VALUES)


def sendable_workflows(user: User | AnonymousUser) -> QuerySet[WorkflowInstance]:
    """The active workflows that `user` may send: those open to all senders, and those kept for a group of theirs."""
    if not user.has_perm(SEND):
        return WorkflowInstance.objects.none()
    active = WorkflowInstance.objects.filter(is_active=True)
    if user.is_superuser:
        return active
    kept_for = WorkflowInstance.groups.through.objects.filter(workflowinstance=OuterRef("pk"))
    return active.filter(~Exists(kept_for) | Exists(kept_for.filter(group__in=user.groups.all())))


def may_send(user: User | AnonymousUser, workflow: WorkflowInstance) -> bool:
    """Whether `user` may send `workflow` now, as the database has it."""
    return sendable_workflows(user).filter(pk=workflow.pk).exists()
