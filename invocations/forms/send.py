"""What a support person fills in to send one message."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from invocations.composing import template_fields, warnings
from invocations.composing.template_fields import TemplateField
from invocations.forms.template_params import SENTENCES, Editor, TemplateParamsField
from invocations.forms.values import field_name, value_field
from invocations.kaleyra import recipients, template_params
from invocations.kaleyra.payload import Send
from invocations.kaleyra.recipients import Recipient, RecipientError
from invocations.kaleyra.template_params import ParamsError
from invocations.models import WorkflowInstance

WRONG_NUMBER = {
    "empty": _("Enter the customer’s number."),
    "spreadsheet": _(
        "A spreadsheet has shortened this number. Copy it from the ticket, with all its digits."
    ),
    "not_digits": _(
        "A number has digits only. Take out letters and other signs, or type the digits 0 to 9."
    ),
    "no_country": _(
        "Write the country code instead of the 0 at the start, for example 91 for India."
    ),
    "too_short": _("Too few digits. Is the country code there, and the end of the number?"),
    "too_long": _("Too many digits for this country. Was something typed twice?"),
    "no_such_country": _(
        "No country has this code. Start with the country code, for example 91 for India."
    ),
    "impossible": _("This country has no numbers of this length. Check the digits."),
}


class RecipientField(forms.CharField):
    """A phone number in any spelling; gives a `Recipient`. Left empty, it stands for `kept`, where there is one."""

    def __init__(self, *, kept: Recipient | None = None, **kwargs: Any) -> None:
        self.kept = kept
        widget = forms.TextInput(
            attrs={"inputmode": "tel", "autocomplete": "off", "class": "number", "maxlength": 60}
        )
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


Params = dict[str, str]


class SendForm(forms.Form):
    """The inputs of `workflow`'s one or two channels. `sends` has them once the form is valid.

    A channel whose template text is stored asks for exactly its values, one field each; `params` and `params2`, the free
    editors, then hold what is to go besides. A channel without a text has its free editor alone.
    """

    recipient = RecipientField(
        label=_("Phone number"),
        help_text=_(
            "With the country code. Paste it as it is: +, 00, blanks and dashes are taken out."
        ),
    )
    same_recipient = forms.BooleanField(
        label=_("Same number for both channels"), required=False, initial=True
    )
    recipient2 = RecipientField(label=_("Phone number"))
    params = TemplateParamsField(label=_("Values"), required=False)
    same_values = forms.BooleanField(
        label=_("Same values for both channels"), required=False, initial=True
    )
    params2 = TemplateParamsField(label=_("Values"), required=False)
    reference = forms.CharField(
        label=_("Ticket"),
        max_length=100,
        required=False,
        help_text=_("To find it again. Kaleyra and the customer never see it."),
    )
    note = forms.CharField(label=_("Note"), max_length=500, required=False)

    def __init__(
        self,
        workflow: WorkflowInstance,
        data: QueryDict | None = None,
        *,
        kept: Kept | None = None,
        typed: Mapping[str, Any] | None = None,
    ) -> None:
        self.channels = list(workflow.channels.all())
        self.asked = [template_fields.fields_of(channel) for channel in self.channels]
        self.channel_params: list[Params] = []
        initial: dict[str, Any] = {"same_values": self._may_share()}
        if kept:
            initial |= self.filled([dict(send.template_params) for send in kept.sends])
            initial |= _numbers(kept)
        super().__init__(data, initial={**initial, **(typed or {})}, label_suffix="")
        for position, asked in enumerate(self.asked, start=1):
            self.fields |= {field_name(position, each.key): value_field(each) for each in asked}
        if len(self.channels) < 2:
            for name in ("same_recipient", "recipient2", "same_values", "params2"):
                del self.fields[name]
        elif self.asked[1] and not self.asked[0]:
            del self.fields[
                "same_values"
            ]  # what the first channel takes is not known, so nothing can be shared
        if kept and not kept.may_see:
            self._keep("recipient", kept.sends[0])
            if (
                len(kept.sends) > 1
                and "recipient2" in self.fields
                and kept.sends[1].recipient != kept.sends[0].recipient
            ):
                self._keep("recipient2", kept.sends[1])

    def _may_share(self) -> bool:
        """Whether a key means the same in both channels, as far as the admin's words tell."""
        if len(self.asked) < 2:
            return True
        labels = {each.key: each.words.label for each in self.asked[0]}
        return all(
            labels.get(each.key, each.words.label) == each.words.label for each in self.asked[1]
        )

    def _keep(self, name: str, send: Send) -> None:
        field = self.fields[name]
        if isinstance(field, RecipientField):
            field.kept = recipients.describe(send.recipient)
            field.help_text = _("Left empty, it goes to %(number)s as before.") % {
                "number": recipients.mask(field.kept.formatted)
            }

    def is_kept(self, recipient: Recipient) -> bool:
        """Whether this number comes from an earlier invocation and is not to be shown."""
        return any(
            field.kept == recipient
            for field in self.fields.values()
            if isinstance(field, RecipientField) and field.kept
        )

    # --- what stands in it --------------------------------------------------------------------------------------------

    def typed(self) -> dict[str, Any]:
        """All that stands in the form, right or wrong, as the initial values of the next one."""
        return {name: self[name].value() for name in self.fields}

    def filled(self, params: Sequence[Params]) -> dict[str, Any]:
        """Initial values from each channel's parameters: those asked for into their fields, the others into the free editors.

        A verification code and other sensitive values are left out: a code is used once, and none is shown after it was sent.
        """
        filled: dict[str, Any] = {"same_values": len(params) < 2 or self._shareable(params)}
        hidden = template_fields.sensitive_keys(self.channels)
        for position, (asked, values) in enumerate(zip(self.asked, params, strict=False), start=1):
            shown = {key: "" if key in hidden else value for key, value in values.items()}
            keys = {each.key for each in asked}
            filled |= {
                field_name(position, key): value for key, value in shown.items() if key in keys
            }
            editor = "params" if position == 1 else "params2"
            filled[editor] = Editor.of(
                {key: value for key, value in shown.items() if key not in keys}
            )
        return filled

    def _shareable(self, params: Sequence[Params]) -> bool:
        """Whether sharing the first channel's values would give the second exactly what it has."""
        shared = {
            key: value
            for key, value in params[0].items()
            if not self.asked[0] or key not in {a.key for a in self.asked[0]}
        }
        wanted = (
            {a.key for a in self.asked[1]}
            if len(self.asked) > 1 and self._is_known(1)
            else set(params[0])
        )
        return params[1] == {
            **{key: value for key, value in params[0].items() if key in wanted},
            **shared,
        }

    @property
    def fields1(self) -> list[forms.BoundField]:
        """The fields for the first channel's values."""
        return [self[field_name(1, each.key)] for each in self.asked[0]]

    @property
    def fields2(self) -> list[tuple[forms.BoundField, bool]]:
        """The fields for the second channel's values, and whether sharing makes each superfluous."""
        first = {each.key for each in self.asked[0]}
        return (
            [(self[field_name(2, each.key)], each.key in first) for each in self.asked[1]]
            if len(self.asked) > 1
            else []
        )

    @property
    def params_as_typed(self) -> list[Params]:
        """Each channel's parameters as far as they can be read, right or wrong: for the preview."""
        typed = self.typed()
        extras = [
            typed[name].as_typed() if typed.get(name) else {} for name in ("params", "params2")
        ]
        # As the field will read it: without blanks around it.
        read = {
            name: str(field.to_python(typed.get(name)) or "")
            for name, field in self.fields.items()
            if hasattr(field, "asked")
        }
        return self._collected(lambda name: read[name], extras, same=bool(typed.get("same_values")))

    def _collected(
        self, value_of: Callable[[str], str], extras: Sequence[Params], *, same: bool
    ) -> list[Params]:
        """Each channel's parameters: what it asks for, then what was added freely."""
        first = {
            each.key: value
            for each in self.asked[0]
            if (value := value_of(field_name(1, each.key)))
        } | extras[0]
        if len(self.channels) < 2:
            return [first]
        if not self._is_known(1):
            return [first, dict(first) if same else extras[1]]
        second = {}
        for each in self.asked[1]:
            value = (
                first.get(each.key, "")
                if same and self._shares(each)
                else value_of(field_name(2, each.key))
            )
            if value:
                second[each.key] = value
        return [first, second | (extras[0] if same else extras[1])]

    def _is_known(self, index: int) -> bool:
        """Whether a channel's text is stored, so that it takes what it asks for and no more, be it nothing."""
        return bool(self.asked[index] or self.channels[index].template_text)

    def _shares(self, asked: TemplateField) -> bool:
        return any(asked.key == each.key for each in self.asked[0])

    # --- whether it can be sent ---------------------------------------------------------------------------------------

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        same = bool(cleaned.get("same_values"))
        if cleaned.get("same_recipient"):
            self.errors.pop("recipient2", None)
        if same:
            # What the second channel takes from the first cannot be wrong by itself, but the value must suit both.
            self.errors.pop("params2", None)
            for each in self.asked[1] if len(self.asked) > 1 else []:
                if self._shares(each):
                    self.errors.pop(field_name(2, each.key), None)
                    self._suits_both(each, cleaned)
        if not self.errors:
            self._check_params(cleaned, same)
        return cleaned

    def _suits_both(self, asked: TemplateField, cleaned: dict[str, Any]) -> None:
        name = field_name(1, asked.key)
        if name in cleaned:  # else it is wrong already
            try:
                value_field(asked).clean(cleaned[name])
            except forms.ValidationError as error:
                self.add_error(name, error)

    def _check_params(self, cleaned: dict[str, Any], same: bool) -> None:
        extras = [cleaned["params"], cleaned.get("params2", {})]
        added2 = (extras[0], "params") if same else (extras[1], "params2")
        for asked, (added, name) in zip(self.asked, [(extras[0], "params"), added2], strict=False):
            twice = [each.key for each in asked if each.key in added]
            if twice:
                self.add_error(
                    name,
                    forms.ValidationError(
                        _("“%(key)s” stands above already."),
                        code="repeated_key",
                        params={"key": twice[0]},
                    ),
                )
                return
        self.channel_params = self._collected(
            lambda name: cleaned.get(name) or "", extras, same=same
        )
        for index, (channel, params) in enumerate(
            zip(self.channels, self.channel_params, strict=True)
        ):
            try:
                template_params.checked(params.items())
            except ParamsError as error:
                self.add_error(
                    self._place(index, error.facts.get("key", ""), same),
                    SENTENCES[error.code] % error.facts,
                )
                return
            for finding in warnings.findings(channel, params, self.recipients[index].region):
                name = self._place(index, finding.key, same)
                if finding.blocks and str(warnings.sentence(finding)) not in self.errors.get(
                    name, []
                ):
                    self.add_error(name, warnings.sentence(finding))

    def _place(self, index: int, key: str, same: bool) -> str:
        """The field in which the value of `key` for a channel was typed."""
        for position in [1] if same else [index + 1]:
            if field_name(position, key) in self.fields:
                return field_name(position, key)
        own = field_name(index + 1, key)
        if own in self.fields:
            return own
        return "params" if same or index == 0 else "params2"

    @property
    def recipients(self) -> list[Recipient]:
        """Of each channel, once the form is valid."""
        first: Recipient = self.cleaned_data["recipient"]
        if len(self.channels) < 2:
            return [first]
        return [
            first,
            first if self.cleaned_data["same_recipient"] else self.cleaned_data["recipient2"],
        ]

    @property
    def recipients_as_typed(self) -> list[Recipient | None]:
        """Of each channel, None where what stands there is no number yet: for the preview."""
        found: list[Recipient | None] = []
        typed = self.typed()
        for name in ["recipient", "recipient" if typed.get("same_recipient") else "recipient2"][
            : len(self.channels)
        ]:
            try:
                found.append(self.fields[name].clean(typed.get(name) or ""))
            except forms.ValidationError:
                found.append(None)
        return found

    @property
    def sends(self) -> list[Send]:
        """What each channel sends, in their order, once the form is valid."""
        return [
            Send(recipient.digits, params)
            for recipient, params in zip(self.recipients, self.channel_params, strict=True)
        ]


def _numbers(kept: Kept) -> dict[str, Any]:
    first, second = kept.sends[0], kept.sends[-1]
    numbers: dict[str, Any] = {"same_recipient": first.recipient == second.recipient}
    if kept.may_see:
        numbers |= {
            "recipient": recipients.describe(first.recipient).formatted,
            "recipient2": recipients.describe(second.recipient).formatted,
        }
    return numbers
