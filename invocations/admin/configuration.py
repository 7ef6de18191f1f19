"""The base class of the admin pages for pods, accounts, API keys and workflows."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.http import Http404, HttpRequest, HttpResponse
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin

from invocations.admin.changes_link import ChangesOfRecord
from invocations.admin.choices import BoundedChoices
from invocations.admin.in_use import InUse
from invocations.admin.lists import BoundedLists
from invocations.admin.returning import Returning


class ConfigurationAdmin(
    ChangesOfRecord, Returning, BoundedLists, BoundedChoices, InUse, SimpleHistoryAdmin, ModelAdmin
):
    """Unfold's look, a link to its changes, and no deletion of what is in use."""

    show_facets = admin.ShowFacets.NEVER
    empty_text: Any = ""
    """Shown in place of an empty list."""

    def object_or_404(self, request: HttpRequest, object_id: str) -> Any:
        """The record that a URL names. `object_id` may be any text."""
        record = self.get_object(request, unquote(object_id))
        if record is None:
            raise Http404
        return record

    def history_form_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Always 404: old versions can be read, but not restored.

        django-simple-history 3.13 would let everybody who may view a record restore an old version
        by a POST, without the form's validation.
        """
        raise Http404

    def revert_disabled(self, request: HttpRequest, obj: Any = None) -> bool:
        return True
