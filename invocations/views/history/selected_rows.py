"""The rows that were ticked in the history, and the way back to their list."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef
from django.http import QueryDict
from django.urls import reverse

from invocations.forms.history import HistoryFilter
from invocations.history.report import prefetch_results
from invocations.models import Invocation
from invocations.models.reading import WHOLE
from invocations.models.viewer import Viewer
from invocations.views.base import StaffRequest


def selected_rows(ids: Sequence[uuid.UUID], viewer: Viewer) -> list[Invocation]:
    """Newest first, with what the actions and the review read; `was_sent_again` is annotated."""
    resent = WHOLE.invocations().filter(sent_again_from=OuterRef("pk"))
    rows = (
        viewer.invocations()
        .filter(request_id__in=ids)
        .select_related("workflow_instance", "account__pod", "created_by")
        .prefetch_related(
            prefetch_results(), "version", "workflow_instance__channels", "account__api_keys"
        )
        .defer("reply", "note")
        .annotate(was_sent_again=Exists(resent))
    )
    return list(rows.order_by("-pk"))


def list_url(request: StaffRequest) -> str:
    """The list with its filters. Nothing else of the posted address is kept."""
    chosen = HistoryFilter(QueryDict(request.POST.get("address", "")), request.viewer).chosen
    return reverse("history") + (f"?{urlencode(chosen)}" if chosen else "")
