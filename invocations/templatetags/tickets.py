"""Tickets, as the viewer of a page may read them."""

from __future__ import annotations

from django import template

from invocations.history.references import reference_for
from invocations.models.viewer import Viewer

register = template.Library()


@register.filter
def ticket_for(reference: str, viewer: Viewer) -> str:
    return reference_for(viewer, reference)
