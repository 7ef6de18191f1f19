"""The editor of a workflow's template texts, and of the labels and rules of their values."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from invocations.composing.pattern_text import pattern_text
from invocations.kaleyra import patterns
from invocations.kaleyra.patterns import PatternError
from invocations.kaleyra.template_params import VERIFICATION_CODE
from invocations.models import Channel, Parameter


class TextsForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """The texts of one channel's template, copied from Kaleyra."""

    class Meta:
        model = Channel
        fields = ("template_text", "header_text", "button_url", "is_otp", "delay_seconds")
        labels = {
            "template_text": _("Text"),
            "header_text": _("Header"),
            "button_url": _("Button link"),
            "delay_seconds": _("Seconds that Kaleyra waits"),
        }
        widgets = {"template_text": forms.Textarea({"rows": 3}), "button_url": forms.TextInput()}

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


class ParameterForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """Label, help and rules of one value."""

    class Meta:
        model = Parameter
        fields = (
            "label",
            "help_text",
            "sample",
            "required",
            "is_sensitive",
            "is_searchable",
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
            del self.fields["required"]  # always required: a gap would shift the later values
        if self.instance.key == VERIFICATION_CODE:
            del self.fields["is_searchable"]  # always sensitive

    def clean_pattern(self) -> str:
        pattern: str = self.cleaned_data["pattern"]
        try:
            patterns.compiled(pattern)
        except PatternError as error:
            raise forms.ValidationError(pattern_text(error), code=error.code) from None
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
                self.add_error(name, _("This is not one of the choices."))
            elif not patterns.compiled(cleaned.get("pattern") or ".*").fullmatch(value):
                self.add_error(name, _("This does not fit the rule."))
            elif cleaned.get("max_length") and len(value) > cleaned["max_length"]:
                self.add_error(name, _("This is longer than allowed."))
        if cleaned.get("is_sensitive") and cleaned.get("default"):
            self.add_error(
                "default",
                _("A hidden value cannot have a default: everybody who sends would see it."),
            )
        if cleaned.get("is_sensitive") and cleaned.get("is_searchable"):
            self.add_error(
                "is_searchable",
                _("A hidden value cannot be searchable: a hit would tell what it is."),
            )
        return cleaned
