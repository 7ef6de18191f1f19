"""Finds by name whose changes a viewer may list: accounts, workflows, regions, keys, people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group, User
from django.db.models import Q, Value
from django.db.models.functions import Concat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invocations.history.meanings import Text
from invocations.history.wording import person_name
from invocations.models import Account, ApiKey, Pod, WorkflowInstance, permissions
from invocations.models.viewer import Viewer

MAX_MATCHES = 10
"""Of each kind. Of more, the person types more of the name."""

_VERSIONED: tuple[tuple[str, Any, Text], ...] = (
    ("account", Account, gettext_lazy("Account %(name)s")),
    ("workflow", WorkflowInstance, gettext_lazy("Workflow %(name)s")),
    ("apikey", ApiKey, gettext_lazy("API key %(name)s")),
    ("pod", Pod, gettext_lazy("Region %(name)s")),
)


@dataclass(frozen=True)
class Match:
    """`filters`: what narrows the list of changes to it, as in an address."""

    label: str
    filters: dict[str, str]


def matches_named(text: str, viewer: Viewer) -> list[Match]:
    """Whose name contains `text`: also deleted records, and by earlier names."""
    if "\0" in text:  # stands in no name, and PostgreSQL refuses it in a query
        return []
    return [*_people(text, viewer), *_records(text, viewer)]


def _records(text: str, viewer: Viewer) -> Iterator[Match]:
    for kind, model, label in _VERSIONED:
        named = model.history.filter(title__icontains=text).order_by("id")
        if model is WorkflowInstance:
            named = named.exclude(id__in=viewer.reading.hidden)
        ids = list(named.values_list("id", flat=True).distinct()[:MAX_MATCHES])
        newest = model.history.filter(id__in=ids).order_by("history_id")
        titles = dict(newest.values_list("id", "title"))
        for pk, title in titles.items():
            yield Match(str(label) % {"name": title}, {"of": f"{kind}-{pk}"})


def _people(text: str, viewer: Viewer) -> Iterator[Match]:
    full_name = Concat("first_name", Value(" "), "last_name")
    named = User.objects.annotate(full_name=full_name).filter(
        Q(full_name__icontains=text) | Q(username__icontains=text)
    )
    people = list(named.order_by("username")[:MAX_MATCHES])
    for person in people:
        words = _("Made by %(person)s") % {"person": person_name(person)}
        yield Match(words, {"person": str(person.pk)})
    if not viewer.may(permissions.VIEW_PEOPLE):
        return
    sees_superusers = bool(viewer.user and viewer.user.is_superuser)
    for person in people:
        if sees_superusers or not person.is_superuser:
            words = _("What was changed of %(person)s") % {"person": person_name(person)}
            yield Match(words, {"of": f"user-{person.pk}"})
    for group in Group.objects.filter(name__icontains=text).order_by("name")[:MAX_MATCHES]:
        yield Match(_("Group %(name)s") % {"name": group.name}, {"of": f"group-{group.pk}"})
