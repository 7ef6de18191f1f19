"""Which rows one person may read. The only place that decides it.

A workflow that is kept for groups is kept for reading, too: its messages, batches and results are
its groups' alone. Whoever may change workflows reads them all, because they decide for whom one is
kept. With SUPPORT_SEES=own a person without the right to see other people's messages reads their
own alone.

Views and the history take every message from here (`Viewer.invocations`), never from
`Invocation.objects`: tests/models/test_reading.py looks for that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib.auth.models import User
from django.db.models import CharField, Exists, Model, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast

from invocations.models import Approval, Batch, Callback, Incident, Invocation, WorkflowInstance

Row = TypeVar("Row", bound=Model)

KEPT = "kept"
"""What stands before the ID of a workflow in `kept_from`."""


def kept_from(user: User) -> QuerySet[WorkflowInstance, tuple[str, str]]:
    """KEPT and ID of each workflow that is kept for groups without `user`.

    In this form it is part of the query for the permissions, so that it costs no query of its own.
    """
    kept_for = WorkflowInstance.groups.through.objects.filter(workflowinstance=OuterRef("pk"))
    mine = kept_for.filter(group__in=user.groups.all())
    found = WorkflowInstance.objects.order_by().filter(Exists(kept_for) & ~Exists(mine))
    return found.values_list(Value(KEPT), Cast("pk", CharField()))


@dataclass(frozen=True)
class Reading:
    """`hidden`: the workflows of which nothing is read. `own_of`: the id of the person who reads
    their own messages alone; None for who reads those of all. `is_closed`: nothing is read.

    Where nothing is hidden, no condition is added to a query.
    """

    hidden: frozenset[int] = frozenset()
    own_of: int | None = None
    is_closed: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether all rows of all workflows are read."""
        return not (self.hidden or self.own_of or self.is_closed)

    def invocations(self) -> QuerySet[Invocation]:
        return self.narrow(Invocation.objects.all())

    def narrow(self, found: QuerySet[Row], message: str = "") -> QuerySet[Row]:
        """`found`, without rows of messages that are not read.

        `message`: the way from a row to its message, such as "invocation__"; a row without one
        stays. Empty if the rows are messages.
        """
        if self.is_closed:
            return found.none()
        if self.hidden:
            found = found.exclude(**{f"{message}workflow_instance__in": self.hidden})
        if self.own_of:
            own = Q(**{f"{message}created_by": self.own_of})
            found = (
                found.filter(own | Q(**{f"{message.rstrip('_')}__isnull": True}))
                if (message)
                else found.filter(own)
            )
        return found

    def as_json(self) -> dict[str, Any]:
        """For a file that is written now and opened later (`may_open`)."""
        return {"hidden": sorted(self.hidden), "own": self.own_of is not None}

    def may_open(self, written_as: Mapping[str, Any]) -> bool:
        """Whether a file of theirs, of the reading `written_as`, has nothing that is hidden now."""
        is_own = self.own_of is None or bool(written_as.get("own"))
        return self.hidden <= set(written_as.get("hidden", ())) and is_own and not self.is_closed

    def reads_workflow(self, workflow_id: int | None) -> bool:
        """None is no workflow, and hides nothing."""
        return workflow_id not in self.hidden

    def reads(self, message: Invocation) -> bool:
        is_theirs = self.own_of is None or message.created_by_id == self.own_of
        is_shown = message.workflow_instance_id not in self.hidden
        return is_theirs and is_shown and not self.is_closed

    def workflows(self) -> QuerySet[WorkflowInstance]:
        """Whose texts, figures and changes they read. Own messages are no matter here."""
        found = WorkflowInstance.objects.all()
        return found.exclude(pk__in=self.hidden) if self.hidden else found

    def batches(self, user: User | None) -> QuerySet[Batch]:
        """All that were started, as far as their messages are read, and the files that `user`
        uploaded: those hold what they brought themselves.
        """
        if self.is_closed:
            return Batch.objects.none()
        started = ~Q(state__in=Batch.BEFORE_START)
        if self.hidden:
            started &= ~Q(workflow__in=self.hidden)
        if self.own_of:
            started &= Q(created_by=self.own_of) | Q(started_by=self.own_of)
        before_start = Q(state__in=Batch.BEFORE_START, created_by=user)
        return Batch.objects.filter(started | before_start)

    def approvals(self) -> QuerySet[Approval]:
        """Of files and messages that are read, by whomever they were asked for."""
        if self.is_closed:
            return Approval.objects.none()
        found = Approval.objects.all()
        if self.hidden:
            found = found.exclude(batch__workflow__in=self.hidden)
            found = found.exclude(invocation__workflow_instance__in=self.hidden)
        return found.filter(asked_by=self.own_of) if self.own_of else found

    def incidents(self) -> QuerySet[Incident]:
        found = Incident.objects.all()
        return found.exclude(workflow_instance__in=self.hidden) if self.hidden else found

    def results(self, found: QuerySet[Callback]) -> QuerySet[Callback]:
        """Of results without a message, those of accounts whose messages are all read: nobody
        knows whose the others are.
        """
        if self.own_of or self.is_closed:
            return found.none()
        if not self.hidden:
            return found
        kept = WorkflowInstance.objects.filter(pk__in=self.hidden).values("account")
        return found.exclude(account__in=kept)


WHOLE = Reading()
"""For the console itself, whoever runs it, and rows that were narrowed where they were found."""
CLOSED = Reading(is_closed=True)
