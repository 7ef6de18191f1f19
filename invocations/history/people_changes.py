"""A line of the admin's log about a person or a group, as a sentence.

The log holds the names of the fields that were changed. `admin.people` adds the groups before and
after to it, with `with_rights`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.contrib.admin.models import ADDITION, DELETION, LogEntry
from django.contrib.auth.models import Group, User
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from invocations.history.change_names import Names
from invocations.history.change_values import Detail

RIGHTS = "rights"
"""Name of the part of a log's message that holds the rights before and after."""


def with_rights(message: list[dict[str, Any]], old: str, new: str) -> list[dict[str, Any]]:
    """The log's message with the groups of a person before and after, if they differ.

    >>> with_rights([{"changed": {"fields": ["Groups"]}}], "Reviewer", "Support")
    [{'changed': {'fields': ['Groups'], 'rights': ['Reviewer', 'Support']}}]
    """
    if old == new:
        return message
    return [
        {verb: {**facts, RIGHTS: [old, new]}} if index == 0 else {verb: facts}
        for index, part in enumerate(message)
        for verb, facts in part.items()
    ]


def person_change(entry: LogEntry, names: Names) -> tuple[SafeString, Sequence[Detail]]:
    """What follows the name of whoever did it, and the rights before and after."""
    is_person = entry.content_type is not None and entry.content_type.model == "user"
    model = User if is_person else Group
    title = names.titles.get((model, int(entry.object_id or 0)), entry.object_repr)
    thing = names.shown(model, int(entry.object_id or 0), title)
    fields, rights = _facts(entry.change_message)
    if entry.action_flag == ADDITION:
        says = _("added {thing}") if is_person else _("added the group {thing}")
    elif entry.action_flag == DELETION:
        says = _("deleted {thing}") if is_person else _("deleted the group {thing}")
    elif fields == ["password"]:
        says = _("set a new password for {thing}")
    elif rights:
        says = _("changed what {thing} may do")
    else:
        says = _("changed {fields} of {thing}")
    words = ", ".join(str(field).lower() for field in fields) or _("something")
    details = [Detail("groups", "", *(right or _("none") for right in rights))] if rights else []
    return format_html(says, thing=thing, fields=words), details


def _facts(message: str) -> tuple[list[str], list[str]]:
    """The changed fields, and the rights before and after, if they were changed."""
    try:
        parts = json.loads(message or "[]")
    except ValueError:  # a text of a version of Django before 1.10
        return [], []
    facts = [part for each in parts if isinstance(each, dict) for part in each.values()]
    fields = [name for part in facts for name in part.get("fields", [])]
    rights: list[str] = next((part[RIGHTS] for part in facts if RIGHTS in part), [])
    return fields, rights
