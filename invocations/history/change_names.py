"""The names of what a page of changes is about, looked up once for all rows of one kind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import Group, User
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from invocations.history.change_rows import Row
from invocations.history.wording import person_name
from invocations.models import Account, ApiKey, Channel, Pod, WorkflowInstance
from invocations.models.viewer import Viewer


@dataclass
class Names:
    """Titles by model and id. A deleted row has the title of its last version, and no link."""

    titles: dict[tuple[type, Any], str] = field(default_factory=dict)
    alive: set[tuple[type, Any]] = field(default_factory=set)
    workflow_of_channel: dict[int, tuple[int, str]] = field(default_factory=dict)
    """Workflow id and kind, also of deleted channels."""
    groups: dict[int, list[str]] = field(default_factory=dict)
    """Names of the groups of a workflow's version, by its history id."""

    def of(self, model: type, pk: Any) -> str:
        return self.titles.get((model, pk)) or _("something deleted")

    def shown(self, model: Any, pk: Any, title: str = "") -> SafeString:
        """The title, as a link to the record's page if there still is one."""
        text = title or self.of(model, pk)
        if (model, pk) not in self.alive:
            return format_html("<em>{}</em>", text)
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[pk])
        return format_html('<a href="{}"><em>{}</em></a>', url, text)


def names_for(rows: Sequence[Row]) -> Names:
    """What the sentences about `rows` need, in a few queries, whatever their number."""
    names = Names()
    names.workflow_of_channel = {
        pk: (workflow, kind)
        for pk, workflow, kind in Channel.history.filter(
            id__in=_ids(rows, {"parameter": "channel_id"})
        )
        .order_by("history_id")
        .values_list("id", "workflow_instance_id", "kind")
    }
    workflows = _ids(rows, {"workflow": "id", "channel": "workflow_instance_id"})
    _look_up(
        names, WorkflowInstance, workflows | {w for w, _k in names.workflow_of_channel.values()}
    )
    accounts = {"account": "id", "apikey": "account_id", "workflow": "account_id"}
    _look_up(names, Account, _ids(rows, accounts))
    _look_up(names, Pod, _ids(rows, {"pod": "id", "account": "pod_id"}))
    _look_up_people(names, rows)
    _look_up_groups(names, rows)
    return names


def _ids(rows: Iterable[Row], columns: dict[str, str]) -> set[Any]:
    """The ids in a column of the rows of each source, and of the versions before them."""
    return {
        getattr(version, columns[row.source])
        for row in rows
        if row.source in columns
        for version in (row.record, row.before)
        if version is not None
    }


def _look_up(names: Names, model: Any, ids: set[Any]) -> None:
    if not ids:
        return
    alive = {
        pk: str(title) for pk, title in model.objects.filter(pk__in=ids).values_list("pk", "title")
    }
    gone = model.history.filter(id__in=ids - alive.keys()).order_by("history_id")
    titles = dict(gone.values_list("id", "title")) | alive
    names.titles |= {(model, pk): title for pk, title in titles.items()}
    names.alive |= {(model, pk) for pk in alive}


def _look_up_people(names: Names, rows: Sequence[Row]) -> None:
    """Who and which group the admin's log is about: by their name of today, if they are there."""
    ids = {int(row.record.object_id) for row in rows if row.source == "person"}
    if not ids:
        return
    for person in User.objects.filter(pk__in=ids):
        names.titles[User, person.pk] = person_name(person)
    names.titles |= {(Group, group.pk): group.name for group in Group.objects.filter(pk__in=ids)}
    names.alive |= names.titles.keys() & {(model, pk) for model in (User, Group) for pk in ids}


def _look_up_groups(names: Names, rows: Sequence[Row]) -> None:
    versions = [
        version
        for row in rows
        if row.source == "workflow" and row.place is None
        for version in (row.record, row.before)
        if version is not None
    ]
    if not versions:
        return
    kept = versions[0].groups.model.objects.filter(history__in=versions)
    for version, group in kept.order_by("group__name").values_list("history_id", "group__name"):
        names.groups.setdefault(version, []).append(group)


RECORDS: dict[str, Any] = {
    "account": Account,
    "apikey": ApiKey,
    "group": Group,
    "pod": Pod,
    "user": User,
    "workflow": WorkflowInstance,
}
"""The records whose changes are shown alone, by their kind in an address."""


def record_name(of: str, viewer: Viewer) -> str:
    """The name of the record "account-3"; empty if there is none that `viewer` reads."""
    kind, _dash, key = of.partition("-")
    if kind == "workflow" and not viewer.reading.reads_workflow(int(key)):
        return ""
    record = RECORDS[kind].objects.filter(pk=key).first()
    return person_name(record) if isinstance(record, User) else str(record or "")
