"""The menu: what a person may open, in the order of their work."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from invocations import roles
from invocations.models import Invocation

Item = dict[str, Any]
MOST_COUNTED = 99


def _item(request: HttpRequest, title: Any, icon: str, url_name: str, permission: str = "") -> Item | None:
    if permission and not request.user.has_perm(permission):
        return None
    link = reverse(url_name)
    active = request.path == link if link == "/" else request.path.startswith(link)
    return {"title": title, "icon": icon, "link": link, "active": active}


def _unknown(request: HttpRequest) -> Item | None:
    """With how many there are: nobody must overlook them."""
    item = _item(request, _("Unknown outcomes"), "question_mark", "unknown", roles.SEE_HISTORY)
    if item and (count := Invocation.objects.filter(status=Invocation.Status.UNKNOWN)[: MOST_COUNTED + 1].count()):
        item["badge"] = f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count)
    return item


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Unfold's sidebar groups, without what the person may not see."""
    work = [
        _item(request, _("Dashboard"), "dashboard", "admin:index"),
        _item(request, _("Send"), "send", "send", roles.SEND),
        _item(request, _("History"), "history", "history", roles.SEE_HISTORY),
        _unknown(request),
        _item(request, _("Stop all sending"), "front_hand", "stop", roles.STOP),
    ]
    set_up = [
        _item(
            request, _("Workflows"), "account_tree", "admin:invocations_workflowinstance_changelist", "invocations.view_workflowinstance"
        ),
        _item(request, _("Accounts"), "business_center", "admin:invocations_account_changelist", "invocations.view_account"),
        _item(request, _("API keys"), "key", "admin:invocations_apikey_changelist", "invocations.view_apikey"),
        _item(request, _("Pods"), "dns", "admin:invocations_pod_changelist", "invocations.view_pod"),
        _item(request, _("People"), "group", "admin:auth_user_changelist", "auth.view_user"),
        _item(request, _("Groups"), "badge", "admin:auth_group_changelist", "auth.view_group"),
    ]
    groups = [(_("Work"), work), (_("Set-up"), set_up), (_("Me"), [_item(request, _("My number"), "smartphone", "me")])]
    return [{"title": title, "items": shown} for title, items in groups if (shown := [item for item in items if item])]
