"""Shows whole numbers to somebody who may see them and asks for them: one press, recorded.

The answer to the press is the page itself, so the number stands in no URL, session or cache.
"""

from __future__ import annotations

import uuid

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from invocations.models import permissions
from invocations.privacy.reveals import record_reveal
from invocations.sending.decisions import facts_of
from invocations.views.base import StaffRequest, staff_page
from invocations.views.history.invocation import detail_for, invocation_page
from invocations.views.history.person import person_or_404, person_page


@staff_page(permissions.SEE_HISTORY)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def reveal_number(request: StaffRequest, request_id: uuid.UUID) -> HttpResponse:
    """The page of a message with its numbers. A reload without the press masks them again."""
    if request.method != "POST":
        return redirect("invocation", request_id=request_id)
    reveal_to(request)
    detail = detail_for(request.viewer, request_id)
    message = detail.invocation
    record_reveal(request.user, message, message.recipient_last_four, **facts_of(message))
    return invocation_page(request, detail)


@staff_page(permissions.SEE_HISTORY)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def reveal_person(request: StaffRequest, digest: str) -> HttpResponse:
    """The page of a person with their number."""
    if request.method != "POST":
        return redirect("person", digest=digest)
    reveal_to(request)
    found = person_or_404(request, digest)
    record_reveal(request.user, None, found.hint[-4:], digest=digest)
    return person_page(request, found)


def reveal_to(request: StaffRequest) -> None:
    """From here on this request shows whole numbers; 403 for whoever may not see them."""
    if not request.viewer.may_reveal:
        raise PermissionDenied
    request.viewer = request.viewer.revealing()
