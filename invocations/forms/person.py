"""The forms that add and change a person."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import Permission
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.forms import UserChangeForm, UserCreationForm

from invocations.forms.rights import offered_rights

HELP_TEXTS = {
    "username": gettext_lazy("What they sign in with. Letters, digits and @ . + - _ only."),
    "email": gettext_lazy("A forgotten password is reset with a link sent to it."),
    "is_active": gettext_lazy("Turned off, the person cannot sign in. What they did stays."),
    "groups": gettext_lazy("What the person may do: everything that any of these groups may."),
    "is_superuser": gettext_lazy("May do everything, in every group or in none."),
    "user_permissions": gettext_lazy("Besides what the groups may do."),
}
"""In place of Django's, which are about "users" that are "treated as active"."""


def _explain(fields: dict[str, forms.Field]) -> None:
    for name, text in HELP_TEXTS.items():
        if name in fields:
            fields[name].help_text = text


class PersonForm(UserChangeForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _explain(self.fields)
        link = format_html('<a href="../password/">{}</a>', _("Set a new password"))
        self.fields["password"].help_text = format_html(
            "{} {}", _("Nobody can read it, not even an admin."), link
        )
        if "user_permissions" in self.fields:
            field: Any = self.fields["user_permissions"]
            field.queryset = offered_rights(self.instance.user_permissions.all())
            field.label = _("Further rights")


class GroupForm(forms.ModelForm):  # type: ignore[type-arg]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        group = self.instance
        chosen = group.permissions.all() if group.pk else Permission.objects.none()
        if "permissions" in self.fields:
            field: Any = self.fields["permissions"]
            field.queryset = offered_rights(chosen)
            field.label = _("What its people may do")


class NewPersonForm(UserCreationForm):
    """Without the choice of an account without password: everybody signs in with one."""

    usable_password = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _explain(self.fields)
