"""The admin site's look and menu, which django-unfold reads from `settings.UNFOLD`."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

UNFOLD = {
    "SITE_TITLE": _("Fallback console"),
    "SITE_HEADER": _("Fallback console"),
    "SITE_SUBHEADER": _("WhatsApp, then SMS"),
    "SITE_SYMBOL": "forum",
    "SITE_URL": None,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": "invocations.admin.site.favicon"}
    ],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SCRIPTS": [
        "invocations.admin.site.shell_script",
        "invocations.admin.site.keyboard_script",
        "invocations.admin.site.console_script",
    ],
    "LOGIN": {"form": "invocations.forms.sign_in.SignInForm"},
    "SIDEBAR": {
        "navigation": "invocations.admin.navigation.sidebar",
        "show_search": False,
        "show_all_applications": False,
    },
}
"""No colours here: Unfold would write them as an inline style, which the policy forbids.
They are in static/console/tokens.css; `invocations.admin.site` lists the stylesheets.
"""
