"""Records searches by a whole number, and slows down who searches for many different ones."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil

from django.http import HttpResponse
from django.utils import timezone

from invocations.kaleyra.recipients import Recipient
from invocations.privacy.number_searches import (
    MOST_NUMBERS,
    WITHIN,
    TooManyNumbers,
    record_search,
)
from invocations.views.base import StaffRequest, render_page


def refuse_guessing(request: StaffRequest, numbers: Iterable[Recipient]) -> HttpResponse | None:
    """The page that asks the person to wait; None if they may search. Call it before the search.

    `numbers`: those that the text may mean; without one nothing is recorded.
    """
    try:
        record_search([number.digits for number in numbers], request.user)
    except TooManyNumbers as refusal:
        seconds = max(1.0, (refusal.until - timezone.now()).total_seconds())
        context = {
            "minutes": ceil(seconds / 60),
            "most": MOST_NUMBERS,
            "within": int(WITHIN.total_seconds() // 60),
        }
        response = render_page(request, "wait.html", context, status=429)
        response.headers["Retry-After"] = str(ceil(seconds))
        return response
    return None
