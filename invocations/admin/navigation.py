"""The menu: what a person may open, in the order of their work."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from invocations.models import Export, Invocation, permissions
from invocations.models.permissions import Viewer
from invocations.results import matching

Item = dict[str, Any]
MOST_COUNTED = 99


def _item(
    request: HttpRequest, title: Any, icon: str, url_name: str, permission: str = ""
) -> Item | None:
    if permission and not Viewer.of(request.user).may(permission):
        return None
    link = reverse(url_name)
    active = request.path == link if link == "/" else request.path.startswith(link)
    if url_name == "history":
        active = active and not request.path.startswith(reverse("exports"))
    return {"title": title, "icon": icon, "link": link, "active": active}


def _counted(item: Item | None, rows: QuerySet[Any], even_if_none: bool = True) -> Item | None:
    """The item with how many there are: nobody must overlook them."""
    count = rows[: MOST_COUNTED + 1].count() if item else 0
    if item and count:
        item["badge"] = f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count)
    return item if count or even_if_none else None


def _unknown(request: HttpRequest) -> Item | None:
    item = _item(
        request, _("Unknown outcomes"), "question_mark", "unknown", permissions.SEE_HISTORY
    )
    return _counted(item, Invocation.objects.filter(status=Invocation.Status.UNKNOWN))


def _unmatched(request: HttpRequest) -> Item | None:
    """Always there for those who can do something about them."""
    item = _item(request, _("Unmatched results"), "link_off", "unmatched", permissions.SEE_HISTORY)
    return _counted(
        item, matching.results_to_review(), even_if_none=Viewer.of(request.user).may_settle
    )


def _exports(request: HttpRequest) -> Item | None:
    """With how many are ready and were not fetched yet."""
    item = _item(request, _("Exports"), "download", "exports", permissions.SEE_HISTORY)
    if item and (
        ready := Export.objects.filter(
            person_id=request.user.pk, state=Export.State.READY, seen_at__isnull=True
        ).count()
    ):
        item["badge"] = str(ready)
    return item


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Unfold's sidebar groups, without what the person may not see."""
    work = [
        _item(request, _("Dashboard"), "dashboard", "admin:index"),
        _item(request, _("Send"), "send", "send", permissions.SEND),
        _item(request, _("History"), "history", "history", permissions.SEE_HISTORY),
        _unknown(request),
        _unmatched(request),
        _exports(request),
        _item(request, _("Stop all sending"), "front_hand", "stop", permissions.STOP),
    ]
    set_up = [
        _item(
            request,
            _("Workflows"),
            "account_tree",
            "admin:invocations_workflowinstance_changelist",
            permissions.VIEW_WORKFLOW,
        ),
        _item(
            request,
            _("Accounts"),
            "business_center",
            "admin:invocations_account_changelist",
            permissions.VIEW_ACCOUNT,
        ),
        _item(
            request,
            _("API keys"),
            "key",
            "admin:invocations_apikey_changelist",
            permissions.VIEW_KEY,
        ),
        _item(request, _("Pods"), "dns", "admin:invocations_pod_changelist", permissions.VIEW_POD),
        _item(request, _("People"), "group", "admin:auth_user_changelist", permissions.VIEW_PEOPLE),
        _item(
            request, _("Groups"), "badge", "admin:auth_group_changelist", permissions.VIEW_GROUPS
        ),
    ]
    groups = [
        (_("Work"), work),
        (_("Set-up"), set_up),
        (_("Me"), [_item(request, _("My number"), "smartphone", "profile")]),
    ]
    return [
        {"title": title, "items": shown}
        for title, items in groups
        if (shown := [item for item in items if item])
    ]
