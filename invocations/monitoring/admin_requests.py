"""What people ask the admins for, because they may not do it themselves.

A request is open until an admin says that it is done, or until its cause is gone.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from invocations.models import (
    Account,
    AdminRequest,
    ApiKey,
    Invocation,
    KillSwitch,
    WorkflowInstance,
)
from invocations.models.reading import Reading

if TYPE_CHECKING:
    from django.contrib.auth.models import User

Kind = AdminRequest.Kind
MAX_OPEN = 100
"""Open requests that a list reads."""


@dataclass(frozen=True)
class About:
    """What a request is about: its kind, and the row of that kind, if it has one."""

    kind: AdminRequest.Kind
    of: Account | WorkflowInstance | Invocation | None = None

    @property
    def columns(self) -> dict[str, Any]:
        names = {Kind.ACCOUNT: "account", Kind.WORKFLOW: "workflow", Kind.MESSAGE: "invocation"}
        return {names[self.kind]: self.of} if self.kind in names else {}


def ask(person: User, about: About, now: datetime, wish: str = "") -> bool:
    """Puts it on the admins' list. Returns False if the person's request is open already.

    A request without a cause is closed at once.
    """
    close_settled(now)
    try:
        with transaction.atomic():
            AdminRequest.objects.create(
                kind=about.kind, person=person, asked_at=now, wish=wish, **about.columns
            )
    except IntegrityError:
        return False
    close_settled(now)
    return True


def is_open(person: User, about: About) -> bool:
    """Whether the person's request is on the admins' list."""
    mine = AdminRequest.objects.filter(person=person, kind=about.kind, done_at__isnull=True)
    return mine.filter(**about.columns).exists()


def finish(request_id: uuid.UUID, by: User, now: datetime) -> bool:
    """An admin has dealt with it. Returns False if it was over already."""
    still_open = AdminRequest.objects.filter(pk=request_id, done_at__isnull=True)
    return bool(still_open.update(done_at=now, done_by=by))


def close_settled(now: datetime) -> int:
    """Closes the open requests whose cause is gone. Returns how many."""
    settled = AdminRequest.objects.filter(done_at__isnull=True).exclude(_has_cause())
    return settled.update(done_at=now)


def open_requests(reading: Reading) -> list[AdminRequest]:
    """The requests whose cause lasts, the oldest first, about what is read."""
    still_open = AdminRequest.objects.filter(done_at__isnull=True)
    if not still_open.exists():  # most of the time, and much quicker than to look for causes
        return []
    found = reading.narrow(still_open.filter(_has_cause()), "invocation__")
    if reading.hidden:
        found = found.exclude(workflow__in=reading.hidden)
    related = found.select_related(
        "person", "account__pod", "workflow__account__pod", "invocation__account__pod"
    ).defer("invocation__payload", "invocation__reply", "invocation__note")
    return list(related.order_by("asked_at")[:MAX_OPEN])


def own_open(person: User | None) -> Sequence[AdminRequest]:
    """The person's open requests whose cause lasts."""
    if person is None:
        return ()
    mine: QuerySet[AdminRequest] = AdminRequest.objects.filter(
        _has_cause(), done_at__isnull=True, person=person
    )
    return list(mine.order_by("asked_at")[:MAX_OPEN])


def asked_at(requests: Sequence[AdminRequest], kind: str, pk: int | None) -> datetime | None:
    """When one of `requests` was made about this row of this kind; None if none was."""
    for each in requests:
        ids = (each.account_id, each.workflow_id, each.invocation_id)
        if each.kind == kind and (pk is None or pk in ids):
            return each.asked_at
    return None


def _has_cause() -> Q:
    """The requests whose cause lasts. That of a new workflow lasts until an admin has acted."""
    stopped = KillSwitch.objects.filter(is_on=True)
    key = ApiKey.objects.filter(account=OuterRef("account"), is_primary=True)
    return (
        Q(kind=Kind.NEW_WORKFLOW)
        | Q(Exists(stopped), kind=Kind.STOP)
        | Q(kind=Kind.ACCOUNT) & (Q(account__is_paused=True) | ~Exists(key))
        | Q(kind=Kind.WORKFLOW, workflow__is_paused=True)
        | Q(kind=Kind.MESSAGE, invocation__status=Invocation.Status.UNKNOWN)
    )
