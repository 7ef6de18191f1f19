"""When a batch is sent, how fast, until when, and with which ticket."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invocations.forms.when import WhenFields, day_field, moment_of, time_field
from invocations.kaleyra.recipients import Recipient
from invocations.models import Batch

END_OF_DAY = time(20)
"""What the form offers as the time after which nothing leaves."""


class BatchStartForm(WhenFields):
    """`not_before`, `not_after`: in UTC, once the form is valid."""

    until = forms.BooleanField(
        label=gettext_lazy("Send nothing after a time"),
        required=False,
        help_text=gettext_lazy("What has not left by then expires and is not sent."),
    )
    last_day = day_field(gettext_lazy("Last day"))
    last_time = time_field(gettext_lazy("Last time"))
    per_second = forms.IntegerField(
        label=gettext_lazy("At most per second"), required=False, min_value=1
    )
    reference = forms.CharField(
        label=gettext_lazy("Ticket"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("For rows that have none of their own."),
        widget=forms.TextInput({"placeholder": gettext_lazy("Optional"), "autocomplete": "off"}),
    )

    def __init__(self, batch: Batch, regions: Sequence[str], data: QueryDict | None = None) -> None:
        """`regions`: those of the file's numbers (ISO 3166), the most frequent first."""
        self.workflow = batch.workflow
        self._own_regions = list(regions)
        super().__init__(data)
        self.not_after: datetime | None = None
        most = batch.account.sends_per_second
        self.initial = {
            **self.initial,
            "last_day": timezone.localdate(),
            "last_time": END_OF_DAY,
        }
        pace = self.fields["per_second"]
        pace.max_value = most  # type: ignore[attr-defined]
        pace.validators.append(self._not_faster_than(most))
        pace.widget.attrs |= {"max": most, "placeholder": most, "inputmode": "numeric"}
        pace.help_text = _("The account sends at most %(most)s.") % {"most": most}

    @property
    def recipients_as_typed(self) -> Sequence[Recipient | None]:
        return []

    @property
    def _regions(self) -> list[str]:
        return self._own_regions

    @property
    def zone_choices(self) -> list[tuple[str, str]]:
        return [
            (zone, _("The customers’") if zone == "customer" else label)
            for zone, label in super().zone_choices
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not cleaned.get("until"):
            for name in ("last_day", "last_time"):
                self.errors.pop(name, None)
        elif not self.errors:
            try:
                self.not_after = self._last_moment(cleaned)
            except forms.ValidationError as error:
                self.add_error(None, error)
        return cleaned

    def _last_moment(self, cleaned: dict[str, Any]) -> datetime:
        day, clock = cleaned.get("last_day"), cleaned.get("last_time")
        if day is None or clock is None:
            name = "last_day" if day is None else "last_time"
            raise forms.ValidationError({name: _("Choose the time after which nothing leaves.")})
        local = datetime.combine(day, clock)
        zone = self._zones()[0] if self.is_later else timezone.get_current_timezone()
        last = moment_of(local, zone)
        if last <= (self.not_before or timezone.now()):
            words = _("Choose a time after the one at which the first message leaves.")
            raise forms.ValidationError({"last_time": words})
        return last

    @staticmethod
    def _not_faster_than(most: int) -> Any:
        def validate(value: int) -> None:
            if value > most:
                words = _("The account sends at most %(most)s per second.")
                raise forms.ValidationError(words % {"most": most})

        return validate
