"""What an incident is about, in plain words, and where to look. No number of a customer and no value is ever part of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from invocations.history.links import history_url
from invocations.history.reasons import REASONS, advice_for
from invocations.models import Incident, Invocation, permissions
from invocations.models.permissions import Viewer
from invocations.monitoring import pauses, remedies

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


def words_of(
    incident: Incident, viewer: Viewer, *, is_stopped: bool = False, quoting: bool = True
) -> Words:
    """How the incident is told to `viewer`: the steps name only what they may do.

    Its account, the account's keys and its workflow should be loaded with it. `is_stopped`: all sending is stopped.

    Without `quoting` nothing that Kaleyra said is in it, nor in the address: that may hold a value.
    """
    about = {
        "name": (incident.workflow_instance or incident.account).title,
        "count": incident.count,
    }
    tone, icon = LOOKS[incident.kind]
    title, says, steps = _TEXTS[incident.kind](about, _Asked(incident, viewer, is_stopped))
    quoted = incident.reason if quoting and incident.kind == Kind.REFUSALS else ""
    return Words(title, says, steps, tone, icon, _address(incident, quoted), quoted)


Told = tuple[str, str, str]
"""Title, what is so, what to do."""


class _Asked(NamedTuple):
    """`is_stopped`: all sending is stopped."""

    incident: Incident
    viewer: Viewer
    is_stopped: bool


def _refusals(about: dict[str, object], asked: _Asked) -> Told:
    title = ngettext(
        "%(count)s refusal of one kind: %(name)s",
        "%(count)s refusals of one kind: %(name)s",
        asked.incident.count,
    )
    known = [str(sentence) for sentence in advice_for([asked.incident.reason])]
    says = _(
        "Kaleyra refuses what is sent with this workflow. This is over as soon as it takes a message."
    )
    return (
        title % about,
        says,
        " ".join(known)
        or _("Read Kaleyra’s reason, and have put right what it names: the values, or the flow."),
    )


def _paused(about: dict[str, object], asked: _Asked) -> Told:
    title = _("%(name)s was paused by the console") % about
    waits = _("Nothing leaves through it; what is sent waits.")
    if asked.incident.workflow_instance:
        says = f"{_('Kaleyra answered that there is no such workflow.')} {waits}"
        if not asked.viewer.may(permissions.CHANGE_WORKFLOW):
            return (
                title,
                says,
                _("Ask an admin to check the workflow ID and to let the workflow go on."),
            )
        return (
            title,
            says,
            _(
                "Check the workflow ID: another one lets it go on. Or press “Resume the workflow” on the dashboard."
            ),
        )
    says = f"{REASONS.get(asked.incident.reason, '')} {waits}".strip()
    trouble = remedies.key_problem(asked.incident.account)
    mend = remedies.remedy_for(asked.incident.account, trouble or asked.incident.reason)
    if not asked.viewer.may(mend.permission):
        return title, says, str(mend.asked)
    if trouble or not asked.viewer.may(permissions.CHANGE_ACCOUNT):
        return (
            title,
            says,
            _("%(mend)s. It goes on within five minutes then.") % {"mend": mend.label},
        )
    steps = _(
        "%(mend)s. It goes on within five minutes then, or at once with “Resume the account” on the dashboard."
    )
    return title, says, steps % {"mend": mend.label}


def _unreachable(about: dict[str, object], asked: _Asked) -> Told:
    says = _(
        "Several attempts in a row led nowhere. As long as a message waits one is made every ten seconds; all go on once one gets through."
    )
    steps = _(
        "Wait some minutes. If it lasts, have checked whether this machine reaches the pod’s host, and whether Kaleyra reports a fault."
    )
    return _("%(name)s cannot be reached") % about, says, steps


def _unknown(about: dict[str, object], asked: _Asked) -> Told:
    title = ngettext(
        "%(count)s outcome unknown: %(name)s",
        "%(count)s outcomes unknown: %(name)s",
        asked.incident.count,
    )
    says = ngettext(
        "For a quarter of an hour no answer has settled it. The message may have gone out.",
        "For a quarter of an hour no answer has settled them. Each of these messages may have gone out.",
        asked.incident.count,
    )
    is_kept_back = pauses.is_blocked(
        asked.incident.account, asked.incident.workflow_instance, is_stopped=asked.is_stopped
    )
    by_hand = (
        _("Ask the customers whether a message came, and settle what they say.")
        if asked.viewer.may(permissions.SETTLE)
        else _(
            "Ask the customers whether a message came, and ask an admin to settle what they say."
        )
    )
    if is_kept_back:
        return title % about, says, f"{by_hand} {_('While it is paused none can be checked.')}"
    if asked.viewer.may(permissions.SEND):
        return (
            title % about,
            says,
            f"{_('Press “Check safely” where it is offered. If that settles nothing:')} {by_hand}",
        )
    return title % about, says, by_hand


def _no_results(about: dict[str, object], asked: _Asked) -> Told:
    title = ngettext(
        "%(count)s result missing: %(name)s",
        "%(count)s results missing: %(name)s",
        asked.incident.count,
    )
    says = _(
        "Kaleyra takes the messages and reports no results. Its callback profile may have been turned off (Kaleyra does so by itself "
        "after errors), or its address or secret no longer fit."
    )
    if not asked.viewer.may(permissions.CHANGE_ACCOUNT):
        return (
            title % about,
            says,
            _(
                "Ask an admin to compare the account’s Results page with the callback profile at Kaleyra."
            ),
        )
    steps = _(
        "Compare the account’s Results page with the callback profile at Kaleyra. “Check this key” on its API key’s page helps."
    )
    return title % about, says, steps


_TEXTS: dict[str, Callable[[dict[str, object], _Asked], Told]] = {
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
        return history_url(status=Status.REJECTED.value, **whose, since=day, error=error)
    if incident.kind == Kind.NO_RESULTS:
        return history_url(delivery=Invocation.Delivery.NO_RESULT.value, **whose, since=day)
    # A workflow's pause holds none: what waits for it is queued still.
    is_held = incident.kind == Kind.PAUSED and not incident.workflow_instance_id
    return history_url(status=(Status.HELD if is_held else Status.QUEUED).value, **whose)
