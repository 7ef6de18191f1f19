"""The texts of an incident and its link. They never contain a customer's number or a value."""

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
from invocations.kaleyra.sentences import sentence_of
from invocations.models import Incident, Invocation, permissions
from invocations.models.viewer import Viewer
from invocations.monitoring import pauses, remedies
from invocations.sending.account_key import key_problem

Kind, Status = Incident.Kind, Invocation.Status
LOOKS: dict[str, tuple[str, str]] = {
    Kind.REFUSALS: ("rejected", "block"),
    Kind.PAUSED: ("held", "pause_circle"),
    Kind.UNREACHABLE: ("held", "link_off"),
    Kind.UNKNOWN: ("unknown", "question_mark"),
    Kind.NO_RESULTS: ("unknown", "hourglass_disabled"),
}
"""Tone and icon by kind."""
MESSAGES_BEGAN_WITHIN = timedelta(hours=2)
"""How old the oldest message of an incident may be when the incident opens.

Both channels' delays, and the hour over which the rules look back.
"""


@dataclass(frozen=True)
class Words:
    """The texts of one incident.

    `title`, `says` and `next` (what to do) are the console's own; `quoted` is Kaleyra's error text
    without ids. `address`: the messages in the history, or the page on which they are settled.
    """

    title: str
    says: str
    next: str
    tone: str
    icon: str
    address: str
    quoted: str = ""


class Reader(NamedTuple):
    """For whom the text is: their rights decide the steps.

    `is_stopped`: all sending is stopped. `has_sender`: the background sender is running.
    """

    viewer: Viewer
    is_stopped: bool = False
    has_sender: bool = True


def words_of(
    incident: Incident,
    viewer: Viewer,
    *,
    is_stopped: bool = False,
    has_sender: bool = True,
    quoting: bool = True,
) -> Words:
    """The texts of `incident`; load its workflow, account, pod and API keys with it.

    `is_stopped`, `has_sender`: as in `Reader`; the texts promise nothing that nobody does.
    Without `quoting` nothing that Kaleyra said is in the texts or the link: it may hold a value.
    """
    about = {
        "name": (incident.workflow_instance or incident.account).title,
        "count": incident.count,
    }
    tone, icon = LOOKS[incident.kind]
    reader = Reader(viewer, is_stopped, has_sender)
    title, says, steps = _TEXTS[incident.kind](about, incident, reader)
    quoted = incident.reason if quoting and incident.kind == Kind.REFUSALS else ""
    address = _address(incident, quoted)
    return Words(title, says, steps, tone, icon, address, sentence_of(quoted))


Sentences = tuple[str, str, str]
"""Title, what has happened, what to do."""


def _refusals(about: dict[str, object], incident: Incident, reader: Reader) -> Sentences:
    title = ngettext(
        "%(count)s message rejected for one reason: %(name)s",
        "%(count)s messages rejected for one reason: %(name)s",
        incident.count,
    )
    says = _(
        "Kaleyra rejects the messages of this workflow. This is over as soon as it accepts one."
    )
    advice = " ".join(str(sentence) for sentence in advice_for([incident.reason]))
    steps = advice or _("Read Kaleyra’s reason, and fix what it names: the values, or the flow.")
    return title % about, says, steps


def _paused(about: dict[str, object], incident: Incident, reader: Reader) -> Sentences:
    title = _("%(name)s was paused by the console") % about
    waits = _("Nothing leaves through it; what is sent waits.")
    if incident.workflow_instance:
        says = f"{_('Kaleyra answered that there is no such workflow.')} {waits}"
        return title, says, _steps_for_workflow(reader)
    says = f"{REASONS.get(incident.reason, '')} {waits}".strip()
    return title, says, _steps_for_account(incident, reader)


def _steps_for_workflow(reader: Reader) -> str:
    if not reader.viewer.may(permissions.CHANGE_WORKFLOW):
        return _("Ask an admin to check the workflow ID and to resume the workflow.")
    return _(
        "Check the workflow ID: with another one it is resumed. "
        "Or press “Resume the workflow” under “Needs you”."
    )


def _steps_for_account(incident: Incident, reader: Reader) -> str:
    problem = key_problem(incident.account)
    mend = remedies.remedy_for(incident.account, problem or incident.reason)
    if not reader.viewer.may(mend.permission):
        return str(mend.asked)
    has_button = not problem and reader.viewer.may(permissions.CHANGE_ACCOUNT)
    if not reader.has_sender:
        steps = (
            _("%(mend)s. Then press “Resume the account” under “Needs you”.")
            if has_button
            else _("%(mend)s. It is resumed once the background sender runs again.")
        )
    elif has_button:
        steps = _(
            "%(mend)s. It is resumed within five minutes then, "
            "or at once with “Resume the account” under “Needs you”."
        )
    else:
        steps = _("%(mend)s. It is resumed within five minutes then.")
    return steps % {"mend": mend.label}


