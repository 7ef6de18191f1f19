"""What the history's filters by workflow, account and person offer: one query for all three."""

from __future__ import annotations

from typing import NamedTuple

from django.contrib.auth.models import User
from django.db.models import F, Value

from invocations.kaleyra.address import is_loopback
from invocations.models import Account
from invocations.models.reading import Reading

Choices = list[tuple[int, str]]


class FilterChoices(NamedTuple):
    """IDs and names, by name. `has_practice`: whether one of the accounts is in a practice pod."""

    workflow: Choices
    account: Choices
    person: Choices
    has_practice: bool


def filter_choices(reading: Reading) -> FilterChoices:
    """Of workflows those that are read. Only names are asked for: the rows are wide."""
    columns = ("kind", "pk", "name", "second", "third")
    workflows = reading.workflows().annotate(
        kind=Value("workflow"), name=F("title"), second=Value(""), third=Value("")
    )
    accounts = Account.objects.annotate(
        kind=Value("account"), name=F("title"), second=F("pod__api_domain"), third=Value("")
    )
    people = User.objects.annotate(
        kind=Value("person"), name=F("username"), second=F("first_name"), third=F("last_name")
    )
    parts = [each.order_by().values_list(*columns) for each in (workflows, accounts, people)]
    found = FilterChoices([], [], [], has_practice=False)
    for kind, pk, name, second, third in parts[0].union(*parts[1:], all=True).order_by("name"):
        if kind == "workflow":
            found.workflow.append((pk, name))
        elif kind == "account":
            found.account.append((pk, name))
            found = found._replace(has_practice=found.has_practice or is_loopback(second))
        else:
            found.person.append((pk, f"{second} {third}".strip() or name))
    return found
