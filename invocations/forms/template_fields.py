"""What an admin says of a workflow's texts and of the values they ask for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from invocations.composing import error_text, template_fields
from invocations.forms.values import field_name
from invocations.kaleyra import limits
from invocations.kaleyra.template_params import ChannelKind
from invocations.models import Channel, Parameter, WorkflowInstance, WorkflowVersion


class TextsForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    """The texts of one channel's template, pasted from Kaleyra."""

    class Meta:
        model = Channel
        fields = ("template_text", "header_text", "button_url", "is_otp", "delay_seconds")
        widgets = {"template_text": forms.Textarea({"rows": 4}), "button_url": forms.TextInput()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        if self.instance.kind == Channel.Kind.SMS:
            del self.fields["header_text"], self.fields["button_url"]
            self.fields["is_otp"].help_text = _(
                "The template’s type is OTP: #verification_code# becomes its first value."
            )
        else:
            self.fields["is_otp"].help_text = _(
                "An authentication template: #verification_code# is its value."
            )


class ParameterForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    """The admin's words and rules for one value."""

    class Meta:
        model = Parameter
        fields = (
            "label",
            "help_text",
            "sample",
            "required",
            "is_sensitive",
            "max_length",
            "pattern",
            "choices",
            "default",
        )
        widgets = {"choices": forms.Textarea({"rows": 3})}

    def __init__(self, *args: Any, by_position: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        if by_position:
            del self.fields["required"]  # a gap would shift the values behind it

    def clean_pattern(self) -> str:
        pattern: str = self.cleaned_data["pattern"]
        try:
            re.compile(pattern)
        except (re.error, OverflowError, RecursionError) as error:
            raise forms.ValidationError(
                _("This is no regular expression: %(why)s."), params={"why": error}
            ) from None
        return pattern

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        choices = [
            line.strip() for line in (cleaned.get("choices") or "").splitlines() if line.strip()
        ]
        for name in ("default", "sample"):
            value = cleaned.get(name)
            if not value or name in self.errors:
                continue
            if choices and value not in choices:
                self.add_error(name, _("This is none of the choices."))
            elif cleaned.get("pattern") and not re.fullmatch(cleaned["pattern"], value):
                self.add_error(name, _("The pattern does not match this."))
            elif cleaned.get("max_length") and len(value) > cleaned["max_length"]:
                self.add_error(name, _("This is longer than allowed."))
        if cleaned.get("is_sensitive") and cleaned.get("default"):
            self.add_error(
                "default", _("A sensitive value has no default: everybody who sends would see it.")
            )
        return cleaned


class TemplateFieldsForm:
    """A workflow's texts, channel by channel, each with the values that its texts ask for as they stand in the form."""

    def __init__(self, workflow: WorkflowInstance, data: QueryDict | None = None) -> None:
        self.workflow = workflow
        self.channels = [
            ChannelForms(channel, data) for channel in workflow.channels.order_by("position")
        ]

    def is_valid(self) -> bool:
        valid = [
            each.is_valid() for each in self.channels
        ]  # all of them, so that every error is shown at once
        return all(valid)

    def save(self, by: User) -> WorkflowVersion:
        """Keeps all of it at once, and the version that it makes. What the texts ask for no longer goes."""
        with transaction.atomic():
            for each in self.channels:
                each.save()
            return template_fields.current_version(self.workflow, by)


class ChannelForms:
    """One channel's texts and its values' words."""

    def __init__(self, channel: Channel, data: QueryDict | None) -> None:
        self.channel = channel
        if data is not None and f"send{channel.position}-template_text" not in data:
            data = None  # the channel is younger than the form: it stays as it is
        self.texts = TextsForm(data, instance=channel, prefix=f"send{channel.position}")
        # Once they were checked, `channel` has the texts that stand in the form, and the keys follow from those if they are right.
        self.are_texts_valid = data is None or self.texts.is_valid()
        if not self.are_texts_valid:
            channel.refresh_from_db()
        self.values = [self._value(asked, data) for asked in template_fields.fields_of(channel)]

    def _value(
        self, asked: template_fields.TemplateField, data: QueryDict | None
    ) -> tuple[template_fields.TemplateField, ParameterForm]:
        prefix = field_name(self.channel.position, asked.key)
        stored = Parameter.objects.filter(channel=self.channel, key=asked.key).first() or Parameter(
            channel=self.channel, key=asked.key
        )
        is_new = (
            data is not None and f"{prefix}-label" not in data
        )  # asked for only since the texts were changed just now
        return asked, ParameterForm(
            None if is_new else data, instance=stored, prefix=prefix, by_position=asked.by_position
        )

    @property
    def mode(self) -> str:
        """How the text takes its values: `none`, `positional`, `named` or `mixed`."""
        return limits.template_mode(self.channel.template_text, ChannelKind(self.channel.kind))

    @property
    def problems(self) -> list[str]:
        """What is doubtful about the text, in words. What is wrong stands at its field."""
        found = limits.template_problems(self.channel.template_text, ChannelKind(self.channel.kind))
        return [error_text.limit_text(finding) for finding in found if not finding.blocks]

    def is_valid(self) -> bool:
        valid = [form.is_valid() for form in self._bound()]
        return self.are_texts_valid and all(valid)

    def _bound(self) -> Iterable[ParameterForm]:
        return [form for _asked, form in self.values if form.is_bound]

    def save(self) -> None:
        if not self.texts.is_bound:
            return
        self.texts.save()
        for form in self._bound():
            form.save()
        self.channel.parameters.exclude(key__in=template_fields.keys_of(self.channel)).delete()
