"""What a change of the set-up changed: the fields, and their values before and after as text.

No key is among them: the versions do not have it. Values of a sensitive parameter are left out, and
what may be a phone number in a text is masked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, Field, ForeignKey
from django.utils.formats import number_format
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invocations.kaleyra.redaction import mask_numbers

MAX_CHARACTERS = 80
CONTEXT = 16
"""Characters of an unchanged text that are shown on each side of what has changed in it."""
NOT_TOLD = {"id", "history_id", "created_at", "paused_because", "binding"}
"""Columns that mean nothing to a reader, or that another one tells."""
IDS = {"sid", "workflow_instance_id", "api_domain", "code", "last_four", "key", "home_country"}
"""Texts that are shown as they are: they are no numbers, though they may look like some."""
OF_THE_KEY_ALONE = {"sid"}
"""A key's own copy of its account's SID."""

PHRASES = {
    "title": gettext_lazy("the name"),
    "code": gettext_lazy("the code"),
    "api_domain": gettext_lazy("the host"),
    "pod": gettext_lazy("the region"),
    "sid": gettext_lazy("the SID"),
    "home_country": gettext_lazy("the home country"),
    "sends_per_second": gettext_lazy("the messages sent per second"),
    "retry_ambiguous": gettext_lazy("what follows an unclear answer"),
    "paused_reason": gettext_lazy("the reason of the pause"),
    "account": gettext_lazy("the account"),
    "last_four": gettext_lazy("the key’s last four characters"),
    "is_primary": gettext_lazy("whether it is the key that sends"),
    "kaleyra_owner": gettext_lazy("who made it at Kaleyra"),
    "workflow_instance_id": gettext_lazy("the workflow ID"),
    "description": gettext_lazy("the description"),
    "stage": gettext_lazy("the stage"),
    "is_active": gettext_lazy("whether it is on the send page"),
    "valid_minutes": gettext_lazy("the minutes until a message expires"),
    "values_kept_days": gettext_lazy("the days for which values are kept"),
    "expects_callback": gettext_lazy("whether results are expected"),
    "position": gettext_lazy("the order"),
    "kind": gettext_lazy("the kind"),
    "is_otp": gettext_lazy("whether it is a one-time passcode"),
    "delay_seconds": gettext_lazy("the seconds it waits for a delivery report"),
    "label": gettext_lazy("the name"),
    "help_text": gettext_lazy("the help"),
    "sample": gettext_lazy("the example"),
    "required": gettext_lazy("whether it is required"),
    "is_sensitive": gettext_lazy("whether it is hidden"),
    "max_length": gettext_lazy("the characters allowed"),
    "pattern": gettext_lazy("the rule"),
    "choices": gettext_lazy("the choices"),
    "default": gettext_lazy("the value it begins with"),
}
"""A field in a sentence. One that is missing here has its own name."""

Name = Callable[[type, Any], str]
"""The name of a row of a model, by its id."""


@dataclass(frozen=True)
class Detail:
    """One field: `old` and `new` are empty where there was or is nothing, or nothing is shown."""

    field: str
    label: str
    old: str = ""
    new: str = ""


def details_of(record: Any, before: Any, name: Name) -> list[Detail]:
    """The fields in which two versions differ, in the order of the model."""
    return [
        _detail(field, record, before, name)
        for field in _told_fields(record)
        if getattr(record, field.attname) != getattr(before, field.attname)
    ]


def _told_fields(record: Any) -> Iterator[Field[Any, Any]]:
    is_key = record.instance_type.__name__ == "ApiKey"
    for field in record.tracked_fields:
        if field.name not in NOT_TOLD and not (is_key and field.name in OF_THE_KEY_ALONE):
            yield field


def _detail(field: Any, record: Any, before: Any, name: Name) -> Detail:
    label = str(PHRASES.get(field.name) or _("the %(field)s") % {"field": field.verbose_name})
    if is_hidden(field.name, record, before):
        return Detail(field.name, label)
    old, new = (_text(field, getattr(each, field.attname), name) for each in (before, record))
    if isinstance(old, str) and len(old) + len(new) > MAX_CHARACTERS:
        old, new = what_differs(old, new)
    return Detail(field.name, label, old, new)


def is_hidden(field: str, *versions: Any) -> bool:
    """Whether the values may not be shown: those that an admin gave for a sensitive value, and
    those that the trail does not have.
    """
    if any(field in getattr(version, "hidden", ()) for version in versions):
        return True
    return field in {"sample", "default", "choices"} and any(
        getattr(version, "is_sensitive", False) for version in versions
    )


def _text(field: Any, value: Any, name: Name) -> str:
    if isinstance(field, BooleanField):
        return _("yes") if value else _("no")
    if value in (None, ""):
        return ""
    if isinstance(field, ForeignKey):
        return name(field.related_model, value)
    if field.flatchoices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, int):
        return number_format(value)
    text = " ".join(str(value).split())
    return text if field.name in IDS else mask_numbers(text)


def shortened(text: str) -> str:
    return Truncator(text).chars(MAX_CHARACTERS)


def what_differs(old: str, new: str) -> tuple[str, str]:
    """The part of each text that the other does not have, with a few characters around it.

    >>> what_differs("Your refund arrives in 5 to 7 days", "Your refund arrives within 5 days")
    ('…refund arrives in 5 to 7 days', '…refund arrives within 5 days')
    """
    begin = 0
    for one, other in zip(old, new, strict=False):
        if one != other:
            break
        begin += 1
    end = 0
    for one, other in zip(reversed(old[begin:]), reversed(new[begin:]), strict=False):
        if one != other:
            break
        end += 1
    first, last = max(0, begin - CONTEXT), max(0, end - CONTEXT)
    while first and not old[first - 1].isspace():
        first -= 1
    return _cut(old, first, last), _cut(new, first, last)


def _cut(text: str, first: int, last: int) -> str:
    cut = text[first : len(text) - last]
    return shortened(f"{'…' if first else ''}{cut}{'…' if last else ''}")
