"""Keeps what the forms of people and groups change until a second admin has confirmed it.

`access.admin_changes` says what that is. Everything else is saved at once.
"""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from invocations.access import admin_changes
from invocations.access.admin_changes import PASSWORD, AlreadyAsked
from invocations.monitoring.admin_change_emails import tell_asked, tell_made

ASKED = "asked_change"
"""Where a request notes that its form was not saved but asked for."""


class SecondAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """For the admins of people and of groups."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        by = cast(User, request.user)
        if not change:
            _keep_groups_for_later(request, obj, form, by)
            return super().save_model(request, obj, form, change)
        changes = _changes_in(form)
        before = type(obj).objects.select_for_update(no_key=True).get(pk=obj.pk)
        if admin_changes.needs_confirmation(before, changes, by):
            _ask(request, before, changes, by)
            return None
        if isinstance(before, User) and changes:
            tell_made(before, changes, by)
        return super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        if hasattr(request, ASKED):
            return
        super().save_related(request, form, formsets, change)
        later = getattr(request, "groups_for_later", None)
        if later:
            _ask(request, form.instance, {"groups": later}, cast(User, request.user))

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None if hasattr(request, ASKED) else super().log_change(request, obj, message)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        if not hasattr(request, ASKED):
            return super().response_change(request, obj)
        return HttpResponseRedirect(self._page_of(obj))

    def _page_of(self, obj: Any) -> str:
        opts = obj._meta
        return reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[obj.pk])

    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        """For another admin's password it is asked first, and set once it is confirmed."""
        by = cast(User, request.user)
        person = self.get_object(request, unquote(id))
        if person is None or not self.has_change_permission(request, person):
            return self._set_password(request, person, id, form_url)  # which refuses it
        if not admin_changes.needs_confirmation(person, {PASSWORD: True}, by):
            return self._set_password(request, person, id, form_url)
        if admin_changes.may_set_password(person, by):
            return self._set_password(request, person, id, form_url, uses_grant=True)
        if request.method == "POST":
            _ask(request, person, {PASSWORD: True}, by)
            return HttpResponseRedirect(self._page_of(person))
        context = self.admin_site.each_context(request) | {"person": person}
        return render(request, "ask_password.html", context)

    def _set_password(
        self,
        request: HttpRequest,
        person: User | None,
        id: str,
        form_url: str,
        *,
        uses_grant: bool = False,
    ) -> HttpResponse:
        by = cast(User, request.user)
        with transaction.atomic():
            given = super().user_change_password(request, id, form_url)  # type: ignore[misc]
            is_set = request.method == "POST" and given.status_code == 302
            if person is None or not is_set:
                return cast(HttpResponse, given)
            if uses_grant and not admin_changes.use_password_grant(person, by):
                raise PermissionDenied  # set a moment ago, in another tab
            tell_made(person, {PASSWORD: True}, by)
        return cast(HttpResponse, given)


def _changes_in(form: Any) -> dict[str, Any]:
    """The fields that the form changes, as JSON holds them: rows by their sorted IDs."""
    return {
        name: _as_json(form.cleaned_data[name])
        for name in form.changed_data
        if name in form.cleaned_data and name != PASSWORD
    }


def _as_json(value: Any) -> Any:
    if isinstance(value, QuerySet):
        return sorted(value.values_list("pk", flat=True))
    return value


def _keep_groups_for_later(request: HttpRequest, obj: Any, form: Any, by: User) -> None:
    """A new person is saved without the groups that make an admin; all are asked for."""
    if not isinstance(obj, User) or "groups" not in form.cleaned_data:
        return
    chosen = form.cleaned_data["groups"]
    changes = {"groups": _as_json(chosen)}
    if not admin_changes.needs_confirmation(obj, changes, by):
        return
    of_admins = Group.objects.filter(permissions__in=admin_changes.admin_permissions())
    form.cleaned_data["groups"] = chosen.exclude(pk__in=of_admins)
    request.groups_for_later = changes["groups"]  # type: ignore[attr-defined]


def _ask(request: HttpRequest, about: Any, changes: dict[str, Any], by: User) -> None:
    setattr(request, ASKED, True)
    try:
        change = admin_changes.ask(about, changes, by)
    except AlreadyAsked:
        words = _("A change of %(name)s waits to be confirmed already. Nothing was changed.")
        messages.warning(request, words % {"name": about})
        return
    tell_asked(change)
    words = _("Asked: a second admin has to confirm it within a day. Until then nothing changes.")
    messages.info(request, words)
