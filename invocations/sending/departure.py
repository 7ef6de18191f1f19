"""Whether the messages of a workflow leave now, and who sends or asks again without a person.

The one place that knows it, for every page that says what becomes of a message: a page must not
promise what nobody does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.utils import timezone

from invocations.models import Account, Heartbeat, Pace, WorkflowInstance
from invocations.sending import pause, rate_limit
from invocations.sending.account_key import key_problem

SENDER_SILENT_AFTER = timedelta(seconds=30)
"""Time since the last heartbeat after which the background sender counts as not running.

It sweeps every five seconds, as `manage.py dispatch` and as a Celery worker.
"""
FAILURES_TELL_FOR = timedelta(hours=1)
"""How long after its last failed attempt an account with an open circuit is called unreachable."""


class Obstacle(StrEnum):
    """What keeps every message of a workflow from leaving, until a person removes it."""

    STOPPED = "stopped"
    ACCOUNT_PAUSED = "account_paused"
    WORKFLOW_PAUSED = "workflow_paused"
    NO_KEY = "no_key"
    """The account has no usable API key: the message would be held."""


@dataclass(frozen=True)
class Departure:
    """`obstacles`: the widest first. `has_sender`: the background sender is running.

    `is_unreachable`: the account's circuit is open, so only one message at a time is tried.
    `asks_first`: a second person approves each message before it leaves.
    """

    obstacles: tuple[Obstacle, ...] = ()
    has_sender: bool = True
    is_unreachable: bool = False
    asks_first: bool = False

    @property
    def is_blocked(self) -> bool:
        return bool(self.obstacles)

    @property
    def goes_on_by_itself(self) -> bool:
        """Whether what waits is sent, or asked about, without anybody's doing."""
        return self.has_sender and not self.obstacles


GOES_ON = Departure()


class Departures:
    """Reads what concerns all messages once, for pages that show many of them."""

    def __init__(self, now: datetime | None = None) -> None:
        self.is_stopped = pause.is_stopped()
        now = now or timezone.now()
        self.has_sender = sender_is_running(now)
        # Every failed attempt moves `wait_until`.
        open_circuits = Pace.objects.filter(
            failures__gte=rate_limit.FAILURES, wait_until__gt=now - FAILURES_TELL_FOR
        )
        self._unreachable = frozenset(open_circuits.values_list("account_id", flat=True))
        self._has_key: dict[int, bool] = {}

    def of(self, account: Account, workflow: WorkflowInstance) -> Departure:
        found: dict[Obstacle, bool] = {
            Obstacle.STOPPED: self.is_stopped,
            Obstacle.ACCOUNT_PAUSED: account.is_paused,
            Obstacle.WORKFLOW_PAUSED: workflow.is_paused,
            Obstacle.NO_KEY: not self._has_usable_key(account),
        }
        return Departure(
            obstacles=tuple(obstacle for obstacle, holds in found.items() if holds),
            has_sender=self.has_sender,
            is_unreachable=account.pk in self._unreachable,
            # As `composing.limits` reads it from the database when the message is recorded.
            asks_first=workflow.needs_approval
            and workflow.stage == WorkflowInstance.Stage.LIVE
            and not account.pod.is_practice,
        )

    def _has_usable_key(self, account: Account) -> bool:
        if account.pk not in self._has_key:
            self._has_key[account.pk] = not key_problem(account)
        return self._has_key[account.pk]


def departure_of(workflow: WorkflowInstance, *, reads_anew: bool = False) -> Departure:
    """What holds now for the messages of `workflow`.

    `reads_anew`: somebody may have paused it since it was loaded.
    """
    if reads_anew:
        related = WorkflowInstance.objects.select_related("account__pod")
        workflow = related.get(pk=workflow.pk)
    elif not WorkflowInstance._meta.get_field("account").is_cached(workflow):
        # With its pod in one query: a key is usable for one host.
        workflow.account = Account.objects.select_related("pod").get(pk=workflow.account_id)
    return Departures().of(workflow.account, workflow)


def last_sweep() -> datetime | None:
    """When a background sender last swept, or None."""
    return Heartbeat.objects.values_list("at", flat=True).first()


def sender_is_running(now: datetime) -> bool:
    """Whether a dispatcher or a Celery worker gave a sign of life lately."""
    swept_at = last_sweep()
    return swept_at is not None and swept_at > now - SENDER_SILENT_AFTER


# --- what a button does ---------------------------------------------------------------------------


class Deed(StrEnum):
    """What becomes of a message at the moment at which a person presses the button."""

    SEND = "send"
    QUEUE = "queue"
    """It is saved, and waits until a person removes an obstacle."""
    SCHEDULE = "schedule"
    """It is saved, and waits for its time."""
    ASK = "ask"
    """It is saved, and waits until a second person approves it, and for its time if it has one."""


def deed_of(departure: Departure, *, now: datetime, not_before: datetime | None = None) -> Deed:
    """What a message of this departure does if it is recorded `now`, not to leave before a time."""
    if departure.asks_first:
        return Deed.ASK
    if not_before is not None and not_before > now:
        return Deed.SCHEDULE
    return Deed.QUEUE if departure.is_blocked else Deed.SEND
