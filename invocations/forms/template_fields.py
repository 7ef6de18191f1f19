"""The editor of a workflow's template texts, and of the labels and rules of their values."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from invocations.composing import template_fields
from invocations.composing.pattern_text import pattern_text
from invocations.composing.template_warnings import not_places, template_warnings
from invocations.forms.values import field_name
from invocations.kaleyra import limits, patterns
from invocations.kaleyra.patterns import PatternError
from invocations.kaleyra.template_params import VERIFICATION_CODE, ChannelKind
from invocations.models import Channel, Parameter, WorkflowInstance, WorkflowVersion


class TextsForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """The texts of one channel's template, copied from Kaleyra."""

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
                self.add_error(name, _("This is none of the choices."))
            elif not patterns.compiled(cleaned.get("pattern") or ".*").fullmatch(value):
                self.add_error(name, _("The pattern does not match this."))
            elif cleaned.get("max_length") and len(value) > cleaned["max_length"]:
                self.add_error(name, _("This is longer than allowed."))
        if cleaned.get("is_sensitive") and cleaned.get("default"):
            self.add_error(
                "default", _("A sensitive value has no default: everybody who sends would see it.")
            )
        if cleaned.get("is_sensitive") and cleaned.get("is_searchable"):
            self.add_error(
                "is_searchable",
                _("A sensitive value cannot be searchable: a hit would tell what it is."),
            )
        return cleaned


class TemplateFieldsForm:
    """The forms of all channels: texts, and the values that the texts in the form ask for."""

    def __init__(self, workflow: WorkflowInstance, data: QueryDict | None = None) -> None:
        self.workflow = workflow
        self.channels = [
            ChannelForms(channel, data) for channel in workflow.channels.order_by("position")
        ]

    def is_valid(self) -> bool:
        # Every form is validated before `all`, so that all errors are shown at once.
        valid = [channel.is_valid() for channel in self.channels]
        return all(valid)

    def save(self, by: User) -> WorkflowVersion:
        """Saves all forms in one transaction, and returns the version of the result.

        Parameters for keys that the texts no longer have are deleted.
        """
        with transaction.atomic():
            for channel in self.channels:
                channel.save()
            return template_fields.current_version(self.workflow, by)


def _is_readable(field: template_fields.TemplateField) -> bool:
    """Whether its pattern compiles; older versions stored some that do not."""
    try:
        patterns.compiled(field.words.pattern)
    except PatternError:
        return False
    return True


class ChannelForms:
    """The forms of one channel: its texts and its values.

    `values` is a list of (field, form).
    """

    def __init__(self, channel: Channel, data: QueryDict | None) -> None:
        self.channel = channel
        if data is not None and f"send{channel.position}-template_text" not in data:
            data = None  # the channel was added after the form was opened: it stays unchanged
        self.texts = TextsForm(data, instance=channel, prefix=f"send{channel.position}")
        # `is_valid` writes the texts in the form to `channel`. If they are valid, the keys follow
        # from them, otherwise from the stored texts.
        self.are_texts_valid = data is None or self.texts.is_valid()
        if not self.are_texts_valid:
            channel.refresh_from_db()
        fields = template_fields.fields_of(channel)
        self.values = [(field, self._form_of(field, data)) for field in fields]

    def _form_of(
        self, field: template_fields.TemplateField, data: QueryDict | None
    ) -> ParameterForm:
        prefix = field_name(self.channel.position, field.key)
        named = {"channel": self.channel, "key": field.key}
        parameter = Parameter.objects.filter(**named).first() or Parameter(**named)
        # Of several places side by side the first has the words; another may have been sensitive.
        parameter.is_sensitive = parameter.is_sensitive or field.has_sensitive_key
        # A key that the texts have only since this change has no fields in the posted form yet.
        is_new = data is not None and f"{prefix}-label" not in data
        return ParameterForm(
            None if is_new else data,
            instance=parameter,
            prefix=prefix,
            by_position=field.by_position,
        )

    @property
    def mode(self) -> str:
        """How the text takes its values: `none`, `positional`, `named` or `mixed`."""
        return limits.template_mode(self.channel.template_text, ChannelKind(self.channel.kind))

    @property
    def not_places(self) -> list[str]:
        """What looks like a place for a value in the texts and is none."""
        return not_places(self.channel)

    @property
    def problems(self) -> list[str]:
        """Warnings about the text, and unreadable patterns, as sentences.

        Errors in what was posted are shown at their fields.
        """
        texts = template_warnings(self.channel)
        words = _("The pattern of “%(key)s” cannot be read. Nothing is sent with this value.")
        unreadable = [field.key for field, _form in self.values if not _is_readable(field)]
        return texts + [words % {"key": key} for key in unreadable]

    def is_valid(self) -> bool:
        valid = [form.is_valid() for form in self._bound_forms()]
        return self.are_texts_valid and all(valid)

    def _bound_forms(self) -> list[ParameterForm]:
        return [form for _field, form in self.values if form.is_bound]

    def save(self) -> None:
        if not self.texts.is_bound:
            return
        self.texts.save()
        for form in self._bound_forms():
            form.save()
        kept = [field.key for field in template_fields.fields_of(self.channel)]
        self.channel.parameters.exclude(key__in=kept).delete()
