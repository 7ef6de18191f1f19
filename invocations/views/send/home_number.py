"""The button that takes a number as one of the account's home country, on form and review."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.http import QueryDict

from invocations.composing.findings import Finding
from invocations.forms.recipient import RecipientField
from invocations.forms.send import SendForm
from invocations.kaleyra import recipients
from invocations.kaleyra.recipients import Recipient, country

EDIT, REVIEW = "home", "home-review"
"""The actions: the form is shown again, or the review. After a colon follows the position of the
channel, or 0 for both. The button names no number.
"""


@dataclass(frozen=True)
class HomeNumber:
    """What the button offers: the number as it would read at home, for who typed its digits."""

    action: str
    form_id: str
    formatted: str
    country: str


def offered(finding: Finding, form: SendForm, action: str, language: str) -> HomeNumber | None:
    """None if the finding is about no such number, or about one that this person may not see."""
    number = finding.facts.get("home_number")
    hidden = {field.kept.digits for field in _fields(form).values() if field.kept}
    if not isinstance(number, Recipient) or finding.facts.get("digits") in hidden:
        return None
    named = country(number.region, language)
    form_id = "confirm" if action == REVIEW else "compose"
    return HomeNumber(f"{action}:{finding.channel}", form_id, number.formatted, named)


def taken_home(form: SendForm, position: str) -> dict[str, str]:
    """By field, the numbers as they read at home, in place of those typed for this channel."""
    taken = {}
    names = {"1": ["recipient"], "2": ["recipient2"]}.get(position, ["recipient", "recipient2"])
    for name, field in _fields(form).items():
        number = _read(field, form[name].value()) if name in names else None
        at_home = recipients.home_reading(number.digits, field.home) if number else None
        if at_home and number != field.kept:
            taken[name] = at_home.formatted
    return taken


def with_home_numbers(form: SendForm, position: str) -> QueryDict:
    """What was posted of a bound `form`, with the numbers of `taken_home`."""
    posted = QueryDict(mutable=True)
    for name, values in cast(QueryDict, form.data).lists():
        posted.setlist(name, values)
    for name, number in taken_home(form, position).items():
        posted[name] = number
    return posted


def _fields(form: SendForm) -> dict[str, RecipientField]:
    return {name: each for name, each in form.fields.items() if isinstance(each, RecipientField)}


def _read(field: RecipientField, typed: Any) -> Recipient | None:
    try:
        number = field.clean(typed or "")
    except forms.ValidationError:
        return None
    return number if isinstance(number, Recipient) else None
