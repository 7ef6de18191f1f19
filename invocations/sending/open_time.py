"""Counts the time in which accounts could be asked about messages in doubt.

The window of a doubtful message (`ask_again.SAME_ID_WINDOW`) is for asking, so the time in which
the console could not ask is added to it: while its account was paused, was made to wait or had an
open circuit, its workflow was paused, all sending was stopped, or no dispatcher ran.

Each sweep notes for each account that can be asked that it can (`Pace.could_ask_at`). If the note
before it is older than the sweeps are apart, the account could not be asked in between. That time
is added to the messages in doubt (`Invocation.unasked_for`). Until then, their window counts only
up to the last note.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import (
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    Min,
    OuterRef,
    Q,
    Value,
)
from django.db.models.functions import Greatest

from invocations.models import Account, Invocation, Pace, WorkflowInstance
from invocations.sending import ask_again, pause, rate_limit
from invocations.sending.outcomes import Status

IN_DOUBT = Q(doubtful_since__isnull=False, due_at__isnull=False)
"""The messages that the dispatcher posts again. They have an index, `invocation_due_in_doubt`."""
_BEING_ASKED = Q(doubtful_since__isnull=False, status=Status.SENDING)
_CHUNK = 1000


def longest_counted_gap() -> timedelta:
    """Time between two notes that counts as time in which the account could be asked: 15 seconds.

    Sweeps are five seconds apart.
    """
    return ask_again.SAME_ID_WINDOW / 60


def count_open_time(now: datetime) -> int:
    """Notes which accounts can be asked now. Returns how many messages got time added."""
    rows = Invocation.objects.filter(account_id=OuterRef("pk"))
    asks = Exists(rows.filter(IN_DOUBT)) | Exists(rows.filter(_BEING_ASKED))
    accounts = Account.objects.order_by("pk").annotate(has_doubt=asks)
    closed_accounts = accounts if pause.is_stopped() else rate_limit.closed_accounts(now)
    closed = set(closed_accounts.values_list("pk", flat=True))
    others, changed = [], 0
    for account_id, noted_at, has_doubt in accounts.values_list(
        "pk", "pace__could_ask_at", "has_doubt"
    ):
        if account_id in closed:
            if noted_at is None:
                _note_unknown_beginning(account_id, now)
        elif has_doubt:
            with transaction.atomic():
                changed += note_open(account_id, noted_at, now)
        else:
            others.append(account_id)
    Pace.objects.filter(pk__in=others).update(could_ask_at=now)
    return changed


def note_open(account_id: int, noted_at: datetime | None, now: datetime) -> int:
    """Notes that the account can be asked. `noted_at` is the note before.

    Returns how many messages got time added; 0 if another process was faster. Call it in a
    transaction.
    """
    Pace.objects.get_or_create(account_id=account_id)
    noted = Pace.objects.filter(pk=account_id, could_ask_at=noted_at)
    if not noted.update(could_ask_at=now) or noted_at is None:
        return 0
    rows = Invocation.objects.filter(account_id=account_id, doubtful_since__lt=now)
    if not is_gap(noted_at, now):
        paused = WorkflowInstance.objects.filter(account_id=account_id, is_paused=True)
        rows = rows.filter(workflow_instance_id__in=list(paused.values_list("pk", flat=True)))
    keys = {
        pk
        for condition in (IN_DOUBT, _BEING_ASKED)
        for pk in rows.filter(condition).values_list("pk", flat=True)
    }
    return _add_time(sorted(keys), noted_at, now)


def is_gap(noted_at: datetime | None, now: datetime) -> bool:
    """Whether the account could not be asked for a while since the note before."""
    return noted_at is not None and now - noted_at > longest_counted_gap()


def _add_time(keys: Sequence[int], noted_at: datetime, now: datetime) -> int:
    """Locks the rows in the order of their keys, as `store_outcome` does: nobody deadlocks."""
    added = ExpressionWrapper(
        Value(now) - Greatest(F("doubtful_since"), Value(noted_at)), output_field=DurationField()
    )
    for begin in range(0, len(keys), _CHUNK):
        rows = Invocation.objects.filter(pk__in=keys[begin : begin + _CHUNK])
        list(rows.order_by("pk").select_for_update().values_list("pk"))
        rows.filter(IN_DOUBT | _BEING_ASKED).update(unasked_for=F("unasked_for") + added)
    return len(keys)


def _note_unknown_beginning(account_id: int, now: datetime) -> None:
    """For an account that cannot be asked and has no note: since when is not known.

    It is taken for the time of the first doubt, so that no message in doubt loses time.
    """
    in_doubt = Invocation.objects.filter(IN_DOUBT, account_id=account_id)
    first = in_doubt.aggregate(first=Min("doubtful_since"))["first"]
    Pace.objects.get_or_create(account_id=account_id)
    Pace.objects.filter(pk=account_id, could_ask_at=None).update(could_ask_at=first or now)
