"""The sidebar: the pages that a person may open, in the order of their work."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from invocations.models import Export, Invocation, permissions
from invocations.models.permissions import Viewer
from invocations.monitoring.badges import badges_of
from invocations.monitoring.needs import has_list
from invocations.results import matching

Item = dict[str, Any]
MAX_BADGE = 99
"""Highest number in a badge; beyond it stands “99+”."""


def _item(
    request: HttpRequest, title: Any, icon: str, url_name: str, permission: str = ""
) -> Item | None:
    """The item as Unfold expects it; None without `permission`."""
    if permission and not Viewer.of(request.user).may(permission):
        return None
    link = reverse(url_name)
    active = request.path == link if link == "/" else request.path.startswith(link)
    if url_name == "history":
        active = active and not request.path.startswith(reverse("exports"))
    return {"title": title, "icon": icon, "link": link, "active": active}


def _counted(item: Item | None, rows: QuerySet[Any], show_empty: bool = True) -> Item | None:
    """The item with the number of `rows` as its badge; None without rows unless `show_empty`."""
    count = rows[: MAX_BADGE + 1].count() if item else 0
    if item and count:
        item["badge"] = f"{MAX_BADGE}+" if count > MAX_BADGE else str(count)
    return item if count or show_empty else None


def _badged(item: Item | None, badge: str) -> Item | None:
    return item | {"badge": badge} if item and badge else item


def _unknown(request: HttpRequest) -> Item | None:
    item = _item(
        request, _("Unknown outcomes"), "question_mark", "unknown", permissions.SEE_HISTORY
    )
    return _counted(item, Invocation.objects.filter(status=Invocation.Status.UNKNOWN))


def _unmatched(request: HttpRequest) -> Item | None:
    """Without results it is shown only to those who may match them."""
    item = _item(request, _("Unmatched results"), "link_off", "unmatched", permissions.SEE_HISTORY)
    may_settle = Viewer.of(request.user).may_settle
    return _counted(item, matching.results_to_review(), show_empty=may_settle)


def _exports(request: HttpRequest) -> Item | None:
    """With the number of exports that are ready and were not downloaded yet."""
    item = _item(request, _("Exports"), "download", "exports", permissions.SEE_HISTORY)
    if item is None:
        return None
    ready = Export.objects.filter(
        person_id=request.user.pk, state=Export.State.READY, seen_at__isnull=True
    )
    if count := ready.count():
        item["badge"] = str(count)
    return item


SET_UP = (
    (_("Workflows"), "account_tree", "invocations_workflowinstance", permissions.VIEW_WORKFLOW),
    (_("Accounts"), "business_center", "invocations_account", permissions.VIEW_ACCOUNT),
    (_("API keys"), "key", "invocations_apikey", permissions.VIEW_KEY),
    (_("Pods"), "dns", "invocations_pod", permissions.VIEW_POD),
    (_("People"), "group", "auth_user", permissions.VIEW_PEOPLE),
    (_("Groups"), "badge", "auth_group", permissions.VIEW_GROUPS),
)
"""Title, icon, model (as in its admin URLs) and permission of each admin page in the menu."""


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Unfold's sidebar groups, with the items that the person may open."""
    viewer = Viewer.of(request.user)
    badges = badges_of(viewer, timezone.now())
    needs = _item(request, _("Needs you"), "flag", "needs_you") if has_list(viewer) else None
    work = [
        _badged(_item(request, _("Home"), "home", "admin:index"), badges.home),
        _badged(needs, badges.needs_you),
        _item(request, _("Find"), "search", "find"),
        _item(request, _("Send"), "send", "send", permissions.SEND),
        _item(request, _("History"), "history", "history", permissions.SEE_HISTORY),
        _unknown(request),
        _unmatched(request),
        _exports(request),
        _item(request, _("Stop all sending"), "front_hand", "stop", permissions.STOP),
    ]
    set_up = [
        _item(request, title, icon, f"admin:{model}_changelist", permission)
        for title, icon, model, permission in SET_UP
    ]
    groups = [
        (_("Work"), work),
        (_("Set-up"), set_up),
        (_("Me"), [_item(request, _("My number"), "smartphone", "profile")]),
    ]
    return [
        {"title": title, "items": allowed}
        for title, items in groups
        if (allowed := [item for item in items if item])
    ]
