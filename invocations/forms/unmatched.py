"""The form that sets an unmatched result aside, with a reason."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from invocations.forms.settle import reason_field


class SetAsideForm(forms.Form):
    reason = reason_field(
        _("Why does nobody need to look at it any more?"),
        _(
            "For example: the shop’s own system sent it through the same account. "
            "It stays with the result, with your name."
        ),
    )
