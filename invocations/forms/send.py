"""What a support person fills in to send one message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from invocations.composing import check, error_text, template_fields
from invocations.composing.field_names import field_name
from invocations.composing.findings import Finding, blockers
from invocations.composing.value_sources import places_of, sources_of
from invocations.forms.channel_params import (
    Params,
    as_sent,
    collected,
    field_key,
    key_with_field,
    with_clean_keys,
)
from invocations.forms.filled import EDITORS, Filled, by_position, filled
from invocations.forms.one_line import fields_with_line_breaks
from invocations.forms.recipient import EarlierSends, RecipientField, initial_numbers
from invocations.forms.send_fields import SendFields
from invocations.forms.send_layout import named, send_helper
from invocations.forms.template_params import TemplateParamsField
from invocations.forms.values import value_field
from invocations.kaleyra import recipients
from invocations.kaleyra.payload import Send
from invocations.kaleyra.recipients import Recipient
from invocations.kaleyra.stored_numbers import stored
from invocations.kaleyra.template_params import ParamsError
from invocations.models import WorkflowInstance


class SendForm(SendFields):
    """The inputs of `workflow`'s one or two channels. `sends` has them once the form is valid.

    A channel whose template text is stored has one field for each of its values. The free editors,
    `params` and `params2`, hold what is to go besides. A channel without a text has its editor
    alone.
    """

    recipient = RecipientField(
        label=_("Phone number"),
        help_text=_(
            "With the country code. Paste it as it is: +, 00, spaces and dashes are taken out."
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
        widget=forms.TextInput({"placeholder": _("Optional")}),
    )
    note = forms.CharField(
        label=_("Note"),
        max_length=500,
        required=False,
        widget=forms.TextInput({"placeholder": _("Optional")}),
    )
    one_line = forms.Field(required=False, widget=forms.MultipleHiddenInput)
    """The names of fields whose values had line breaks when the form was filled with them."""

    def __init__(
        self,
        workflow: WorkflowInstance,
        data: QueryDict | None = None,
        *,
        kept: EarlierSends | None = None,
        typed: Mapping[str, Any] | None = None,
    ) -> None:
        self.workflow = workflow
        self.channels = list(workflow.channels.all())
        self.asked = [template_fields.fields_of(channel) for channel in self.channels]
        self.channel_params: list[Params] = []
        self.unseen: list[Finding] = []  # what was taken out of the values
        self.places, self.sources = places_of(self.asked), sources_of(self.asked)
        initial: dict[str, Any] = {}
        if kept:
            initial |= self.filled(by_position(kept.sends)).initial
            initial |= initial_numbers(kept)
        super().__init__(data, initial={**initial, **(typed or {})}, label_suffix="")
        for position, asked in enumerate(self.asked, start=1):
            self.fields |= {field_name(position, each.key): value_field(each) for each in asked}
        for name in self.sources.by_name:
            self.fields[name].initial = ""  # it follows its source
        for field in self.fields.values():
            if isinstance(field, RecipientField):
                field.home = workflow.account.effective_home_country
        if len(self.channels) > 1:
            words = _("Phone number for %(channel)s") % {"channel": named(self.channels[1])}
            self.fields["recipient2"].label = words
        else:
            for name in ("same_recipient", "recipient2", "same_values", "params2"):
                del self.fields[name]
        if len(self.channels) > 1 and self.asked[1] and not self.asked[0]:
            # What the first channel takes is not known, so nothing can be shared.
            del self.fields["same_values"]
        if kept and not kept.may_see:
            self._keep("recipient", kept.sends[0])
            differs = kept.sends[-1].recipient != kept.sends[0].recipient
            if differs and "recipient2" in self.fields:
                self._keep("recipient2", kept.sends[-1])

    def _keep(self, name: str, send: Send) -> None:
        field = self.fields[name]
        if isinstance(field, RecipientField):
            field.kept = stored(send.recipient)
            field.help_text = _("If empty, it goes to %(number)s as before.") % {
                "number": recipients.mask(field.kept.formatted)
            }

    @cached_property
    def helper(self) -> FormHelper:
        return send_helper(self)

    def is_kept(self, recipient: Recipient) -> bool:
        """Whether this number comes from an earlier invocation and is not to be shown."""
        return any(
            field.kept == recipient
            for field in self.fields.values()
            if isinstance(field, RecipientField) and field.kept
        )

    # --- what stands in the form ---

    def typed(self) -> dict[str, Any]:
        """All that was typed, right or wrong, as the initial values of the next form."""
        typed = {name: self[name].value() for name in self.fields}
        return typed | {"one_line": fields_with_line_breaks(self)}

    def is_in_row(self, position: int, key: str) -> bool:
        """Whether this key of a channel stands in a row, beside the button that numbers all."""
        has_field = any(key in each.keys for each in self.asked[position - 1])
        return not has_field and position in self._shown_in_rows

    @cached_property
    def _shown_in_rows(self) -> set[int]:
        """The channels whose free values stand in rows."""
        typed = self.typed()
        editors = {
            position: typed.get(EDITORS[1 if typed.get("same_values") else position])
            for position in range(1, len(self.channels) + 1)
        }
        return {
            position
            for position, editor in editors.items()
            if editor and editor.rows and not editor.as_json
        }

    def filled(self, params: Mapping[int, Params], *, shows_hidden: bool = False) -> Filled:
        """The initial values from the parameters of each channel, by its position."""
        known = {position: each for position, each in params.items() if position <= len(self.asked)}
        return filled(self.channels, self.asked, known, shows_hidden=shows_hidden)

    @property
    def params_as_typed(self) -> list[Params]:
        """Each channel's parameters as far as they can be read, right or wrong: for the preview."""
        return self.as_typed[0]

    @cached_property
    def as_typed(self) -> tuple[list[Params], list[Finding]]:
        """`params_as_typed`, and what was taken out of them."""
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
        same = bool(typed.get("same_values"))
        params = collected(self.channels, self.asked, read.get, extras, same=same)
        try:
            return as_sent(self.channels, self.asked, params)
        except ParamsError:
            return params, []  # the review says that two keys are the same

    @property
    def labels(self) -> dict[str, str]:
        """The label of each value that is asked for, by its key. Places side by side share one."""
        return {key: each.label for asked in self.asked for each in asked for key in each.keys}

    # --- whether it may be sent ---

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        same = bool(cleaned.get("same_values"))
        if cleaned.get("same_recipient"):
            self.errors.pop("recipient2", None)
        if same:
            self.errors.pop("params2", None)  # the second channel takes the first one's
        extras = [self._extras("params"), {} if same else self._extras("params2")]
        if not self._is_any_key_twice(extras, same):
            params = collected(self.channels, self.asked, cleaned.get, extras, same=same)
            self.channel_params, found = as_sent(self.channels, self.asked, params)
            self.unseen += found
            self._pass_the_gate(same)
        return cleaned

    def _extras(self, name: str) -> Params:
        """What stands in a free editor."""
        try:
            extras, found = with_clean_keys(self.asked, self.cleaned_data.get(name) or {})
        except ParamsError as error:
            in_rows = not self[name].value().as_json
            self.add_error(name, error_text.params_text(error, in_rows=in_rows))
            return {}
        self.unseen += found
        return extras

    def _is_any_key_twice(self, extras: Sequence[Params], same: bool) -> bool:
        """Whether a free editor has a key that has a field of its own: that is an error."""
        added = [(extras[0], "params"), (extras[0], "params") if same else (extras[1], "params2")]
        for asked, (free, name) in zip(self.asked, added, strict=False):
            if key := key_with_field(asked, free):
                text = _("“%(key)s” is above already.") % {"key": key}
                self.add_error(name, forms.ValidationError(text, code="repeated_key"))
                return True
        return False

    def _pass_the_gate(self, same: bool) -> None:
        """Shows each blocker at the field in which it was typed."""
        numbers = self._numbers_read()
        sends = [
            Send(number.digits if number else "", params)
            for number, params in zip(numbers, self.channel_params, strict=True)
        ]
        ruled = set()
        limited = check.of_numbers_now(self.workflow, list(filter(None, numbers)))
        for finding in blockers([*check.of_message(self.workflow, sends), *limited]):
            if finding.code == "recipient":
                continue  # the field of the number has said so
            place = self._place(finding.channel - 1, finding.key, same) if finding.channel else None
            if finding.code in error_text.FIELD_TEXT:
                ruled.add(place)
            elif finding.code in error_text.LIMIT_TEXT and place in ruled:
                continue  # the preview shows it; what an admin asks of the value comes first
            in_rows = bool(finding.channel) and self.is_in_row(finding.channel, finding.key)
            text = error_text.editor_text(finding, in_rows=in_rows)
            if text not in self.errors.get(place or "__all__", []):
                self.add_error(place, text)

    def _numbers_read(self) -> list[Recipient | None]:
        """Each channel's number, None where what was typed is none."""
        first = self.cleaned_data.get("recipient")
        if len(self.channels) < 2:
            return [first]
        same = self.cleaned_data.get("same_recipient")
        return [first, first if same else self.cleaned_data.get("recipient2")]

    def _place(self, index: int, key: str, same: bool) -> str:
        """The field in which the value of `key` for a channel was typed."""
        own = field_name(index + 1, field_key(self.asked[index], key))
        if own in self.fields:
            return self.sources.typed_in(own, self.cleaned_data.get, same=same)
        return "params" if same or index == 0 else "params2"

    @property
    def recipients(self) -> list[Recipient]:
        """Of each channel, once the form is valid."""
        return [number for number in self._numbers_read() if number is not None]

    @property
    def recipients_as_typed(self) -> list[Recipient | None]:
        """Of each channel, None where what stands there is no number yet: for the preview."""
        found: list[Recipient | None] = []
        typed = self.typed()
        second = "recipient" if typed.get("same_recipient") else "recipient2"
        for name in ["recipient", second][: len(self.channels)]:
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
