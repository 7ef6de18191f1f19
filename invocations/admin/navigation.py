"""The sidebar: the pages that a person may open, in the order of their work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from invocations.models import permissions
from invocations.models.viewer import Viewer, viewer_of
from invocations.monitoring.badges import badges_of
from invocations.monitoring.needs import has_list

Item = dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """One item of the menu.

    It is marked on its own page, on the pages `below` it (beginnings of addresses), and on no page
    of `elsewhere`. `permission`: who may open it; "" is everybody who is signed in. `words`: by
    which the search finds it besides its title.
    """

    title: Any
    icon: str
    url_name: str
    permission: str = ""
    words: Any = ""
    below: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()

    def item(self, request: HttpRequest, viewer: Viewer) -> Item | None:
        """As Unfold expects it; None without the permission."""
        if self.permission and not viewer.may(self.permission):
            return None
        link = reverse(self.url_name)
        pages = (link, *self.below) if link != "/" else self.below
        is_below = request.path.startswith(pages) and not request.path.startswith(self.elsewhere)
        active = request.path == link or (is_below if pages else False)
        return {
            "title": self.title,
            "icon": self.icon,
            "link": link,
            "active": active,
            "words": self.words,
        }


HOME = Entry(_("Home"), "home", "admin:index")
NEEDS_YOU = Entry(
    _("Needs you"),
    "flag",
    "needs_you",
    permissions.SEE_HISTORY,
    below=("/unknown/", "/results/unmatched/"),
)
UNKNOWN = Entry(_("Outcome unknown"), "question_mark", "unknown", permissions.SEE_HISTORY)
UNMATCHED = Entry(_("Results without a message"), "link_off", "unmatched", permissions.SEE_HISTORY)
WORK = (
    Entry(_("Send"), "send", "send", permissions.SEND),
    Entry(
        _("Send in bulk"),
        "upload_file",
        "new_batch",
        permissions.SEND_BATCH,
        words=_("batch, file, spreadsheet, Excel, CSV"),
        below=("/batches/",),
    ),
    Entry(
        _("History"),
        "history",
        "history",
        permissions.SEE_HISTORY,
        elsewhere=("/history/errors/",),
    ),
    Entry(_("Errors explained"), "rule", "errors", permissions.SEE_HISTORY),
    Entry(_("Waiting for approval"), "approval", "approvals", permissions.APPROVE),
)
SET_UP = (
    Entry(
        _("Accounts"),
        "business_center",
        "admin:invocations_account_changelist",
        permissions.VIEW_ACCOUNT,
        below=("/accounts/", "/invocations/apikey/", "/invocations/pod/", "/keys/"),
    ),
    Entry(
        _("Workflows"),
        "account_tree",
        "admin:invocations_workflowinstance_changelist",
        permissions.VIEW_WORKFLOW,
        below=("/workflows/",),
    ),
    Entry(
        _("People"),
        "group",
        "admin:auth_user_changelist",
        permissions.VIEW_PEOPLE,
        below=("/auth/group/", "/confirmations/"),
    ),
    Entry(_("Changes"), "fact_check", "changes", permissions.VIEW_ACCOUNT),
    Entry(
        _("Limits"),
        "speed",
        "limits",
        permissions.CHANGE_LIMITS,
        words=_("caps, countries, approval"),
    ),
    Entry(
        _("Do not contact"),
        "do_not_disturb_on",
        "do_not_contact",
        permissions.CHANGE_LIMITS,
        words=_("opt-out, block list, unsubscribe"),
    ),
    Entry(_("Stop sending"), "front_hand", "stop", permissions.STOP),
)
HELP = (
    Entry(_("What the words mean"), "menu_book", "glossary"),
    Entry(
        _("My details"),
        "person",
        "profile",
        words=_("my number, time zone, password"),
        below=("/password_change/",),
    ),
)
IN_NO_MENU = (
    UNKNOWN,
    UNMATCHED,
    Entry(_("Batches"), "library_books", "batches", permissions.SEE_HISTORY),
    Entry(_("Exports"), "download", "exports", permissions.SEE_HISTORY),
    Entry(
        _("Erase a person"),
        "person_remove",
        "erase",
        permissions.ERASE,
        words=_("forget, delete data, GDPR, privacy"),
    ),
    Entry(_("API keys"), "key", "admin:invocations_apikey_changelist", permissions.VIEW_KEY),
    Entry(_("Regions (pods)"), "dns", "admin:invocations_pod_changelist", permissions.VIEW_POD),
    Entry(_("Confirmations"), "how_to_reg", "confirmations", permissions.CHANGE_PEOPLE),
    Entry(_("Groups"), "badge", "admin:auth_group_changelist", permissions.VIEW_GROUPS),
)
"""Pages that another page links to. The search finds them by name."""


def _badged(item: Item | None, badge: str, badge_id: str) -> Item | None:
    """`badge_id`: the place of the badge, which is there without a badge, too: pages that refresh
    themselves refresh it (templates/home.html).
    """
    return item | {"badge": badge, "badge_id": badge_id} if item else None


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Unfold's sidebar groups, with the items that the person may open."""
    viewer = viewer_of(request)
    badges = badges_of(viewer, timezone.now())
    needs = NEEDS_YOU.item(request, viewer) if has_list(viewer) else None
    work = [
        _badged(HOME.item(request, viewer), badges.home, "home-count"),
        _badged(needs, badges.needs_you, "needs-count"),
    ]
    groups = [
        (_("Work"), [*work, *(entry.item(request, viewer) for entry in WORK)]),
        (_("Set-up"), [entry.item(request, viewer) for entry in SET_UP]),
        (_("Help"), [entry.item(request, viewer) for entry in HELP]),
    ]
    return [
        {"title": title, "items": shown}
        for title, items in groups
        if (shown := [item for item in items if item])
    ]


def pages_to_find(request: HttpRequest) -> list[Item]:
    """Every page that the search finds by its name, as far as the person may open it."""
    viewer = viewer_of(request)
    entries = (HOME, *WORK, *SET_UP, *HELP, *IN_NO_MENU)
    return [item for entry in entries if (item := entry.item(request, viewer))]
