"""Writes into the trail that somebody searched for a whole number."""

from __future__ import annotations

import hmac

from invocations.audit import verbs
from invocations.audit.keys import trail_key
from invocations.audit.record import record
from invocations.forms.search import HistorySearch
from invocations.views.base import StaffRequest


def record_search(request: StaffRequest, search: HistorySearch) -> None:
    """Its last four digits, and a digest by which searches for the same number are recognised.

    Nothing if what was typed is no whole number. Call it before the search is made.
    """
    if request.method != "POST" or not (search.typed and search.numbers):
        return
    number = search.numbers[0].digits
    digest = hmac.digest(trail_key(), b"number\0" + number.encode(), "sha256").hex()[:16]
    facts = {"last_four": number[-4:], "digest": digest}
    record(verbs.NUMBER_SEARCHED, by=request.user, facts=facts)
