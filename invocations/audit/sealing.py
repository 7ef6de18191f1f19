"""Seals the rows of the trail: each becomes a link of a chain, in which no row can be removed,
inserted or altered without breaking what follows.

Rows are written without a lock and sealed afterwards, in batches, so that no deed waits for another
(one chain written by the deeds themselves: 390 to 870 rows per second instead of 4,000). Ids are
committed out of order: what is sealed is what has no seal, never "what is after the last id".
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from invocations.audit.macs import chain_mac
from invocations.models import TrailHead, TrailRow
from invocations.models.bulk_update import update_each

logger = logging.getLogger(__name__)

AT_ONCE = 2000
MOST_BATCHES = 20
"""Of one call, so that its caller goes on."""
LOG_EVERY = timedelta(minutes=1)


def seal_all(now: datetime) -> int:
    """Seals what is not sealed yet, in the order of ids. Returns how many rows."""
    sealed = 0
    for _batch in range(MOST_BATCHES):
        found = seal_batch(now)
        sealed += found
        if found < AT_ONCE:
            break
    return sealed


def seal_batch(now: datetime) -> int:
    """Seals up to `AT_ONCE` rows in one transaction. Returns how many; 0 also if another process
    has sealed at this moment.
    """
    unsealed = TrailRow.objects.filter(seq__isnull=True).order_by("id")
    if not unsealed.exists():
        return 0
    TrailHead.objects.get_or_create(pk=1)
    with transaction.atomic():
        head = TrailHead.objects.select_for_update().get(pk=1)
        rows = list(unsealed[:AT_ONCE])
        seq, chain = head.seq, head.chain
        seals = []
        for row in rows:
            seq, chain = seq + 1, chain_mac(chain, seq + 1, row)
            seals.append(({"id": row.pk, "mac": row.mac}, {"seq": seq, "chain": chain}))
        update_each(TrailRow, seals)
        unmoved = TrailHead.objects.filter(pk=1, seq=head.seq, chain=head.chain)
        if not unmoved.update(seq=seq, chain=chain, at=now):
            transaction.set_rollback(True)
            return 0
    return len(rows)


def log_head(now: datetime) -> bool:
    """Writes the head to the log if it has moved, once in `LOG_EVERY`. Returns whether it wrote.

    It is an anchor that nobody who owns the database can rewrite. A moment that lies ahead, because
    a clock was put back or the row was altered, holds nothing up.
    """
    just_now = (now - LOG_EVERY, now)
    head = TrailHead.objects.filter(pk=1, seq__gt=0).exclude(logged_at__range=just_now).first()
    if head is None or (head.logged_at and head.at < head.logged_at <= now):
        return False
    unlogged = Q(logged_at=head.logged_at) if head.logged_at else Q(logged_at__isnull=True)
    if not TrailHead.objects.filter(unlogged, pk=1).update(logged_at=now):
        return False
    logger.info("head of the trail: %s", head)
    return True


def current_head() -> str:
    """ "SEQ:MAC" as `manage.py verify_audit --head` takes it; empty while nothing is sealed."""
    head = TrailHead.objects.filter(pk=1).first()
    return str(head) if head and head.seq else ""
