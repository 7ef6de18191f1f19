"""The form in which a person gives a scheduled message another time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from invocations.forms.when import LATER, WhenFields
from invocations.kaleyra.recipients import Recipient
from invocations.models import WorkflowInstance


class RescheduleForm(WhenFields):
    """`was` is the time that the page showed: a press changes no other."""

    was = forms.CharField(widget=forms.HiddenInput)

    def __init__(
        self,
        workflow: WorkflowInstance,
        not_before: datetime,
        numbers: Sequence[Recipient],
        data: QueryDict | None = None,
    ) -> None:
        self.workflow = workflow
        self._numbers = numbers
        local = timezone.localtime(not_before)
        initial: dict[str, Any] = {
            "when": LATER,
            "day": local.date(),
            "time": local.time(),
            "was": not_before.isoformat(),
        }
        super().__init__(data, initial=initial, label_suffix="")
        del self.fields["when"]

    @property
    def is_later(self) -> bool:
        return True

    @property
    def recipients_as_typed(self) -> Sequence[Recipient | None]:
        return self._numbers

    @property
    def time_shown(self) -> datetime | None:
        """The message's time when the page was opened; None if it was tampered with."""
        try:
            return parse_datetime(self["was"].value() or "")
        except ValueError:
            return None
