"""How far something is, in few steps: what a screen reader announces while a page polls."""

from __future__ import annotations

from django.utils.translation import gettext as _

_STEP = 25
"""Percent between two announcements."""


def milestone_text(done: int, of: int) -> str:
    """Empty below the first step."""
    percent = 100 * done // of // _STEP * _STEP if of else 0
    return _("%(percent)s %% done") % {"percent": percent} if percent else ""
