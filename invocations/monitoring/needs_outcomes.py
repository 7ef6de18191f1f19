"""What happened to messages and needs a person: refusals, unknown outcomes, missing results."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from invocations.history.links import history_url
from invocations.history.periods import recorded_between
from invocations.models import Incident, Invocation, WorkflowInstance, permissions
from invocations.models.reading import Reading
from invocations.models.viewer import Viewer
from invocations.monitoring import pauses, statistics
from invocations.monitoring.incident_text import words_of
from invocations.monitoring.incidents import NEWEST_PER_WORKFLOW
from invocations.monitoring.need import Need, Rank
from invocations.monitoring.need_groups import counted_by, reasons_text, with_workflows
from invocations.monitoring.pause_overview import PauseOverview
from invocations.results import matching

Status, Delivery, Kind = Invocation.Status, Invocation.Delivery, Incident.Kind

MISSING_RESULT_DAYS = 7
"""Results that are missing for longer are not listed: nobody will look for them any more."""
MAX_UNMATCHED_COUNTED = 1000
MAX_OPEN_INCIDENTS = 100


# --- incidents ------------------------------------------------------------------------------------


def open_incidents(reading: Reading) -> list[Incident]:
    """The newest open incidents, with what their texts need."""
    related = reading.incidents().select_related("workflow_instance", "account__pod")
    found = related.prefetch_related("account__api_keys").filter(closed_at__isnull=True)
    return list(found.order_by("-opened_at")[:MAX_OPEN_INCIDENTS])


def incident_needs(
    incidents: Sequence[Incident],
    viewer: Viewer,
    paused: PauseOverview,
    causes: Collection[str],
    *,
    is_stopped: bool,
    has_sender: bool,
) -> Iterator[Need]:
    """What has no row of its own: refusals of one kind, accounts that cannot be reached.

    A pause has one, and so have unknown outcomes and missing results, with the code in `causes`.
    Nor is an incident repeated whose account or workflow is paused: that pause is the trouble.
    """
    stopped = {(pause.kind, pause.of.pk) for pause in paused.pauses if pause.because}
    for incident in incidents:
        workflow_id = incident.workflow_instance_id
        cause = _cause_of(incident)
        if incident.kind == Kind.PAUSED or cause in causes:
            continue
        if stopped & {("account", incident.account_id), ("workflow", workflow_id)}:
            continue
        words = words_of(incident, viewer, is_stopped=is_stopped, has_sender=has_sender)
        is_refusal = incident.kind == Kind.REFUSALS
        yield Need(
            cause=cause,
            rank=_RANKS[incident.kind],
            tone=words.tone,
            icon=words.icon,
            title=_refused_title(incident) if is_refusal else words.title,
            says=words.next if is_refusal else f"{words.says} {words.next}",
            quoted=words.quoted,
            permission=permissions.CHANGE_WORKFLOW if is_refusal else permissions.CHANGE_ACCOUNT,
            button=_("Show them"),
            address=words.address,
            n=incident.count,
            since=incident.opened_at,
            is_practice=incident.account.pod.is_practice,
        )


_RANKS: dict[str, Rank] = {
    Kind.REFUSALS: Rank.REFUSED,
    Kind.UNREACHABLE: Rank.UNREACHABLE,
    Kind.UNKNOWN: Rank.UNKNOWN,
    Kind.NO_RESULTS: Rank.MISSING,
}


def _cause_of(incident: Incident) -> str:
    about = incident.workflow_instance_id or incident.account_id
    if incident.kind == Kind.NO_RESULTS:
        return f"missing:{about}"
    return f"{incident.kind}:{about}" + (f":{incident.reason}" if incident.reason else "")


def _refused_title(incident: Incident) -> str:
    title = ngettext(
        "%(n)s message rejected: %(name)s",
        "%(n)s messages rejected for one reason: %(name)s",
        incident.count,
    )
    name = (incident.workflow_instance or incident.account).title
    return title % {"n": incident.count, "name": name}


# --- unknown outcomes -----------------------------------------------------------------------------


def unknown_needs(viewer: Viewer, *, is_stopped: bool) -> Iterator[Need]:
    """Unknown outcomes that the console does not check by itself any more, by workflow."""
    found = viewer.invocations().filter(status=Status.UNKNOWN, due_at__isnull=True)
    rows = counted_by(found, "workflow_instance")
    sendable = viewer.sendable_ids if rows else frozenset()
    for row, workflow in with_workflows(rows):
        is_blocked = pauses.is_blocked(workflow.account, workflow, is_stopped=is_stopped)
        may_check = bool(row["checkable"]) and workflow.pk in sendable and not is_blocked
        title = ngettext(
            "%(n)s outcome unknown: %(name)s", "%(n)s outcomes unknown: %(name)s", row["n"]
        )
        yield Need(
            cause=f"unknown:{workflow.pk}",
            rank=Rank.UNKNOWN,
            tone="unknown",
            icon="question_mark",
            title=title % {"n": f"{row['n']:,}", "name": workflow.title},
            says=f"{reasons_text(row['reasons'])} {_how_to_settle(row, is_blocked=is_blocked)}",
            permission=permissions.SETTLE,
            button=_("Check safely") if may_check else _("Record what happened"),
            address=f"{reverse('unknown')}?{urlencode({'workflow': workflow.pk})}",
            n=row["n"],
            is_capped=row["n"] >= pauses.MAX_WAITING_COUNTED,
            oldest=row["oldest"],
            is_practice=workflow.account.pod.is_practice,
        )


def _how_to_settle(row: dict[str, Any], *, is_blocked: bool) -> str:
    if is_blocked:
        return _("Ask the customers if it came. While sending is paused none can be checked.")
    if not row["checkable"]:
        return _("They are too old to be checked. Ask the customers if it came.")
    return _("They may have gone out. Nothing can be sent twice by checking.")


# --- missing results ------------------------------------------------------------------------------


def missing_needs(reading: Reading) -> Iterator[Need]:
    """Accepted messages of the last days whose result is missing, by workflow.

    A workflow is left out once a later result has come: results arrive again.
    """
    start = statistics.period_start(MISSING_RESULT_DAYS)
    found = reading.invocations()
    missing = found.filter(recorded_between(start), delivery=Delivery.NO_RESULT)
    since = timezone.localtime(start).date().isoformat()
    for row, workflow in with_workflows(counted_by(missing, "workflow_instance")):
        if _has_result_since(workflow, row["newest_due"]):
            continue
        title = ngettext(
            "%(n)s result missing: %(name)s", "%(n)s results missing: %(name)s", row["n"]
        )
        yield Need(
            cause=f"missing:{workflow.pk}",
            rank=Rank.MISSING,
            tone="unknown",
            icon="hourglass_disabled",
            title=title % {"n": f"{row['n']:,}", "name": workflow.title},
            says=_(
                "Accepted, but no result came back. "
                "The results address may not be set at Kaleyra, or not fit any more."
            ),
            permission=permissions.CHANGE_ACCOUNT,
            button=_("Check the address"),
            address=reverse("callback_setup", args=[workflow.account_id]),
            n=row["n"],
            since=row["oldest"],
            is_practice=workflow.account.pod.is_practice,
            list_address=history_url(
                delivery=Delivery.NO_RESULT.value, workflow=workflow.pk, since=since
            ),
        )


def _has_result_since(workflow: WorkflowInstance, moment: datetime | None) -> bool:
    """Whether a result came after `moment` for one of the workflow's newest messages."""
    newest = Invocation.objects.filter(workflow_instance=workflow).order_by("-id")
    times = newest.values_list("result_at", flat=True)[:NEWEST_PER_WORKFLOW]
    return moment is not None and any(at > moment for at in times if at)


# --- results that fit no message ------------------------------------------------------------------


def unmatched_need(reading: Reading) -> Need | None:
    found = reading.results(matching.results_to_review())
    received = found.order_by("-received_at").values_list("received_at", flat=True)
    newest = list(received[:MAX_UNMATCHED_COUNTED])
    if not newest:
        return None
    n = len(newest)
    title = ngettext("%(n)s result fits no message", "%(n)s results fit no message", n)
    return Need(
        cause="unmatched",
        rank=Rank.UNMATCHED,
        tone="unknown",
        icon="link_off",
        title=title % {"n": f"{n:,}"},
        says=_(
            "Another system may have sent with the same account. Match them, or put them aside."
        ),
        permission=permissions.SETTLE,
        button=_("Look at %(n)s") % {"n": f"{n:,}"},
        address=reverse("unmatched"),
        n=n,
        is_capped=n >= MAX_UNMATCHED_COUNTED,
        newest=newest[0],
    )
