"""What an incident is about, in plain words, and where to look. No number of a customer and no value is ever part of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from invocations import pauses
from invocations.listed import listed
from invocations.models import Incident, Invocation
from invocations.statuses import REASONS, advice

Kind, Status = Incident.Kind, Invocation.Status
LOOKS: dict[str, tuple[str, str]] = {
    Kind.REFUSALS: ("rejected", "block"),
    Kind.PAUSED: ("held", "pause_circle"),
    Kind.UNREACHABLE: ("held", "link_off"),
    Kind.UNKNOWN: ("unknown", "question_mark"),
    Kind.NO_RESULTS: ("unknown", "hourglass_disabled"),
}
"""Tone and icon by kind."""
BEGAN_BEFORE = timedelta(hours=2)
"""How long before an incident opens the oldest of its messages may have been recorded: both channels' waits, and an hour of looking."""


@dataclass(frozen=True)
class Words:
    """`title`, `says` and `next` (what to do) are the console's own words; `quoted` is Kaleyra's, without ids.

    `address` leads to the messages, or to the page on which something is done about them.
    """

    title: str
    says: str
    next: str
    tone: str
    icon: str
    address: str
    quoted: str = ""


def words_of(incident: Incident, *, quoting: bool = True) -> Words:
    """How the incident is told. Its account, the account's keys and its workflow should be loaded with it.

    Without `quoting` nothing that Kaleyra said is in it, nor in the address: that may hold a value.
    """
    about = {"name": (incident.workflow_instance or incident.account).title, "count": incident.count}
    tone, icon = LOOKS[incident.kind]
    title, says, steps = _TEXTS[incident.kind](about, incident)
    quoted = incident.reason if quoting and incident.kind == Kind.REFUSALS else ""
    return Words(title, says, steps, tone, icon, _address(incident, quoted), quoted)


Told = tuple[str, str, str]
"""Title, what is so, what to do."""


def _refusals(about: dict[str, object], incident: Incident) -> Told:
    title = ngettext("%(count)s refusal of one kind: %(name)s", "%(count)s refusals of one kind: %(name)s", incident.count)
    known = [str(sentence) for sentence in advice([incident.reason])]
    says = _("Kaleyra refuses what is sent with this workflow. This is over as soon as it takes a message.")
    return title % about, says, " ".join(known) or _("Read Kaleyra’s reason, and have put right what it names: the values, or the flow.")


def _paused(about: dict[str, object], incident: Incident) -> Told:
    title = _("%(name)s was paused by the console") % about
    waits = _("Nothing leaves through it; what is sent waits.")
    if incident.workflow_instance:
        steps = _("Check the workflow ID: another one lets it go on. Or press “Resume the workflow” on the dashboard.")
        return title, f"{_('Kaleyra answered that there is no such workflow.')} {waits}", steps
    mend = pauses.where_to_mend(incident.account, incident.reason).label
    steps = _("%(mend)s. It goes on within five minutes then, or at once with “Resume the account” on the dashboard.") % {"mend": mend}
    return title, f"{REASONS.get(incident.reason, '')} {waits}".strip(), steps


def _unreachable(about: dict[str, object], incident: Incident) -> Told:
    says = _(
        "Several attempts in a row led nowhere. As long as a message waits one is made every ten seconds; all go on once one gets through."
    )
    steps = _(
        "Wait some minutes. If it lasts, have checked whether this machine reaches the pod’s host, and whether Kaleyra reports a fault."
    )
    return _("%(name)s cannot be reached") % about, says, steps


def _unknown(about: dict[str, object], incident: Incident) -> Told:
    title = ngettext("%(count)s outcome unknown: %(name)s", "%(count)s outcomes unknown: %(name)s", incident.count)
    says = _("For a quarter of an hour no answer has settled it. The message may have gone out.")
    return title % about, says, _("Check safely. If that settles nothing, ask the customer whether a message came, and settle it.")


def _no_results(about: dict[str, object], incident: Incident) -> Told:
    title = ngettext("%(count)s result missing: %(name)s", "%(count)s results missing: %(name)s", incident.count)
    says = _(
        "Kaleyra takes the messages and reports no results. Its callback profile may have been turned off (Kaleyra does so by itself "
        "after errors), or its address or secret no longer fit."
    )
    steps = _("Compare the account’s Results page with the callback profile at Kaleyra. “Check this key” on its API key’s page helps.")
    return title % about, says, steps


_TEXTS: dict[str, Callable[[dict[str, object], Incident], Told]] = {
    Kind.REFUSALS: _refusals,
    Kind.PAUSED: _paused,
    Kind.UNREACHABLE: _unreachable,
    Kind.UNKNOWN: _unknown,
    Kind.NO_RESULTS: _no_results,
}


def _address(incident: Incident, error: str) -> str:
    """The history, narrowed to what the incident is about; of unknown outcomes, the page on which they are settled."""
    whose: dict[str, int] = {"account": incident.account_id}
    if incident.workflow_instance_id:
        whose = {"workflow": incident.workflow_instance_id}
    day = timezone.localtime(incident.opened_at - BEGAN_BEFORE).date().isoformat()
    if incident.kind == Kind.UNKNOWN:
        return f"{reverse('unknown')}?{urlencode(whose)}"
    if incident.kind == Kind.REFUSALS:
        return listed(status=Status.REJECTED.value, **whose, since=day, error=error)
    if incident.kind == Kind.NO_RESULTS:
        return listed(delivery=Invocation.Delivery.NO_RESULT.value, **whose, since=day)
    # A workflow's pause holds none: what waits for it is queued still.
    is_held = incident.kind == Kind.PAUSED and not incident.workflow_instance_id
    return listed(status=(Status.HELD if is_held else Status.QUEUED).value, **whose)
