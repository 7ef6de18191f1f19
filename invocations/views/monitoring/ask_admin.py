"""Staff ask an admin for what they may not do, and an admin says that it is done."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from invocations.forms.next_page import own_page
from invocations.models import Account, AdminRequest, Invocation, permissions
from invocations.models.home import MAX_WISH
from invocations.models.viewer import Viewer
from invocations.monitoring import admin_requests
from invocations.monitoring.admin_requests import About
from invocations.views.base import StaffRequest, staff_page

Kind = AdminRequest.Kind


@staff_page("")
@sensitive_post_parameters("wish")
@require_POST
def ask_admin(request: StaffRequest) -> HttpResponse:
    """Puts `kind`, about the row `of`, on the admins' list. Pressed twice it stands there once."""
    wish = " ".join(request.POST.get("wish", "").split())[:MAX_WISH]
    ask_and_tell(request, request.POST.get("kind", ""), request.POST.get("of", ""), wish)
    return _back(request)


def ask_and_tell(request: StaffRequest, kind: str, of: str, wish: str = "") -> None:
    """Raises `PermissionDenied`, or `Http404` for what the viewer may not see."""
    if not (request.viewer.may_send or request.viewer.sees_history):
        raise PermissionDenied
    about = _about(kind, of, request.viewer)
    if about.kind == Kind.NEW_WORKFLOW and not wish:
        messages.error(request, _("Say what the workflow should tell customers."))
    elif not admin_requests.ask(request.user, about, timezone.now(), wish):
        messages.info(request, _("You have asked already. It is on the admins’ list."))
    elif admin_requests.is_open(request.user, about):
        messages.success(request, _("Asked. It is on the admins’ list now."))
    else:
        messages.info(request, _("It is over already: no admin needs to act."))


@staff_page(permissions.CHANGE_ACCOUNT)
@require_POST
def request_done(request: StaffRequest, request_id: uuid.UUID) -> HttpResponse:
    """An admin has dealt with a request, or will not. It leaves the list."""
    get_object_or_404(AdminRequest, pk=request_id)
    if not admin_requests.finish(request_id, request.user, timezone.now()):
        messages.info(request, _("It was done already."))
    return _back(request)


def _about(kind: str, of: str, viewer: Viewer) -> About:
    """What is asked about, as far as the viewer may see it. Raises `Http404`."""
    if kind not in Kind.values:
        raise Http404
    asked = Kind(kind)
    if asked in (Kind.STOP, Kind.NEW_WORKFLOW):
        return About(asked)
    pk = int(of) if of.isdecimal() and len(of) < 19 else 0
    if asked == Kind.MESSAGE:
        if not viewer.sees_history:
            raise Http404
        unknown = viewer.invocations().filter(status=Invocation.Status.UNKNOWN)
        return About(asked, get_object_or_404(unknown.only("pk"), pk=pk))
    if asked == Kind.ACCOUNT:
        return About(asked, get_object_or_404(Account, pk=pk))
    return About(asked, get_object_or_404(viewer.reading.workflows(), pk=pk))


def _back(request: StaffRequest) -> HttpResponseRedirect:
    return HttpResponseRedirect(own_page(request.POST.get("back", "")) or reverse("dashboard"))
