"""What an incident is about, in plain words, and where to look. No number of a customer and no value is ever part of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from invocations.models import Incident, Invocation
from invocations.statuses import REASONS, advice

Kind = Incident.Kind
LOOKS: dict[str, tuple[str, str]] = {
    Kind.REFUSALS: ("rejected", "block"),
    Kind.PAUSED: ("held", "pause_circle"),
    Kind.UNREACHABLE: ("held", "link_off"),
    Kind.UNKNOWN: ("unknown", "question_mark"),
    Kind.NO_RESULTS: ("unknown", "hourglass_disabled"),
}
"""Tone and icon by kind."""


@dataclass(frozen=True)
class Words:
    """`title` and `says` are the console's own words; `quoted` is Kaleyra's, without ids; `address` leads to the messages."""

    title: str
    says: str
    tone: str
    icon: str
    address: str
    quoted: str = ""
    advice: tuple[str, ...] = ()


def words_of(incident: Incident) -> Words:
    """How the incident is told. Its account and workflow should be loaded with it."""
    about = {"name": (incident.workflow_instance or incident.account).title, "count": incident.count}
    tone, icon = LOOKS[incident.kind]
    title, says = _TEXTS[incident.kind](about, incident)
    quoted = incident.reason if incident.kind == Kind.REFUSALS else ""
    return Words(title, says, tone, icon, address_of(incident), quoted, tuple(str(sentence) for sentence in advice([quoted])))


def _refusals(about: dict[str, object], incident: Incident) -> tuple[str, str]:
    title = ngettext("%(count)s refusal of one kind: %(name)s", "%(count)s refusals of one kind: %(name)s", incident.count)
    return title % about, _("Kaleyra refuses what is sent with this workflow. This is over as soon as it takes a message.")


def _paused(about: dict[str, object], incident: Incident) -> tuple[str, str]:
    says = _("Nothing leaves through it until the set-up is mended; what is sent waits.")
    return _("%(name)s was paused by the console") % about, f"{REASONS.get(incident.reason, '')} {says}".strip()


def _unreachable(about: dict[str, object], incident: Incident) -> tuple[str, str]:
    says = _("Several attempts in a row led nowhere. One is made every ten seconds; everything goes on once it gets through.")
    return _("%(name)s cannot be reached") % about, says


def _unknown(about: dict[str, object], incident: Incident) -> tuple[str, str]:
    title = ngettext("%(count)s outcome unknown: %(name)s", "%(count)s outcomes unknown: %(name)s", incident.count)
    return title % about, _(
        "For a quarter of an hour no answer has settled it. The message may have gone out. A person decides what is next."
    )


def _no_results(about: dict[str, object], incident: Incident) -> tuple[str, str]:
    title = ngettext("%(count)s result missing: %(name)s", "%(count)s results missing: %(name)s", incident.count)
    return title % about, _(
        "Kaleyra takes the messages and reports no results. Its callback profile may have been turned off (Kaleyra does so by itself "
        "after errors), or its address or secret no longer fit."
    )


_TEXTS: dict[str, Callable[[dict[str, object], Incident], tuple[str, str]]] = {
    Kind.REFUSALS: _refusals,
    Kind.PAUSED: _paused,
    Kind.UNREACHABLE: _unreachable,
    Kind.UNKNOWN: _unknown,
    Kind.NO_RESULTS: _no_results,
}


def address_of(incident: Incident) -> str:
    """The history, narrowed to what the incident is about."""
    states: dict[str, tuple[str, str]] = {
        Kind.REFUSALS: ("status", Invocation.Status.REJECTED),
        Kind.PAUSED: ("status", Invocation.Status.HELD),
        Kind.UNREACHABLE: ("status", Invocation.Status.QUEUED),
        Kind.UNKNOWN: ("status", Invocation.Status.UNKNOWN),
        Kind.NO_RESULTS: ("delivery", Invocation.Delivery.NO_RESULT),
    }
    name, value = states[incident.kind]
    whose = {"workflow": incident.workflow_instance_id} if incident.workflow_instance_id else {"account": incident.account_id}
    query = {name: str(value), **whose}
    if incident.kind in (Kind.REFUSALS, Kind.NO_RESULTS):
        query["since"] = timezone.localtime(incident.opened_at).date().isoformat()
    return f"{reverse('history')}?{urlencode(query)}"
