"""Messages to numbers that are not to be contacted any more: what waits is ended before it leaves.

A number may come on the list while a message to it is queued, scheduled, on hold or asked about.
The list is read once more when messages are claimed, in the transaction that commits the attempt.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Q

from invocations.models import Account, DoNotContact, Invocation
from invocations.models.recipients import phone_digests, sent_to_digests
from invocations.sending.outcomes import Status

logger = logging.getLogger(__name__)

DO_NOT_CONTACT = "do_not_contact"
"""The reason of a message that was ended by the list."""
_MOST_DIGESTS = 500


def without_unwanted(rows: Sequence[Invocation], now: datetime) -> list[Invocation]:
    """The locked rows that may be sent. Ends the others: see `_end`."""
    digests = {digest for row in rows for digest in _digests_of(row)}
    listed = DoNotContact.objects.filter(digest__in=digests).values_list("digest", flat=True)
    unwanted = set(listed) if rows else set()
    if not unwanted:
        return list(rows)
    ended = [row for row in rows if unwanted & set(_digests_of(row))]
    _end(Q(pk__in=[row.pk for row in ended]), now)
    return [row for row in rows if row not in ended]


def end_waiting(numbers: Iterable[str], now: datetime) -> int:
    """Ends what waits for these numbers (digits), in any spelling. Returns how many messages.

    Messages of practice accounts stay: they reach nobody.
    """
    digests = sorted({digest for digits in numbers for digest in phone_digests(digits)})
    practice = Account.for_practice()
    ended = 0
    for start in range(0, len(digests), _MOST_DIGESTS):
        first, second = sent_to_digests(digests[start : start + _MOST_DIGESTS])
        for to_numbers in (first, second):
            ended += _end(to_numbers & ~Q(account_id__in=practice), now)
    return ended


def _end(which: Q, now: datetime) -> int:
    """What has certainly not left is cancelled. About what may have left nobody asks any more: to
    ask is to post it again. Each is one conditional UPDATE.
    """
    unsent = Invocation.objects.filter(which, status__in=Invocation.UNSENT)
    cancelled = unsent.update(
        status=Status.CANCELLED, reason=DO_NOT_CONTACT, due_at=None, final_at=now
    )
    asked = Invocation.objects.filter(which, status=Status.UNKNOWN, due_at__isnull=False)
    asked.update(due_at=None, final_at=now)
    if cancelled:
        logger.info("%s messages were cancelled: their numbers are not contacted", cancelled)
    return cancelled


def _digests_of(row: Invocation) -> list[str]:
    return [digest for digest in (row.recipient_digest, row.recipient2_digest) if digest]
