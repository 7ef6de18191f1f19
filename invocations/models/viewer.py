"""The `Viewer`: what one person may see and do. Made once at each door and handed down."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from functools import cached_property

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, Permission, User
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from invocations.models import Batch, Invocation, WorkflowInstance
from invocations.models.permissions import (
    ADD_KEY,
    ADD_WORKFLOW,
    APPROVE,
    CANCEL_OF_OTHERS,
    CHANGE_ACCOUNT,
    CHANGE_LIMITS,
    CHANGE_WORKFLOW,
    ERASE,
    GROUPS,
    SEE_HISTORY,
    SEE_OF_OTHERS,
    SEE_RECIPIENT,
    SEE_TRAIL,
    SEE_VALUES,
    SEND,
    SEND_AGAIN,
    SEND_BATCH,
    SETTLE,
    STOP,
    VIEW_WORKFLOW,
)
from invocations.models.reading import CLOSED, KEPT, WHOLE, Reading, kept_from


@dataclass(frozen=True)
class Viewer:
    """Who is looking, and what they may see and do.

    Made once where a request, a command or a mail begins.

    `user` is None for a stranger, who has no rights, and for whoever runs the console (`operator`).
    `zone` is the time zone in which times are written for them.
    """

    user: User | None
    rights: frozenset[str] = field(repr=False)
    zone: tzinfo = UTC
    kept: frozenset[int] = field(default=frozenset(), repr=False)
    """The workflows that are kept for groups without them."""
    reveals: bool = False
    """Whether whole numbers are shown, because they asked for them just now."""

    @classmethod
    def of(cls, user: User | AnonymousUser, zone: tzinfo | None = None) -> Viewer:
        """`user` with the permissions they have now, in `zone` or else the current time zone."""
        signed_in = user if isinstance(user, User) else None
        kept: frozenset[int] = frozenset()
        if signed_in and signed_in.is_active:
            if not hasattr(signed_in, "_kept_cache"):
                found, signed_in._kept_cache = _rights_and_kept(signed_in)  # type: ignore[attr-defined]
                # Where Django's `ModelBackend` keeps what it looks up, in two queries.
                signed_in._perm_cache = found  # type: ignore[attr-defined]
            kept = signed_in._kept_cache  # type: ignore[attr-defined]
        rights = frozenset(user.get_all_permissions())
        return cls(signed_in, rights, zone or timezone.get_current_timezone(), kept)

    @classmethod
    def operator(cls) -> Viewer:
        """Whoever runs the console.

        They may do everything, but nothing shown to them has whole numbers or values.
        """
        return cls(None, frozenset(GROUPS["Admin"]) - {SEE_RECIPIENT, SEE_VALUES})

    def may(self, permission: str) -> bool:
        return permission in self.rights

    @cached_property
    def reading(self) -> Reading:
        """Which rows they read. Whoever may change workflows says whom one is kept for, and so
        reads all.
        """
        is_superuser = self.user is not None and self.user.is_superuser
        if self.user is None or is_superuser or self.may_change_workflows:
            return WHOLE if self.sees_history else CLOSED
        reads_all = self.may(SEE_OF_OTHERS) or settings.SUPPORT_SEES == "all"
        own_of = None if reads_all else self.user.pk
        return Reading(self.kept, own_of, is_closed=not self.sees_history)

    def invocations(self) -> QuerySet[Invocation]:
        """The messages that they read."""
        return self.reading.invocations()

    @property
    def sees_history(self) -> bool:
        return self.may(SEE_HISTORY)

    @property
    def sees_numbers(self) -> bool:
        """Whether whole phone numbers are shown. They are not before somebody who may see them
        asks for them (`revealing`): everybody sees the last digits.
        """
        return self.reveals and self.may_reveal

    @property
    def may_reveal(self) -> bool:
        return self.may(SEE_RECIPIENT)

    def revealing(self) -> Viewer:
        """The same viewer, who has asked for whole numbers. The caller records it (`privacy`)."""
        return replace(self, reveals=True)

    @property
    def sees_values(self) -> bool:
        """Whether the template values of what was sent are shown."""
        return self.may(SEE_VALUES)

    @property
    def may_send(self) -> bool:
        return self.may(SEND)

    @property
    def may_settle(self) -> bool:
        return self.may(SETTLE)

    @property
    def may_stop(self) -> bool:
        return self.may(STOP)

    @property
    def may_send_batches(self) -> bool:
        return self.may(SEND_BATCH)

    @property
    def may_send_again(self) -> bool:
        return self.may(SEND_AGAIN)

    @property
    def may_resend(self) -> bool:
        """Whether they may open a message that was sent as the start of another one."""
        return self.may_send and self.may_send_again and self.sees_values

    @property
    def may_approve(self) -> bool:
        """Whether they may approve what somebody else wants to send."""
        return self.may(APPROVE)

    @property
    def may_change_limits(self) -> bool:
        """Whether they may change caps, the do-not-contact list and the listed numbers."""
        return self.may(CHANGE_LIMITS)

    @property
    def may_erase(self) -> bool:
        return self.may(ERASE)

    @property
    def sees_trail(self) -> bool:
        return self.may(SEE_TRAIL)

    @property
    def may_configure(self) -> bool:
        """Whether they may change accounts, and so where and with which key messages are sent."""
        return self.may(CHANGE_ACCOUNT)

    @property
    def may_change_workflows(self) -> bool:
        return self.may(CHANGE_WORKFLOW)

    @property
    def may_add_workflows(self) -> bool:
        return self.may(ADD_WORKFLOW)

    @property
    def may_add_keys(self) -> bool:
        return self.may(ADD_KEY)

    @property
    def sees_workflows(self) -> bool:
        """Whether the set-up pages of workflows open."""
        return self.may(VIEW_WORKFLOW)

    def sendable_workflows(self) -> QuerySet[WorkflowInstance]:
        """The active workflows that they may send: open to all senders, or kept for a group of
        theirs. One that is not live is for those who may change workflows.
        """
        if not self.may_send:
            return WorkflowInstance.objects.none()
        active = WorkflowInstance.objects.filter(is_active=True)
        if not self.may_change_workflows:
            active = active.filter(stage=WorkflowInstance.Stage.LIVE)
        if self.user is None or self.user.is_superuser:
            return active
        kept_for = WorkflowInstance.groups.through.objects.filter(workflowinstance=OuterRef("pk"))
        groups = self.user.groups.all()
        return active.filter(~Exists(kept_for) | Exists(kept_for.filter(group__in=groups)))

    def batches(self) -> QuerySet[Batch]:
        """The batches they may see: all that were started, and the files that they uploaded."""
        return self.reading.batches(self.user)

    def may_start(self, batch: Batch) -> bool:
        """Whether they may put its rows right and start it: their own file, as long as they may
        send its workflow. They see its numbers and values, which they brought.
        """
        return self.is_own(batch) and self.may_control(batch)

    def may_control(self, batch: Batch) -> bool:
        """Whether they may pause and resume it."""
        return self.may_send_batches and batch.workflow_id in self.sendable_ids

    def may_cancel_batch(self, batch: Batch) -> bool:
        """Their own, or with the right to cancel other people's messages."""
        return self.may_control(batch) and (self.is_own(batch) or self.may(CANCEL_OF_OTHERS))

    def may_send_batch_again(self, batch: Batch) -> bool:
        return self.may_control(batch) and self.may_send_again

    def is_own(self, sent: Invocation | Batch) -> bool:
        return self.user is not None and sent.created_by_id == self.user.pk

    def may_cancel(self, message: Invocation) -> bool:
        """Their own, or with the right for those of others and of a workflow that they may send."""
        if self.is_own(message):
            return self.may_send
        return self.may(CANCEL_OF_OTHERS) and message.workflow_instance_id in self.sendable_ids

    @cached_property
    def sendable_ids(self) -> frozenset[int]:
        """The ids of `sendable_workflows`, looked up once: for pages that show many messages."""
        return frozenset(self.sendable_workflows().values_list("pk", flat=True))

    def may_send_workflow(self, workflow: WorkflowInstance) -> bool:
        """Whether they may send `workflow` now, as the database has it."""
        return self.sendable_workflows().filter(pk=workflow.pk).exists()


def _rights_and_kept(user: User) -> tuple[set[str], frozenset[int]]:
    """Their own permissions and those of their groups, and the workflows that are kept from them:
    in one query.
    """
    found = Permission.objects.order_by()
    if not user.is_superuser:
        found = found.filter(Q(user=user) | Q(group__user=user))
    names = found.values_list("content_type__app_label", "codename")
    rows = list(names if user.is_superuser else names.union(kept_from(user), all=True))
    rights = {f"{app}.{codename}" for app, codename in rows if app != KEPT}
    return rights, frozenset(int(pk) for app, pk in rows if app == KEPT)


def viewer_of(request: HttpRequest) -> Viewer:
    """The viewer of `request`, made once for it: permissions do not change on the way."""
    viewer: Viewer | None = getattr(request, "viewer", None)
    if viewer is None:
        viewer = Viewer.of(request.user)
        request.viewer = viewer  # type: ignore[attr-defined]
    return viewer
