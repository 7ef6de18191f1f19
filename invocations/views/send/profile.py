"""The profile: who a person is here, their number for test messages, and their time zone."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from invocations.access.session_store import own_row_key
from invocations.access.sessions import end_sessions, sessions_of
from invocations.forms.profile import BrowserZoneForm, ProfileForm
from invocations.models import Profile
from invocations.models.encryption import Unreadable
from invocations.views.base import StaffRequest, render_page, staff_page


@staff_page("")
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: StaffRequest) -> HttpResponse:
    """Stores the number and the time zone; with the browser's zone, that alone."""
    stored = Profile.objects.filter(user=request.user).first() or Profile()
    initial = {"own_number": own_number(request.user), "time_zone": stored.time_zone}
    suggested = BrowserZoneForm({"time_zone": request.COOKIES.get("timezone", "")})
    if request.method == "POST" and "use_browser_zone" in request.POST and suggested.is_valid():
        return _store(request, suggested.cleaned_data, _("Saved."))
    form = ProfileForm(request.POST or None, initial=initial, label_suffix="")
    if request.method == "POST" and form.is_valid():
        said = " ".join([_("Saved."), *(note.text for note in form.notes)])
        return _store(request, form.cleaned_data, said)
    zone = suggested.cleaned_data["time_zone"] if suggested.is_valid() else ""
    context = {
        "form": form,
        "now": timezone.now(),
        "browser_zone": zone if zone != timezone.get_current_timezone_name() else "",
        "groups": ", ".join(request.user.groups.values_list("name", flat=True)),
        "sessions": sessions_of(request.user, timezone.now()),
        "own_session": own_row_key(request),
    }
    return render_page(request, "profile.html", context)


def _store(request: StaffRequest, values: dict[str, str], said: str) -> HttpResponse:
    Profile.objects.update_or_create(user=request.user, defaults=values)
    messages.success(request, said)
    return redirect("profile")


@staff_page("")
@require_POST
def end_other_sessions(request: StaffRequest) -> HttpResponse:
    """Signs the person out everywhere else."""
    own = own_row_key(request)
    ended = end_sessions([request.user.pk], "by_hand", by=request.user, but=own)
    words = ngettext("%(n)s other session is ended.", "%(n)s other sessions are ended.", ended)
    if ended:
        messages.success(request, words % {"n": ended})
    else:
        messages.info(request, _("There was no other session any more."))
    return redirect("profile")


def own_number(user: User) -> str:
    """The stored number, formatted; empty if there is none, or it cannot be decrypted."""
    profile = Profile.objects.filter(user=user).first()
    try:
        return str(profile.own_number) if profile else ""
    except Unreadable:
        return ""
