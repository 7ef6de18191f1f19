"""The workflows that a person may send, and their favourites among them."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from invocations.forms.next_page import own_page
from invocations.models import Favourite, WorkflowInstance, permissions
from invocations.models.viewer import Viewer
from invocations.views.base import StaffRequest, render_page, staff_page
from invocations.views.send.earlier import person_in
from invocations.views.send.workflow_cards import MANY, Group, cards_for, found_by, grouped

MAX_TYPED = 60


@staff_page(permissions.SEND)
@require_safe
def choose(request: StaffRequest) -> HttpResponse:
    """All of them, favourites first. Many are grouped by account, and `?q=` searches them."""
    cards = cards_for(request.viewer)
    are_many, typed = len(cards) > MANY, request.GET.get("q", "").strip()[:MAX_TYPED]
    found = found_by(cards, typed) if typed else cards
    groups = grouped(found) if are_many and not typed else [Group("", found)]
    context = {
        "groups": groups if found else [],
        "count": len(cards),
        "are_many": are_many,
        "typed": typed,
        "may_set_up": request.viewer.may_add_workflows,
        "person": person_in(request.GET, request.viewer),
    }
    return render_page(request, "choose.html", context)


@staff_page(permissions.SEND)
@require_POST
def favourite(request: StaffRequest) -> HttpResponse:
    """Marks the workflow `add` as a favourite of the person, or takes the mark from `remove`."""
    wanted, unwanted = request.POST.get("add", ""), request.POST.get("remove", "")
    typed = wanted or unwanted
    pk = int(typed) if typed.isdecimal() and len(typed) < 19 else 0
    workflow = get_object_or_404(request.viewer.sendable_workflows(), pk=pk)
    if wanted:
        Favourite.objects.get_or_create(person=request.user, workflow=workflow)
    else:
        Favourite.objects.filter(person=request.user, workflow=workflow).delete()
    back = own_page(request.POST.get("back", "")) or reverse("send")
    return HttpResponseRedirect(f"{back}#flow-{workflow.pk}")


def workflows_to_fill_in(viewer: Viewer) -> QuerySet[WorkflowInstance]:
    """The workflows that `viewer` may send and that have a first channel, with what the form needs
    of them.
    """
    workflows = viewer.sendable_workflows().select_related("account__pod")
    return workflows.filter(channels__position=1).prefetch_related(
        "channels__parameters", "account__api_keys"
    )
