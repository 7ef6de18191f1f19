"""What narrows the history. Filters stand in the address; what is searched for never does, for it may be a number."""

from __future__ import annotations

import re
import uuid
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from invocations import sending
from invocations.kaleyra import recipients
from invocations.models import Account, Invocation, WorkflowInstance


class PersonField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not subscriptable when it runs
    """People by their names, in a list."""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.get_full_name() or obj.get_username())


# Beyond these a day's midnight is no moment any more, in one time zone or another.
DAYS = [MinValueValidator(date(1970, 1, 2)), MaxValueValidator(date(2999, 12, 31))]


class HistoryFilter(forms.Form):
    """Filters by what an admin set up, who sent and when. Wrong values in an address narrow nothing and are told."""

    status = forms.ChoiceField(label=_("Status"), required=False, choices=[("", _("Any status")), *Invocation.Status.choices])
    workflow = forms.ModelChoiceField(WorkflowInstance.objects.all(), label=_("Workflow"), required=False, empty_label=_("Any workflow"))
    account = forms.ModelChoiceField(Account.objects.all(), label=_("Account"), required=False, empty_label=_("Any account"))
    person = PersonField(User.objects.order_by("username"), label=_("Sent by"), required=False, empty_label=_("Anybody"))
    since = forms.DateField(label=_("From"), required=False, validators=DAYS, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("To"), required=False, validators=DAYS, widget=forms.DateInput(attrs={"type": "date"}))

    FIELDS = {"status": "status", "workflow": "workflow_instance", "account": "account", "person": "created_by"}

    def narrow(self, found: QuerySet[Invocation]) -> QuerySet[Invocation]:
        """`found`, narrowed by every valid filter. Days are those of the person's time zone."""
        self.is_valid()
        chosen = self.cleaned_data
        found = found.filter(**{column: chosen[name] for name, column in self.FIELDS.items() if chosen.get(name)})
        if chosen.get("since"):
            found = found.filter(created_at__gte=_midnight(chosen["since"]))
        if chosen.get("until"):
            found = found.filter(created_at__lt=_midnight(chosen["until"] + timedelta(days=1)))
        return found

    @property
    def chosen(self) -> dict[str, str]:
        """The valid filters as they stand in an address."""
        self.is_valid()
        return {name: self.data[name] for name in self.fields if self.cleaned_data.get(name)}


def _midnight(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


class HistorySearch(forms.Form):
    """One box for a request id, Kaleyra's id, a ticket or a whole phone number; its shape tells which columns are asked."""

    q = forms.CharField(label=_("Find"), max_length=120, required=False)

    def narrow(self, found: QuerySet[Invocation]) -> QuerySet[Invocation]:
        """`found`, narrowed to what was typed; nothing of it where that can be no id, ticket or number."""
        if not self.is_valid():
            return found.none()
        typed = self.cleaned_data["q"]
        if not typed:
            return found
        matches = Q(reference__iexact=typed) | Q(workflow_invocation_id=typed)
        if re.fullmatch(r"[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}", typed):
            matches |= Q(request_id=uuid.UUID(typed))
        try:
            matches |= sending.with_recipient(recipients.clean(typed).digits)
        except recipients.RecipientError:
            pass  # it is an id or a ticket then
        return found.filter(matches)
