"""Durations as short texts."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _


def short_duration(span: timedelta | None) -> str:
    """In one unit: seconds and minutes up to 99, hours up to 47, then days. None is "–"."""
    if span is None:
        return "–"
    seconds = round(span.total_seconds())
    if seconds < 100:
        return _("%(n)s s") % {"n": seconds}
    minutes = round(seconds / 60)
    if minutes < 100:
        return _("%(n)s min") % {"n": minutes}
    hours = round(minutes / 60)
    return _("%(n)s h") % {"n": hours} if hours < 48 else _("%(n)s d") % {"n": round(hours / 24)}
