"""Glossary: what each status, delivery and code of Kaleyra means, and what to do next."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from invocations.history.channel_codes import CODE_TEXTS
from invocations.history.deliveries import DELIVERIES, MAY_BE_DOUBLE
from invocations.history.statuses import (
    ASKED_ABOUT,
    MAY_HAVE_LEFT,
    RESTORED,
    SCHEDULED,
    SETTLED,
    STATUSES,
)
from invocations.views.base import StaffRequest, render_page, staff_page


@staff_page("")
@require_safe
def glossary(request: StaffRequest) -> HttpResponse:
    """Each entry has an anchor: the badges on all pages link to it."""
    statuses = [*STATUSES.values(), SCHEDULED, ASKED_ABOUT, MAY_HAVE_LEFT, RESTORED]
    statuses += SETTLED.values()
    parts = [
        ("submission", _("Status: did Kaleyra accept it?"), statuses),
        (
            "delivery",
            _("Delivery: did the customer get it?"),
            [*DELIVERIES.values(), MAY_BE_DOUBLE],
        ),
    ]
    return render_page(
        request,
        "glossary.html",
        {"title": _("What the words mean"), "parts": parts, "codes": CODE_TEXTS},
    )
