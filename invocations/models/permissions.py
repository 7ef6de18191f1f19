"""The permissions, and the groups that have them. Every permission string stands here.

The migrations up to `0051_roles` made the groups; a test holds them and `GROUPS` together. What one
person may do: `models.viewer`. Which rows they read: `models.reading`.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

INVOCATION_PERMISSIONS = (
    ("send_invocation", _("Can send")),
    ("view_full_recipient", _("Can see full numbers")),
    ("view_values", _("Can see the values of what was sent")),
    ("settle_invocation", _("Can record what happened to a message")),
    ("send_batch", _("Can send files of recipients")),
    ("send_again", _("Can send a message again")),
    ("cancel_of_others", _("Can cancel other people's messages")),
    ("view_of_others", _("Can see other people's messages")),
    ("approve_sending", _("Can approve what somebody else wants to send")),
    ("change_limits", _("Can change limits and the do-not-contact list")),
    ("erase_person", _("Can erase a person")),
)
"""Of `Invocation.Meta`: those that Django does not make by itself."""

SEND = "invocations.send_invocation"
SEE_RECIPIENT = "invocations.view_full_recipient"
SEE_VALUES = "invocations.view_values"
SEE_HISTORY = "invocations.view_invocation"
SETTLE = "invocations.settle_invocation"
STOP = "invocations.stop_sending"
SEND_BATCH = "invocations.send_batch"
SEND_AGAIN = "invocations.send_again"
CANCEL_OF_OTHERS = "invocations.cancel_of_others"
SEE_OF_OTHERS = "invocations.view_of_others"
APPROVE = "invocations.approve_sending"
CHANGE_LIMITS = "invocations.change_limits"
ERASE = "invocations.erase_person"
SEE_TRAIL = "invocations.view_trailrow"

VIEW_POD, CHANGE_POD = "invocations.view_pod", "invocations.change_pod"
VIEW_ACCOUNT, CHANGE_ACCOUNT = "invocations.view_account", "invocations.change_account"
ADD_ACCOUNT, DELETE_ACCOUNT = "invocations.add_account", "invocations.delete_account"
VIEW_KEY, ADD_KEY = "invocations.view_apikey", "invocations.add_apikey"
CHANGE_KEY = "invocations.change_apikey"
VIEW_WORKFLOW, ADD_WORKFLOW = (
    "invocations.view_workflowinstance",
    "invocations.add_workflowinstance",
)
CHANGE_WORKFLOW = "invocations.change_workflowinstance"
VIEW_PEOPLE, VIEW_GROUPS = "auth.view_user", "auth.view_group"
ADD_PEOPLE, CHANGE_PEOPLE = "auth.add_user", "auth.change_user"

CONFIGURATION = ("pod", "account", "apikey", "workflowinstance", "channel")


def _for_configuration(*actions: str) -> list[str]:
    return [f"invocations.{action}_{model}" for model in CONFIGURATION for action in actions]


_SUPPORT = [SEND, SEE_HISTORY, SEE_VALUES]
GROUPS: dict[str, list[str]] = {
    # Sends and reads what was sent: their own messages, or all (SUPPORT_SEES). Needs no page of
    # the set-up.
    "Support": _SUPPORT,
    # Besides: ends what went wrong, also what colleagues have sent.
    "Senior support": [
        *_SUPPORT,
        *(SETTLE, SEND_AGAIN, CANCEL_OF_OTHERS, SEE_RECIPIENT, SEE_OF_OTHERS),
    ],
    "Bulk sender": [*_SUPPORT, SEND_BATCH],
    # Reads what others want to send, and lets it go. Sends nothing.
    "Approver": [SEE_HISTORY, SEE_VALUES, SEE_OF_OTHERS, APPROVE],
    # Reads everything, changes nothing, sees numbers masked.
    "Reviewer": [SEE_HISTORY, SEE_VALUES, SEE_OF_OTHERS, *_for_configuration("view")],
    # Sets everything up and adds people. Cannot give anybody more than an Admin has
    # (`admin.people`), nor make an Admin alone (`access.admin_changes`).
    "Admin": [
        *[SEND, SEE_HISTORY, SEE_VALUES, SEE_RECIPIENT, SETTLE, STOP],
        *[SEND_BATCH, SEND_AGAIN, CANCEL_OF_OTHERS, SEE_OF_OTHERS, APPROVE],
        *[CHANGE_LIMITS, ERASE, SEE_TRAIL],
        *_for_configuration("add", "change", "delete", "view"),
        *[VIEW_PEOPLE, ADD_PEOPLE, CHANGE_PEOPLE, VIEW_GROUPS],
    ],
}
