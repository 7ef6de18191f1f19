"""The profile: a person's own phone number, for test messages."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from invocations.forms.profile import ProfileForm
from invocations.models import Profile
from invocations.models.encryption import Unreadable
from invocations.views.base import StaffRequest, render_page, staff_page


@staff_page("")
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: StaffRequest) -> HttpResponse:
    form = ProfileForm(
        request.POST or None, initial={"own_number": own_number(request.user)}, label_suffix=""
    )
    if request.method == "POST" and form.is_valid():
        Profile.objects.update_or_create(
            user=request.user, defaults={"own_number": form.cleaned_data["own_number"]}
        )
        messages.success(request, " ".join([_("Saved."), *(note.text for note in form.notes)]))
        return redirect("profile")
    return render_page(request, "profile.html", {"form": form})


def own_number(user: User) -> str:
    """The stored number, formatted; empty if there is none, or it cannot be decrypted."""
    profile = Profile.objects.filter(user=user).first()
    try:
        return str(profile.own_number) if profile else ""
    except Unreadable:
        return ""
