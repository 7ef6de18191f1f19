"""Emails that this process has claimed: it sends them, and releases its claim on what failed.

Several processes may look for due emails at once: the one that sets the time on the row that the
email is about sends it.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from django.core.mail import EmailMessage
from django.db import DatabaseError
from django.db.models import Model

from invocations import emails

TRY_AGAIN_AFTER = timedelta(minutes=1)


class EmailClaim(NamedTuple):
    """This process sends an email about a row: it has set the row's `column` to `noted_at`."""

    model: type[Model]
    pk: int
    column: str
    noted_at: datetime


_unsent: queue.SimpleQueue[EmailClaim] = queue.SimpleQueue()
"""Claims of this process whose email failed. If it ends before the retry, the email is lost."""


def send_claimed(
    claimed: Sequence[tuple[EmailMessage, EmailClaim]],
) -> threading.Thread | None:
    """Sends them in a thread, which it returns; None if there is nothing to send.

    An email that fails is due again once its claim is released (`release_unsent`).
    """
    return emails.send_in_thread(
        [
            emails.Outgoing(
                email, f"a row of {claim.model._meta.model_name}", partial(_unsent.put, claim)
            )
            for email, claim in claimed
        ]
    )


def release_unsent(now: datetime) -> None:
    """Releases this process's claims on failed emails after `TRY_AGAIN_AFTER`, for any process."""
    for _unused in range(_unsent.qsize()):
        try:
            claim = _unsent.get_nowait()
        except queue.Empty:
            return
        if claim.noted_at > now - TRY_AGAIN_AFTER:
            _unsent.put(claim)
            continue
        try:
            rows: Any = claim.model._default_manager
            claimed = rows.filter(pk=claim.pk, **{claim.column: claim.noted_at})
            claimed.update(**{claim.column: None})
        except DatabaseError:
            _unsent.put(claim)
            raise
