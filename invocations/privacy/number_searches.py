"""Searches by a whole number: each is recorded, and many different ones are slowed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from invocations.audit import verbs
from invocations.audit.record import record
from invocations.models import NumberSearch
from invocations.models.recipients import stored_digest

if TYPE_CHECKING:
    from collections.abc import Collection

MOST_NUMBERS = 20
"""Different numbers that one person may search for `WITHIN`. More look like guessing."""
WITHIN = timedelta(minutes=10)


class TooManyNumbers(Exception):
    """Nothing was searched. `until`: when there is room for another number."""

    def __init__(self, until: datetime) -> None:
        super().__init__("too many numbers")
        self.until = until


def record_search(numbers: Collection[str], by: User) -> None:
    """Records that `by` searches for a number; `numbers` are the digits that the text may mean.

    Call it before the search. Raises `TooManyNumbers`.
    """
    if not numbers:
        return
    # The text is one number, which may be read with several country codes: it counts once.
    digits = min(numbers)
    digest, now = stored_digest(digits), timezone.now()
    with transaction.atomic():
        _lock(by)
        lately = NumberSearch.objects.filter(person=by, at__gt=now - WITHIN)
        if lately.filter(digest=digest).exists():
            return  # another page of the same search
        if lately.count() >= MOST_NUMBERS:
            oldest = lately.order_by("at").values_list("at", flat=True)[0]
            raise TooManyNumbers(oldest + WITHIN)
        NumberSearch.objects.filter(person=by, at__lte=now - WITHIN).delete()
        NumberSearch.objects.create(person=by, digest=digest, at=now)
        facts = {"last_four": digits[-4:], "digest": digest}
        record(verbs.NUMBER_SEARCHED, by=by, facts=facts)


def _lock(by: User) -> None:
    """Two searches of one person at the same moment count each other."""
    User.objects.select_for_update().filter(pk=by.pk).values_list("pk").first()
