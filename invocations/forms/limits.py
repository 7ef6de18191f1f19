"""Forms for limits, for the lists of numbers, and for approvals."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from invocations.kaleyra.home_country import is_region
from invocations.models import LimitSet, WorkflowInstance
from invocations.models.limits import CAPS
from invocations.sending.number_lists import MOST_LINES, ReadLines, TooManyLines, read_lines

MOST_BYTES = 2_000_000


def _number(label: Any, help_text: Any = "", least: int = 1) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        help_text=help_text,
        required=False,
        min_value=least,
        max_value=2_000_000_000,
        widget=forms.NumberInput({"class": "input short", "inputmode": "numeric"}),
        error_messages={
            "min_value": _("Enter %(limit_value)s or more, or leave it empty."),
            "invalid": _("Enter a whole number, or leave it empty."),
        },
    )


class LimitsForm(forms.Form):
    """The limits of the console, or of one account. Empty: no limit, or as the console."""

    person_minute = _number(_("One person, in a minute"))
    person_day = _number(_("One person, in a day"))
    account_day = _number(_("One account, in a day"))
    number_hour = _number(_("To one number, in an hour"))
    number_day = _number(_("To one number, in a day"))
    approve_above = _number(
        _("A second person approves a batch of more rows than"),
        _("0: every batch. Empty: none."),
        least=0,
    )
    countries = forms.CharField(
        label=_("Countries that may be sent to"),
        max_length=1000,
        required=False,
        widget=forms.TextInput({"class": "input"}),
        help_text=_("Codes of two letters, for example IN, SG. Empty: all countries."),
    )

    def __init__(self, limits: LimitSet, data: Any = None) -> None:
        initial = {name: getattr(limits, name) for name in (*CAPS, "approve_above")}
        initial["countries"] = ", ".join(limits.countries.split())
        super().__init__(data, initial=initial, label_suffix="")

    @property
    def plain_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in (*CAPS, "approve_above", "countries")]

    def clean_countries(self) -> str:
        codes = re.split(r"[\s,;]+", self.cleaned_data["countries"].strip().upper())
        unknown = [code for code in codes if code and not is_region(code)]
        if unknown:
            words = _now("These are not country codes: %(codes)s.")
            raise forms.ValidationError(words % {"codes": ", ".join(unknown)})
        return " ".join(sorted({code for code in codes if code}))


class AccountLimitsForm(LimitsForm):
    """What one account has instead of the limits of the `console`, which its help texts name."""

    def __init__(self, limits: LimitSet, console: LimitSet, data: Any = None) -> None:
        super().__init__(limits, data)
        for name in CAPS:
            first = _now("With this account.") if name.startswith("person") else ""
            self._say(name, getattr(console, name) or _now("no limit"), first)
        above = console.approve_above
        above_text = _now("none") if above is None else above
        self._say("approve_above", above_text, _now("0: every batch."))
        self._say(
            "countries",
            ", ".join(console.countries.split()) or _now("all countries"),
            _now("Codes of two letters, for example IN, SG."),
        )

    def _say(self, name: str, of_console: Any, first: str = "") -> None:
        empty = _now("Empty: as the console, %(value)s.") % {"value": of_console}
        self.fields[name].help_text = f"{first} {empty}".strip()


class _NamedWithAccount(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: WorkflowInstance) -> str:
        return f"{obj.title} ({obj.account.title})"


class ConsoleLimitsForm(LimitsForm):
    """With the workflows of which each message is approved."""

    workflows = _NamedWithAccount(
        WorkflowInstance.objects.none(),
        label=_("A second person approves each live message of"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, limits: LimitSet, data: Any = None) -> None:
        super().__init__(limits, data)
        related = WorkflowInstance.objects.select_related("account__pod")
        marked = [each.pk for each in related if each.needs_approval]
        # Of practice nothing is approved. One that is marked is offered, so that saving keeps it.
        usable = [
            each.pk for each in related if each.is_active and not each.account.pod.is_practice
        ]
        field: Any = self.fields["workflows"]
        field.queryset = related.filter(pk__in=[*marked, *usable])
        self.initial["workflows"] = marked


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=300)


class NumbersForm(forms.Form):
    """Numbers that were typed, pasted or uploaded: one a line."""

    numbers = forms.CharField(
        label=_("Numbers, one a line"),
        required=False,
        widget=forms.Textarea({"rows": 4, "autocomplete": "off"}),
        help_text=_("With the country code. What follows a comma is ignored."),
    )
    file = forms.FileField(label=_("Or a CSV file"), required=False)

    read: ReadLines = ReadLines()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        upload = cleaned.get("file")
        text = cleaned.get("numbers", "")
        at = "file" if upload and not text else "numbers"
        if upload is not None:
            if upload.size > MOST_BYTES:
                raise forms.ValidationError({"file": _now("The file is larger than 2 MB.")})
            text += "\n" * bool(text) + upload.read().decode("utf-8", errors="replace")
        try:
            self.read = read_lines(text)
        except TooManyLines:
            words = _now("There are more than %(most)s lines.") % {"most": MOST_LINES}
            raise forms.ValidationError({at: words}) from None
        if self.read.bad:
            raise forms.ValidationError({at: [self._about(*each) for each in self.read.bad[:100]]})
        if not self.read.numbers:
            raise forms.ValidationError({at: _now("Type a number, or choose a file with numbers.")})
        return cleaned

    def _about(self, line: int, why: str) -> str:
        return _now("Line %(line)s: %(why)s") % {"line": line, "why": why}


class DoNotContactForm(NumbersForm):
    reason = forms.CharField(
        label=_("Reason"), max_length=300, help_text=_("For example: asked us to stop.")
    )
    skip_bad = forms.BooleanField(
        label=_("Leave out the lines that cannot be read"), required=False
    )
    """Shown only once a line could not be read."""

    def clean(self) -> dict[str, Any]:
        try:
            return super().clean()
        except forms.ValidationError:
            if self.cleaned_data.get("skip_bad") and self.read.numbers:
                return self.cleaned_data
            raise


class FindNumberForm(forms.Form):
    number = forms.CharField(
        label=_("Phone number, or its last four digits"),
        max_length=40,
        widget=forms.TextInput({"inputmode": "tel", "autocomplete": "off"}),
    )
