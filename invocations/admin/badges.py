"""Badges: a word with an icon and a tone, as `static/console/notices.css` defines them.

None of them is green: green means delivered.
"""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from invocations.models import Pod


def badge(text: str, tone: str, icon: str) -> SafeString:
    """`tone` is a value of `data-tone` in the stylesheet, `icon` a name of Material Symbols."""
    return format_html(
        '<span class="badge" data-tone="{}">'
        '<span class="icon material-symbols-outlined" aria-hidden="true">{}</span>{}</span>',
        tone,
        icon,
        text,
    )


def active_badge(is_active: bool) -> SafeString:
    return (
        badge(_("Active"), "accepted", "check")
        if is_active
        else badge(_("Turned off"), "neutral", "close")
    )


def mode_badge(pod: Pod) -> SafeString:
    """The mark Live or Practice, as templates/parts/mode.html."""
    mode, icon, text = (
        ("practice", "science", _("Practice"))
        if pod.is_practice
        else ("live", "cell_tower", _("Live"))
    )
    return format_html(
        '<span class="mode soft" data-mode="{}">'
        '<span class="icon material-symbols-outlined" aria-hidden="true">{}</span>{}</span>',
        mode,
        icon,
        text,
    )
