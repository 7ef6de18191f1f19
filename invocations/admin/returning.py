"""Where the admin's forms lead once they are saved, and the breadcrumb above them.

The set-up of an account is one page, its hub: what belongs to an account returns there. A link to a
form may name another page of the console (`?next=/…`).
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from invocations.forms.next_page import NEXT, own_page
from invocations.models import Account
from invocations.monitoring.setup_step import hub_url
from invocations.templatetags.shell import Part


def hub_of(account: Account) -> str:
    return hub_url(account.pk)


def accounts_part() -> Part:
    return Part(_("Accounts"), reverse("admin:invocations_account_changelist"))


class Returning(admin.ModelAdmin):  # type: ignore[type-arg]
    saves_one_way = False
    """Whether the form has one button to save. Otherwise it has those of Django too."""

    def page_after(self, obj: Any) -> str:
        """The page that follows a saved or deleted `obj`; empty for the list of its kind."""
        return ""

    def parts_before(self, request: HttpRequest, obj: Any | None) -> list[Part]:
        """The breadcrumb of the forms, without its last part; empty for that of `page_parts`."""
        return []

    def last_part(self, obj: Any | None) -> str:
        return ""

    def parts_of_list(self, request: HttpRequest) -> list[Part]:
        """The breadcrumb of the list; empty for that of `page_parts`."""
        return []

    def response_post_save_add(self, request: HttpRequest, obj: Any) -> HttpResponseRedirect:
        return self._go_on(request, obj) or super().response_post_save_add(request, obj)

    def response_post_save_change(self, request: HttpRequest, obj: Any) -> HttpResponseRedirect:
        return self._go_on(request, obj) or super().response_post_save_change(request, obj)

    def _go_on(self, request: HttpRequest, obj: Any) -> HttpResponseRedirect | None:
        url = own_page(request.GET.get(NEXT, "")) or self.page_after(obj)
        return HttpResponseRedirect(url) if url else None

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        request.page_after_deletion = self.page_after(obj)  # type: ignore[attr-defined]
        super().delete_model(request, obj)

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: Any) -> HttpResponse:
        response = super().response_delete(request, obj_display, obj_id)
        url = getattr(request, "page_after_deletion", "")
        return HttpResponseRedirect(url) if url else response

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        self._set_parts(request, object_id)
        return super().changeform_view(request, object_id, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if parts := self.parts_of_list(request):
            request.parts = parts  # type: ignore[attr-defined]
        return super().changelist_view(request, *args, **kwargs)

    def _set_parts(self, request: HttpRequest, object_id: str | None) -> None:
        """For `templatetags.shell.page_parts`."""
        record = self.get_object(request, unquote(object_id)) if object_id else None
        if parts := self.parts_before(request, record):
            request.parts = [*parts, Part(self.last_part(record))]  # type: ignore[attr-defined]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if self.saves_one_way:
            context |= {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().render_change_form(request, context, *args, **kwargs)
