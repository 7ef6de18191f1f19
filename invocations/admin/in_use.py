"""Where is this used? Asked on every change page, and again before anything is deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.db import models
from django.db.models import ProtectedError, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

SHOWN = 10
"""Rows that are named one by one."""

COUNTED = 1000
"""Rows that are counted: an exact number of invocations helps nobody and would be slow."""


@dataclass(frozen=True)
class Use:
    """The rows of one kind that need a record: how many, and the first few as (name, address)."""

    count: str
    rows: list[tuple[str, str]]

    def __str__(self) -> str:
        return self.count

    def as_html(self) -> SafeString:
        names = format_html_join(", ", '<a class="text-link" href="{1}">{0}</a>', self.rows)
        return (
            format_html("{}: {}", self.count, names) if self.rows else format_html("{}", self.count)
        )


def use_of(rows: QuerySet[Any], request: HttpRequest) -> Use | None:
    """What is known of `rows`; the names of those that have a page the person may open."""
    count = rows[: COUNTED + 1].count()
    if not count:
        return None
    opts = rows.model._meta
    kind = opts.verbose_name if count == 1 else opts.verbose_name_plural
    number = (
        number_format(count)
        if count <= COUNTED
        else _("more than %(number)s") % {"number": number_format(COUNTED)}
    )
    page = admin.site._registry.get(rows.model)
    named = rows[:SHOWN] if page and page.has_view_permission(request) else []
    return Use(
        count=f"{number} {kind}",
        rows=[
            (
                str(row),
                reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[quote(row.pk)]),
            )
            for row in named
        ],
    )


class InUse(admin.ModelAdmin):  # type: ignore[type-arg]
    """Shows what needs a record, and refuses to delete it while anything does. The database refuses too (PROTECT)."""

    actions = None  # deleting many rows at once would hide what each of them is used by
    delete_confirmation_template = "admin/invocations/delete_confirmation.html"
    change_form_outer_after_template: str | None = "admin/invocations/where_used.html"
    instead_of_deleting: Any = ""
    """A sentence that says what to do with a record in use."""

    def needed_by(self, record: Any) -> list[QuerySet[Any]]:
        """The rows that need `record`, one query for each kind: whatever points at it and protects it."""
        return [
            relation.related_model._default_manager.filter(**{relation.field.name: record})
            for relation in record._meta.related_objects
            if getattr(relation, "on_delete", None) is models.PROTECT
        ]

    def uses(self, record: Any, request: HttpRequest) -> list[Use]:
        return [use for rows in self.needed_by(record) if (use := use_of(rows, request))]

    def reasons_to_keep(self, record: Any, request: HttpRequest) -> list[SafeString]:
        """Why `record` cannot be deleted, in plain words. Empty: it can."""
        return [use.as_html() for use in self.uses(record, request)]

    def get_deleted_objects(
        self, objs: Sequence[Any] | QuerySet[Any], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Django's answer, with what protects the records said in our words."""
        to_delete, count, permissions_needed, _protected = super().get_deleted_objects(
            objs, request
        )
        reasons: list[str] = [
            reason for record in objs for reason in self.reasons_to_keep(record, request)
        ]
        return to_delete, count, permissions_needed, reasons

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"instead_of_deleting": self.instead_of_deleting, **(extra_context or {})}
        try:
            return super().delete_view(request, object_id, context)
        except ProtectedError:
            # Somebody began to use it between our question and the database's answer.
            self.message_user(
                request, _("It has just come into use, so it was not deleted."), messages.ERROR
            )
            return HttpResponseRedirect(request.path)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        record = self.get_object(request, unquote(object_id))
        uses = (
            self.uses(record, request)
            if record and self.has_view_permission(request, record)
            else []
        )
        return super().change_view(
            request, object_id, form_url, {"uses": uses, **(extra_context or {})}
        )
