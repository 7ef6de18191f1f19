"""Shows by what a record is used, and keeps what is in use from being deleted."""

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

from invocations.models import Invocation, WorkflowInstance
from invocations.models.reading import Reading
from invocations.models.viewer import viewer_of

MAX_NAMED = 10
"""Rows that are listed by name."""
MAX_COUNTED = 1000
"""Rows that are counted. An exact number of invocations is of no use here, and slow."""


@dataclass(frozen=True)
class Use:
    """The rows of one model that use a record: how many, and the first few as (name, URL)."""

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
    """`rows` as a `Use`; None if there are none.

    Names are listed if the model has an admin page that the person may view.
    """
    rows = _as_read(rows, viewer_of(request).reading)
    count = rows[: MAX_COUNTED + 1].count()
    if not count:
        return None
    opts = rows.model._meta
    kind = opts.verbose_name if count == 1 else opts.verbose_name_plural
    number = (
        number_format(count)
        if count <= MAX_COUNTED
        else _("more than %(number)s") % {"number": number_format(MAX_COUNTED)}
    )
    page = admin.site._registry.get(rows.model)
    named = rows[:MAX_NAMED] if page and page.has_view_permission(request) else []
    url_name = f"admin:{opts.app_label}_{opts.model_name}_change"
    return Use(
        count=f"{number} {kind}",
        rows=[(str(row), reverse(url_name, args=[quote(row.pk)])) for row in named],
    )


def _as_read(rows: QuerySet[Any], reading: Reading) -> QuerySet[Any]:
    """Without workflows and messages that the person does not read."""
    if rows.model is WorkflowInstance and reading.hidden:
        return rows.exclude(pk__in=reading.hidden)
    if rows.model is Invocation:
        return reading.narrow(rows)
    is_of_workflow = any(field.name == "workflow" for field in rows.model._meta.fields)
    if is_of_workflow and reading.hidden:
        return rows.exclude(workflow__in=reading.hidden)
    return rows


class InUse(admin.ModelAdmin):  # type: ignore[type-arg]
    """Shows what uses a record, and refuses to delete it while anything does.

    The database refuses too (PROTECT).
    """

    actions = None  # deleting many rows at once would hide what uses each of them
    delete_confirmation_template = "admin/invocations/delete_confirmation.html"
    change_form_outer_after_template: str | None = "admin/invocations/where_used.html"
    instead_of_deleting: Any = ""
    """What to do with a record in use: a sentence on the page that refuses to delete it."""

    def needed_by(self, record: Any) -> list[QuerySet[Any]]:
        """The rows that use `record`, one query for each foreign key with PROTECT."""
        return [
            relation.related_model._default_manager.filter(**{relation.field.name: record})
            for relation in record._meta.related_objects
            if getattr(relation, "on_delete", None) is models.PROTECT
        ]

    def uses(self, record: Any, request: HttpRequest) -> list[Use]:
        return [use for rows in self.needed_by(record) if (use := use_of(rows, request))]

    def reasons_to_keep(self, record: Any, request: HttpRequest) -> list[SafeString]:
        """Why `record` cannot be deleted, as sentences or lists of rows; empty if it can."""
        return [use.as_html() for use in self.uses(record, request)]

    def get_deleted_objects(
        self, objs: Sequence[Any] | QuerySet[Any], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """As Django's, with `reasons_to_keep` in place of the protected objects."""
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
            # It came into use between `reasons_to_keep` and the DELETE.
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
