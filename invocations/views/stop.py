"""Stop: the brake for all sending, and taking it off."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from invocations import pacing, roles
from invocations.forms.stop import StopForm
from invocations.models import Invocation, KillSwitch
from invocations.views.page import StaffRequest, for_people_who_may, render_page

Status = Invocation.Status
COUNTED_AT_MOST = 10_000


@for_people_who_may(roles.STOP)
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: StaffRequest) -> HttpResponse:
    """Says what stopping does, and stops."""
    form = StopForm(request.POST or None, label_suffix="")
    if request.method == "POST" and form.is_valid():
        pacing.stop_everything(form.cleaned_data["reason"], request.user)
        messages.warning(request, _("All sending is stopped. What is being posted this second still ends."))
        return redirect("stop")
    waiting = Invocation.objects.filter(status__in=[Status.QUEUED, Status.SENDING])[: COUNTED_AT_MOST + 1].count()
    context = {
        "form": form,
        "waiting": min(waiting, COUNTED_AT_MOST),
        "and_more": waiting > COUNTED_AT_MOST,
        "changes": KillSwitch.history.select_related("changed_by")[:20],
    }
    return render_page(request, "stop.html", context)


@for_people_who_may(roles.STOP)
@require_POST
def let_go_on(request: StaffRequest) -> HttpResponse:
    """Takes the brake off."""
    pacing.let_everything_go_on(request.user)
    messages.success(request, _("Sending goes on. What waited leaves now, as far as it is still in time."))
    return redirect("stop")
