"""What a support person fills in to send one message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from invocations.forms.template_params import Editor, TemplateParamsField
from invocations.kaleyra import recipients, template_params
from invocations.kaleyra.payload import Send
from invocations.kaleyra.recipients import Recipient, RecipientError
from invocations.kaleyra.template_params import VERIFICATION_CODE, ChannelKind
from invocations.models import WorkflowInstance

WRONG_NUMBER = {
    "empty": _("Enter the customer’s number."),
    "spreadsheet": _("A spreadsheet has shortened this number. Copy it from the ticket, with all its digits."),
    "not_digits": _("A number has digits only. Take out letters and other signs, or type the digits 0 to 9."),
    "no_country": _("Write the country code instead of the 0 at the start, for example 91 for India."),
    "too_short": _("Too few digits. Is the country code there, and the end of the number?"),
    "too_long": _("Too many digits for this country. Was something typed twice?"),
    "no_such_country": _("No country has this code. Start with the country code, for example 91 for India."),
    "impossible": _("This country has no numbers of this length. Check the digits."),
}


class RecipientField(forms.CharField):
    """A phone number in any spelling; gives a `Recipient`. Left empty, it stands for `kept`, where there is one."""

    def __init__(self, *, kept: Recipient | None = None, **kwargs: Any) -> None:
        self.kept = kept
        widget = forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off", "class": "number", "maxlength": 60})
        super().__init__(required=False, widget=widget, **kwargs)

    def clean(self, value: Any) -> Any:
        typed = super().clean(value)
        if not typed and self.kept:
            return self.kept
        try:
            return recipients.clean(typed)
        except RecipientError as error:
            raise forms.ValidationError(WRONG_NUMBER[error.code], code=error.code) from None


@dataclass(frozen=True)
class Kept:
    """What an earlier invocation sent, for the form that sends it again. Without `may_see`, its numbers are used and not shown."""

    sends: Sequence[Send]
    may_see: bool


class SendForm(forms.Form):
    """The inputs of `workflow`'s one or two channels. `sends` has them once the form is valid."""

    recipient = RecipientField(
        label=_("Phone number"), help_text=_("With the country code. Paste it as it is: +, 00, blanks and dashes are taken out.")
    )
    same_recipient = forms.BooleanField(label=_("Same number for both channels"), required=False, initial=True)
    recipient2 = RecipientField(label=_("Phone number"))
    params = TemplateParamsField(label=_("Values"), required=False)
    same_values = forms.BooleanField(label=_("Same values for both channels"), required=False, initial=True)
    params2 = TemplateParamsField(label=_("Values"), required=False)
    reference = forms.CharField(
        label=_("Ticket"), max_length=100, required=False, help_text=_("To find it again. Kaleyra and the customer never see it.")
    )
    note = forms.CharField(label=_("Note"), max_length=500, required=False)

    def __init__(
        self, workflow: WorkflowInstance, data: QueryDict | None = None, *, kept: Kept | None = None, typed: Mapping[str, Any] | None = None
    ) -> None:
        self.channels = list(workflow.channels.all())
        initial = {**_asked_for(self.channels), **(_initial(kept) if kept else {}), **(typed or {})}
        super().__init__(data, initial=initial, label_suffix="")
        if len(self.channels) < 2:
            for name in ("same_recipient", "recipient2", "same_values", "params2"):
                del self.fields[name]
        if kept and not kept.may_see:
            self._keep("recipient", kept.sends[0])
            if len(kept.sends) > 1 and kept.sends[1].recipient != kept.sends[0].recipient:
                self._keep("recipient2", kept.sends[1])

    def _keep(self, name: str, send: Send) -> None:
        field = self.fields[name]
        if isinstance(field, RecipientField):
            field.kept = recipients.describe(send.recipient)
            field.help_text = _("Left empty, it goes to %(number)s as before.") % {"number": recipients.mask(field.kept.formatted)}

    def typed(self) -> dict[str, Any]:
        """All that stands in the form, right or wrong, as the initial values of the next one."""
        return {name: self[name].value() for name in self.fields}

    @property
    def params_as_typed(self) -> list[dict[str, str]]:
        """Each channel's parameters as far as they can be read, right or wrong: for the preview."""
        typed = self.typed()
        first = typed["params"].as_typed()
        second = first if typed.get("same_values", True) else typed["params2"].as_typed()
        return [first, second][: len(self.channels)]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        # What the second channel takes from the first cannot be wrong by itself.
        for name, same in [("recipient2", "same_recipient"), ("params2", "same_values")]:
            if cleaned.get(same):
                self.errors.pop(name, None)
        return cleaned

    @property
    def recipients(self) -> list[Recipient]:
        """Of each channel, once the form is valid."""
        first: Recipient = self.cleaned_data["recipient"]
        if len(self.channels) < 2:
            return [first]
        return [first, first if self.cleaned_data["same_recipient"] else self.cleaned_data["recipient2"]]

    @property
    def sends(self) -> list[Send]:
        """What each channel sends, in their order, once the form is valid."""
        params: dict[str, str] = self.cleaned_data["params"]
        second = params if len(self.channels) < 2 or self.cleaned_data["same_values"] else self.cleaned_data["params2"]
        return [Send(recipient.digits, values) for recipient, values in zip(self.recipients, (params, second), strict=False)]


def _asked_for(channels: Sequence[Any]) -> dict[str, Any]:
    """Rows for the keys that the channels' template texts need, as far as these are known."""
    keys = [template_params.asked_for(channel.template_text, ChannelKind(channel.kind)) for channel in channels]
    both = sorted(dict.fromkeys(key for of_channel in keys for key in of_channel))
    return {
        "params": Editor(tuple((key, "") for key in both)),
        "params2": Editor(tuple((key, "") for key in (keys[1] if len(keys) > 1 else []))),
    }


def _initial(kept: Kept) -> Mapping[str, Any]:
    first, second = kept.sends[0], kept.sends[-1]
    initial: dict[str, Any] = {
        "params": _values_of(first),
        "params2": _values_of(second),
        "same_recipient": first.recipient == second.recipient,
        "same_values": dict(first.template_params) == dict(second.template_params),
    }
    if kept.may_see:
        initial |= {
            "recipient": recipients.describe(first.recipient).formatted,
            "recipient2": recipients.describe(second.recipient).formatted,
        }
    return initial


def _values_of(send: Send) -> Editor:
    """What a send had, but for the verification code: a code is used once, and never shown after it was sent."""
    return Editor(tuple((key, "" if key == VERIFICATION_CODE else value) for key, value in send.template_params.items()))
