"""Rows of the trail for the list of changes: which ones a viewer sees, and what they are about."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import Group, User
from django.db.models import Min, Q, QuerySet

from invocations.audit import verbs
from invocations.history.change import Kind
from invocations.models import (
    Account,
    ApiKey,
    Batch,
    Channel,
    Invocation,
    KillSwitch,
    Parameter,
    Pod,
    TrailRow,
    WorkflowInstance,
)
from invocations.models.viewer import Viewer

VERSIONED: dict[str, Any] = {
    "account": Account,
    "apikey": ApiKey,
    "channel": Channel,
    "killswitch": KillSwitch,
    "parameter": Parameter,
    "pod": Pod,
    "workflowinstance": WorkflowInstance,
}
"""The models whose versions `audit.versions` records, by `about_kind`."""
LINKED: dict[str, Any] = {
    **VERSIONED,
    "batch": Batch,
    "group": Group,
    "invocation": Invocation,
    "user": User,
}
TOLD_BESIDE = {"only_listed", "needs_approval"}
"""Columns whose change has a row and a sentence of its own (`limit_changed`, `went_live`)."""
AT_ONCE = timedelta(seconds=10)
"""Between the rows of one deed, on a machine under load, too."""
BEGINS_BEFORE = timedelta(seconds=1)
"""The version in the change history is a moment older than its row of the trail."""

_ACCOUNTS = Q(about_kind__in=["account", "apikey", "pod"])
_WORKFLOWS = Q(about_kind__in=["workflowinstance", "channel", "parameter"])
_OF_WORKFLOWS = [
    *["invocation", "batch", "export", "callback", "approval"],
    *["workflowinstance", "channel", "parameter"],
]
"""Kinds of which a workflow that is kept for groups may be one."""
_SETTING = Q(verb=verbs.SETTING_CHANGED)
_STOPS = [verbs.STOPPED_ALL, verbs.RESUMED_ALL, verbs.PAUSED, verbs.RESUMED]


def of_kind(kind: Kind, verbs_of: dict[Kind, list[str]]) -> Q:
    """The condition of the rows of `kind`. `verbs_of`: the deeds of each (`trail_sentences`)."""
    others = Q(verb__in=verbs_of.get(kind, []))
    if kind == Kind.ACCOUNTS:
        return _SETTING & _ACCOUNTS | others
    if kind == Kind.WORKFLOWS:
        return _SETTING & _WORKFLOWS | others
    return others | Q(verb__in=_STOPS) if kind == Kind.STOPS else others


def rows_for(viewer: Viewer) -> QuerySet[TrailRow]:
    """Changes and sign-ins of superusers are shown to superusers alone. Whoever does not read all
    messages sees of messages, files and workflows only what they did themselves.
    """
    rows = TrailRow.objects.all()
    if not viewer.reading.is_whole:
        own = str(viewer.user.pk) if viewer.user else ""
        rows = rows.exclude(~Q(who_id=own) & Q(about_kind__in=_OF_WORKFLOWS))
    if viewer.user and viewer.user.is_superuser:
        return rows
    superusers = User.objects.filter(is_superuser=True).values_list("pk", flat=True)
    ids = [str(pk) for pk in superusers]
    told_of = Q(verb__in=(*verbs.PEOPLE, verbs.SIGN_IN_REFUSED), about_kind="user")
    signed = Q(verb__in=[verbs.SIGNED_IN, verbs.SIGNED_OUT], who_id__in=ids)
    return rows.exclude(told_of & Q(about_id__in=ids)).exclude(signed)


def about(kind: str, key: str) -> Q:
    """The condition of the rows about a record: "account" and "3". With an account come its keys
    and workflows, with a workflow its channels and values.
    """
    kind = {"workflow": "workflowinstance"}.get(kind, kind)
    found = Q(about_kind=kind, about_id=key)
    if kind not in ("account", "workflowinstance"):
        return found
    workflows = {key}
    if kind == "account":
        found |= _of("apikey", ApiKey.history.filter(account_id=key))
        versions = WorkflowInstance.history.filter(account_id=key)
        workflows = {str(pk) for pk in versions.values_list("id", flat=True)}
        found |= Q(about_kind="workflowinstance", about_id__in=workflows)
    channels = Channel.history.filter(workflow_instance_id__in=workflows)
    parameters = Parameter.history.filter(channel_id__in=channels.values("id"))
    return found | _of("channel", channels) | _of("parameter", parameters)


def _of(kind: str, versions: QuerySet[Any]) -> Q:
    ids = {str(pk) for pk in versions.values_list("id", flat=True)}
    return Q(about_kind=kind, about_id__in=ids)


def trail_begins() -> datetime | None:
    """Changes before this stand in the tables of the change history alone; None: all do."""
    first: datetime | None = TrailRow.objects.aggregate(first=Min("at"))["first"]
    return first - BEGINS_BEFORE if first else None


@dataclass
class Related:
    """What the sentences of a page of rows need, in a few queries: who, and what still exists."""

    people: dict[str, User] = field(default_factory=dict)
    alive: set[tuple[str, str]] = field(default_factory=set)


def related_to(rows: Iterable[TrailRow]) -> Related:
    ids: dict[str, set[str]] = {}
    people = set()
    for row in rows:
        people |= {row.who_id, row.about_id if row.about_kind == "user" else ""}
        if row.about_kind in LINKED and row.about_id:
            ids.setdefault(row.about_kind, set()).add(row.about_id)
    users = User.objects.filter(pk__in=[int(pk) for pk in people if pk.isdecimal()])
    alive = {
        (kind, str(pk))
        for kind, keys in ids.items()
        for pk in LINKED[kind].objects.filter(pk__in=keys).values_list("pk", flat=True)
    }
    return Related({str(user.pk): user for user in users}, alive)


def facts_of(row: TrailRow) -> dict[str, Any]:
    """Empty if they cannot be read: `manage.py verify_audit` says what became of the row."""
    try:
        facts = json.loads(row.facts)
    except ValueError:
        return {}
    return facts if isinstance(facts, dict) else {}


def join_replaced(rows: Iterable[TrailRow]) -> set[int]:
    """Django replaces groups by taking some away and then giving others: two rows of one deed. The
    newer one of `rows` (newest first) is made to tell both. Returns the ids of the older ones.
    """
    newest: dict[tuple[str, ...], TrailRow] = {}
    joined = set()
    for row in rows:
        if row.verb != verbs.RIGHTS_CHANGED:
            continue
        facts = facts_of(row)
        what = str(facts.get("what"))
        old, new = facts.get("changed", {}).get(what, [None, None])
        key = (row.who_id, row.about_kind, row.about_id, what)
        later = newest.pop(key, None)
        told = facts_of(later) if later else {}
        if later and later.at - row.at < AT_ONCE and told["changed"][what][0] == new:
            told["changed"][what][0] = old
            later.facts = json.dumps(told)
            joined.add(row.pk)
        else:
            newest[key] = row
    return joined


def versions_of(row: TrailRow, by: User | None) -> tuple[Any, Any, Sequence[list[str]]]:
    """The version that `row` tells of, the one before it or None, and the groups of both.

    They are versions as django-simple-history has them, made from what the trail says and not
    from its tables.
    """
    model, facts = VERSIONED[row.about_kind], facts_of(row)
    now, hidden = facts.get("now", {}), facts.get("hidden", [])
    version = _version(model, now, dict.fromkeys(hidden, "*"))
    before = None
    if facts.get("op") == "~":
        was = facts.get("was", {})
        is_told_beside = was and was.keys() <= TOLD_BESIDE
        before = _version(model, now | ({} if is_told_beside else was), dict.fromkeys(hidden, ""))
        before.history_type = "~"
        before.hidden = hidden
    version.history_type = facts.get("op", "~")
    version.history_change_reason = facts.get("reason") or None
    version.history_user = by
    version.history_date = row.at
    if row.about_kind == "killswitch":
        version.changed_by = by
    return version, before, facts.get("groups", [[], []])


def _version(model: Any, columns: dict[str, Any], hidden: dict[str, str]) -> Any:
    version = model.history.model()
    for each in version.tracked_fields:
        if each.attname in columns:
            setattr(version, each.attname, each.to_python(columns[each.attname]))
    for name, value in hidden.items():
        setattr(version, name, value)
    return version
