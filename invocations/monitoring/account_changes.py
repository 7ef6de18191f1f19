"""The last changes of an account, its API keys and its workflows, each as one sentence."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invocations.history.wording import person_name
from invocations.models import Account, ApiKey, WorkflowInstance
from invocations.monitoring.setup_step import moment_text
from invocations.sending.outcomes import TABLE

SHOWN = 5

ACCOUNT_FIELDS = {
    "title": gettext_lazy("name"),
    "pod_id": gettext_lazy("region"),
    "sid": gettext_lazy("SID"),
    "home_country": gettext_lazy("home country"),
    "sends_per_second": gettext_lazy("pace"),
    "retry_ambiguous": gettext_lazy("what follows an unclear answer"),
    "paused_reason": gettext_lazy("reason of the pause"),
}


@dataclass(frozen=True)
class AccountChange:
    """For example Devika Rao, "stored the API key that ends in m3Wp", "today, 10:12"."""

    who: str
    what: str
    at: datetime

    @property
    def when(self) -> str:
        return moment_text(self.at)


def last_changes(account: Account, shown: int = SHOWN) -> list[AccountChange]:
    """The newest ones, newest first."""
    histories: Sequence[Any] = (
        Account.history.filter(id=account.pk),
        ApiKey.history.filter(account_id=account.pk),
        WorkflowInstance.history.filter(account_id=account.pk),
    )
    found = [
        version
        for history in histories
        for version in history.select_related("history_user").order_by("-history_id")[:shown]
    ]
    newest = heapq.nlargest(shown, found, key=lambda version: version.history_date)
    return [AccountChange(_author(each), _sentence(each), each.history_date) for each in newest]


def _author(version: Any) -> str:
    if version.history_user:
        return person_name(version.history_user)
    by_itself = version.history_change_reason in TABLE
    return _("The console") if by_itself else _("A script")


def _sentence(version: Any) -> str:
    kind = version.instance_type
    before = version.prev_record if version.history_type == "~" else None
    if kind is ApiKey:
        return _of_key(version, before)
    if kind is WorkflowInstance:
        return _of_workflow(version, before)
    return _of_account(version, before)


def _changed(version: Any, before: Any, names: Mapping[str, Any] | Sequence[str]) -> list[str]:
    """Which of the columns differ from those of the version before."""
    return [name for name in names if getattr(version, name) != getattr(before, name)]


def _of_account(version: Any, before: Any) -> str:
    if version.history_type == "-":
        return _("deleted the account")
    if before is None:
        return _("added the account")
    if version.is_paused != before.is_paused:
        return _("paused the account") if version.is_paused else _("resumed the account")
    names = [str(ACCOUNT_FIELDS[name]) for name in _changed(version, before, ACCOUNT_FIELDS)]
    if not names:
        return _("saved the account, unchanged")
    return _("changed the %(fields)s") % {"fields": ", ".join(names)}


def _of_key(version: Any, before: Any) -> str:
    return _key_words(version, before) % {"four": version.last_four}


def _key_words(version: Any, before: Any) -> str:
    if version.history_type == "-":
        return _("deleted the API key that ends in %(four)s")
    if before is None or version.last_four != before.last_four:
        return _("stored the API key that ends in %(four)s")
    if version.is_primary != before.is_primary:
        if version.is_primary:
            return _("made the API key that ends in %(four)s primary")
        return _("put the API key that ends in %(four)s aside")
    return _("changed the API key that ends in %(four)s")


def _of_workflow(version: Any, before: Any) -> str:
    return next(_workflow_words(version, before)) % {
        "title": version.title,
        "stage": version.get_stage_display(),
    }


def _workflow_words(version: Any, before: Any) -> Iterator[str]:
    """The most telling words first."""
    if version.history_type == "-":
        yield _("deleted the workflow %(title)s")
    if before is None:
        yield _("added the workflow %(title)s")
    changed = _changed(version, before, ["stage", "is_paused", "is_active"])
    if "stage" in changed:
        yield _("switched %(title)s to %(stage)s")
    if "is_paused" in changed:
        yield _("paused %(title)s") if version.is_paused else _("resumed %(title)s")
    if "is_active" in changed:
        off = _("took %(title)s off the send page")
        yield _("put %(title)s on the send page") if version.is_active else off
    yield _("changed the workflow %(title)s")
