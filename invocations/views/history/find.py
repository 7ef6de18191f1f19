"""Finds messages, workflows and pages by one text, which is posted and never in a URL."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from invocations.forms.search import HistorySearch
from invocations.history.references import reference_for
from invocations.history.wording import person_name
from invocations.models import Invocation, WorkflowInstance
from invocations.models.viewer import Viewer
from invocations.views.base import StaffRequest, staff_page, with_query_timeout
from invocations.views.history.found import Found, searchable_labels
from invocations.views.history.guessing import refuse_guessing
from invocations.views.history.list_rows import ListPage, list_page
from invocations.views.history.message_lines import Fact, lines_by_day

MAX_FOUND = 10
"""Messages, and workflows, that are listed."""


@staff_page("")
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@with_query_timeout
def find(request: StaffRequest) -> HttpResponse:
    """Each kind of hit that the person may open. A single hit is opened at once."""
    posted = request.POST if request.method == "POST" else None
    search = HistorySearch(posted, viewer=request.viewer)
    numbers = search.numbers if posted and request.viewer.sees_history else []
    if (refusal := refuse_guessing(request, numbers)) is not None:
        return refusal
    context: dict[str, Any] = admin.site.each_context(request) | {
        "search": search,
        "has_search_box": True,
    }
    typed = search.typed
    page = _messages(search, request.viewer)
    messages = page.rows
    workflows = list(_workflows(typed, request.viewer)[:MAX_FOUND])
    pages = _pages(typed, context["pages_to_find"]())
    links = [reverse("invocation", args=[message.request_id]) for message in messages]
    links += [reverse("compose", args=[workflow.pk]) for workflow in workflows]
    links += [page["link"] for page in pages]
    if len(links) == 1:
        return redirect(links[0])
    found = Found(search, page, request.viewer)
    is_nothing = bool(typed) and not links
    context |= {
        "found": found,
        "days": lines_by_day(messages[:MAX_FOUND], lambda row: _facts_of(row, found)),
        "has_more": len(messages) > MAX_FOUND,
        "workflows": workflows,
        "pages": pages,
        "nothing_found": is_nothing,
        "searchable": searchable_labels(request.viewer) if is_nothing else [],
    }
    return render(request, "find.html", context)


def _messages(search: HistorySearch, viewer: Viewer) -> ListPage:
    if not (search.typed and viewer.sees_history):
        return ListPage([])
    return list_page(viewer.invocations(), search.ways)


def _facts_of(row: Invocation, found: Found) -> list[Fact]:
    hits = [Fact(hit.text, hit.label, is_hit=True) for hit in found.hits[row.pk] if hit.text]
    numbers = [Fact(hint) for hint in (row.recipient_hint, row.recipient2_hint) if hint]
    shown = reference_for(found.viewer, row.reference)
    is_ticket_shown = any(fact.text in (shown, row.reference) for fact in hits)
    ticket = [Fact(shown)] if shown and not is_ticket_shown else []
    return [*numbers, *hits, Fact(person_name(row.created_by)), *ticket]


def _workflows(typed: str, viewer: Viewer) -> QuerySet[WorkflowInstance]:
    """Those that the person may send, by a part of their title or by their whole ID."""
    if not (typed and viewer.may_send):
        return WorkflowInstance.objects.none()
    named = Q(title__icontains=typed) | Q(workflow_instance_id__iexact=typed)
    sendable = viewer.sendable_workflows().filter(channels__position=1)
    return sendable.filter(named).select_related("account").order_by("title", "pk")


def _pages(typed: str, pages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The pages whose titles, or words for them, hold `typed`."""
    names = [(page, f"{page['title']} {page['words']}".casefold()) for page in pages]
    return [page for page, name in names if typed and typed.casefold() in name]
