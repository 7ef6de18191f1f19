"""The sidebar: the pages that a person may open, in the order of their work."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from invocations.models import Export, Invocation, permissions
from invocations.models.counting import capped_counts
from invocations.models.permissions import viewer_of
from invocations.results import matching

Item = dict[str, Any]
MAX_BADGE = 99
"""Highest number in a badge; beyond it stands “99+”."""


def _item(
    request: HttpRequest, title: Any, icon: str, url_name: str, permission: str = ""
) -> Item | None:
    """The item as Unfold expects it; None without `permission`."""
    if permission and not viewer_of(request).may(permission):
        return None
    link = reverse(url_name)
    active = request.path == link if link == "/" else request.path.startswith(link)
    if url_name == "history":
        active = active and not request.path.startswith(reverse("exports"))
    return {"title": title, "icon": icon, "link": link, "active": active}


def _counted(item: Item | None, rows: QuerySet[Any], show_empty: bool = True) -> Item | None:
    """The item with `rows`, whose number is its badge; without rows only if `show_empty`.

    `_count_badges` counts the rows of all items together.
    """
    return item and {**item, "rows": rows, "show_empty": show_empty}


def _count_badges(items: list[Item]) -> None:
    """Sets the badges of the items that have `rows`. One query for all of them."""
    counted = [item for item in items if "rows" in item]
    counts = capped_counts([item.pop("rows") for item in counted], MAX_BADGE + 1)
    for item, count in zip(counted, counts, strict=True):
        item["is_shown"] = bool(count) or item["show_empty"]
        if count:
            item["badge"] = f"{MAX_BADGE}+" if count > MAX_BADGE else str(count)


def _unknown(request: HttpRequest) -> Item | None:
    item = _item(
        request, _("Unknown outcomes"), "question_mark", "unknown", permissions.SEE_HISTORY
    )
    return _counted(item, Invocation.objects.filter(status=Invocation.Status.UNKNOWN))


def _unmatched(request: HttpRequest) -> Item | None:
    """Without results it is shown only to those who may match them."""
    item = _item(request, _("Unmatched results"), "link_off", "unmatched", permissions.SEE_HISTORY)
    may_settle = viewer_of(request).may_settle
    return _counted(item, matching.results_to_review(), show_empty=may_settle)


def _exports(request: HttpRequest) -> Item | None:
    """With the number of exports that are ready and were not downloaded yet."""
    item = _item(request, _("Exports"), "download", "exports", permissions.SEE_HISTORY)
    ready = Export.objects.filter(
        person_id=request.user.pk, state=Export.State.READY, seen_at__isnull=True
    )
    return _counted(item, ready)


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
    work = [
        _item(request, _("Dashboard"), "dashboard", "admin:index"),
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
    _count_badges([item for _title, items in groups for item in items if item])
    return [
        {"title": title, "items": shown}
        for title, items in groups
        if (shown := [item for item in items if item and item.get("is_shown", True)])
    ]