def _unreachable(about: dict[str, object], incident: Incident, reader: Reader) -> Sentences:
    host = {"host": incident.account.pod.api_domain}
    title = _("%(name)s cannot be reached") % about
    says = _("Several attempts in a row failed.")
    ask = _("Ask IT whether this server can reach %(host)s, and Kaleyra whether it has a fault.")
    idle = _why_nothing_is_tried(incident, reader)
    if idle:
        return title, f"{says} {idle}", ask % host
    tried = _(
        "While messages wait, one is tried every 10 seconds; "
        "the others follow once one gets through."
    )
    wait = _(
        "Wait a few minutes. If it goes on, ask IT whether this server can reach %(host)s, "
        "and Kaleyra whether it has a fault."
    )
    return title, f"{says} {tried}", wait % host


def _why_nothing_is_tried(incident: Incident, reader: Reader) -> str:
    """Why none of the account's waiting messages is tried now; empty if one is."""
    if reader.is_stopped:
        return _("Nothing is tried while sending is stopped.")
    if incident.account.is_paused:
        return _("Nothing is tried while the account is paused.")
    if not reader.has_sender:
        return _("Nothing is tried: the background sender is not running.")
    return ""


def _unknown(about: dict[str, object], incident: Incident, reader: Reader) -> Sentences:
    title = ngettext(
        "%(count)s outcome unknown: %(name)s",
        "%(count)s outcomes unknown: %(name)s",
        incident.count,
    )
    says = ngettext(
        "Kaleyra has not answered clearly for 15 minutes. The message may have gone out.",
        "Kaleyra has not answered clearly for 15 minutes. Each of these messages may have gone"
        " out.",
        incident.count,
    )
    return title % about, says, _steps_for_unknown(incident, reader)


def _steps_for_unknown(incident: Incident, reader: Reader) -> str:
    is_blocked = pauses.is_blocked(
        incident.account, incident.workflow_instance, is_stopped=reader.is_stopped
    )
    by_hand = (
        _("Ask the customers if the message came, and record what they say.")
        if reader.viewer.may(permissions.SETTLE)
        else _("Ask the customers if the message came, and ask an admin to record it.")
    )
    if is_blocked:
        return f"{by_hand} {_('While it is paused none can be checked.')}"
    if reader.viewer.may(permissions.SEND):
        return f"{_('Press “Check safely” where it is offered. If that does not help:')} {by_hand}"
    return by_hand


def _no_results(about: dict[str, object], incident: Incident, reader: Reader) -> Sentences:
    title = ngettext(
        "%(count)s result missing: %(name)s", "%(count)s results missing: %(name)s", incident.count
    )
    says = _(
        "Messages are accepted, but no results come back. Kaleyra’s callback profile may have been "
        "turned off (Kaleyra does so by itself after errors), "
        "or its address or secret no longer fit."
    )
    steps = _(
        "Compare the account’s Results page with the callback profile at Kaleyra. "
        "“Check this key” on its API key’s page helps."
    )
    if not reader.viewer.may(permissions.CHANGE_ACCOUNT):
        steps = _(
            "Ask an admin to compare the account’s Results page "
            "with the callback profile at Kaleyra."
        )
    return title % about, says, steps


_TEXTS: dict[str, Callable[[dict[str, object], Incident, Reader], Sentences]] = {
    Kind.REFUSALS: _refusals,
    Kind.PAUSED: _paused,
    Kind.UNREACHABLE: _unreachable,
    Kind.UNKNOWN: _unknown,
    Kind.NO_RESULTS: _no_results,
}


def _address(incident: Incident, error: str) -> str:
    """URL of the history, filtered to the incident; of unknown outcomes, of the page for them."""
    scope: dict[str, int] = {"account": incident.account_id}
    if incident.workflow_instance_id:
        scope = {"workflow": incident.workflow_instance_id}
    day = timezone.localtime(incident.opened_at - MESSAGES_BEGAN_WITHIN).date().isoformat()
    if incident.kind == Kind.UNKNOWN:
        return f"{reverse('unknown')}?{urlencode(scope)}"
    if incident.kind == Kind.REFUSALS:
        return history_url(status=Status.REJECTED.value, **scope, since=day, error=error)
    if incident.kind == Kind.NO_RESULTS:
        return history_url(delivery=Invocation.Delivery.NO_RESULT.value, **scope, since=day)
    # Pausing a workflow holds no message: those that wait for it are still queued.
    is_held = incident.kind == Kind.PAUSED and not incident.workflow_instance_id
    return history_url(status=(Status.HELD if is_held else Status.QUEUED).value, **scope)
