"""The form of a person's own settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from invocations.composing.error_text import number_text
from invocations.composing.notes import Note
from invocations.composing.number_notes import notes_of
from invocations.forms.time_zones import zones_by_region
from invocations.kaleyra import recipients
from invocations.models.validators import time_zone_name


def _zones() -> list[Any]:
    return [("", _("The zone of the browser I use")), *zones_by_region()]


class ProfileForm(forms.Form):
    own_number = forms.CharField(
        label=_("My number"),
        required=False,
        max_length=60,
        help_text=_(
            "“Use my number” on the send page fills it in, to try a workflow on yourself. "
            "Leave it empty to take it away."
        ),
        widget=forms.TextInput(
            attrs={"inputmode": "tel", "autocomplete": "off", "class": "number"}
        ),
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        choices=_zones,
        help_text=_("All times are shown in it: on pages and in your exports, with 24 hours."),
    )

    notes: Sequence[Note] = ()
    """What reading changed in the number, once the form is valid."""

    def clean_own_number(self) -> Any:
        """The number in its international form, or empty."""
        typed = self.cleaned_data["own_number"]
        if not typed:
            return ""
        try:
            number = recipients.clean(typed)
            self.notes = notes_of(number)
            return number.formatted
        except recipients.RecipientError as error:
            raise forms.ValidationError(number_text(error), code=error.code) from None


class BrowserZoneForm(forms.Form):
    """The zone that the browser names, taken over by a button."""

    time_zone = forms.CharField(max_length=64, validators=[time_zone_name])
