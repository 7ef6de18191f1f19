"""When the person who looks at a page has asked an admin about something."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template
from django.template.context import Context

from invocations.monitoring import admin_requests

register = template.Library()
KEPT = "own_admin_requests"


@register.simple_tag(takes_context=True)
def own_request(context: Context, kind: str, pk: Any = None) -> datetime | None:
    """When they asked about this row of this kind, if that is open. Read once for each page."""
    viewer = context.get("viewer")
    kept = context.render_context
    if KEPT not in kept:
        kept[KEPT] = admin_requests.own_open(viewer.user if viewer else None)
    return admin_requests.asked_at(kept[KEPT], kind, pk)
