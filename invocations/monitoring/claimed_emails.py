"""Emails that this process has claimed: it sends them in a thread, and claims again what failed.

Several processes may look for due emails at once: the one that sets the time on the row that the
email is about sends it.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.core.mail import EmailMessage, get_connection
from django.db import DatabaseError
from django.db.models import Model

logger = logging.getLogger(__name__)

TRY_AGAIN_AFTER = timedelta(minutes=1)


class EmailClaim(NamedTuple):
    """This process sends an email about a row: it has set the row's `column` to `noted_at`."""

    model: type[Model]
    pk: int
    column: str
    noted_at: datetime


_unsent: queue.SimpleQueue[EmailClaim] = queue.SimpleQueue()
"""Claims of this process whose email failed. If it ends before the retry, the email is lost."""


def send_in_thread(
    emails: Sequence[tuple[EmailMessage, EmailClaim]],
) -> threading.Thread | None:
    """In a thread, so that a slow mail server delays no message. None if there is nothing to send.

    An email that fails is logged, and is due again once its claim is released (`release_unsent`).
    """
    if not emails:
        return None
    thread = threading.Thread(target=_send, args=(emails,), name="mail")
    thread.start()
    return thread


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


def _send(emails: Sequence[tuple[EmailMessage, EmailClaim]]) -> None:
    """Sends each email. Of an error only its type is logged: its text could hold a password."""
    for email, claim in emails:
        try:
            get_connection().send_messages([email])
        except Exception as error:
            what = claim.model._meta.model_name
            logger.error("an email about a %s could not be sent: %s", what, type(error).__name__)
            _unsent.put(claim)
