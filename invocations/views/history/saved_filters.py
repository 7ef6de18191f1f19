"""Saves the history's filters under a name, and removes saved filters."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from invocations.forms.saved_filter import SavedFilterForm
from invocations.models import SavedFilter, permissions
from invocations.views.base import StaffRequest, render_page, staff_page


@staff_page(permissions.SEE_HISTORY)
@require_POST
def save_filter(request: StaffRequest) -> HttpResponse:
    """Redirects to the filtered list, or shows the form again with the error."""
    form = SavedFilterForm(request.viewer, request.user, request.POST)
    if not form.is_valid():
        if "query" in form.errors:
            messages.warning(request, str(form.errors["query"][0]))
            return redirect("history")
        return render_page(request, "save_filter.html", {"form": form})
    saved = form.save()
    messages.success(
        request, _("Saved as “%(name)s”. It is above the list now.") % {"name": saved.name}
    )
    return redirect(f"{reverse('history')}?{saved.query}")


@staff_page(permissions.SEE_HISTORY)
@require_POST
def remove_filter(request: StaffRequest, filter_id: int) -> HttpResponse:
    """Removes the person's own filter. Others cannot remove a shared one."""
    saved = get_object_or_404(SavedFilter, pk=filter_id, person=request.user)
    saved.delete()
    messages.success(request, _("The filter “%(name)s” is removed.") % {"name": saved.name})
    return redirect("history")
