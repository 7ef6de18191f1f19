"""The text for a ticket: what somebody else needs to look an invocation up, and nothing that must not leave the console."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from invocations.history.meanings import Meaning, Text
from invocations.history.reasons import REASONS
from invocations.history.report import Report
from invocations.history.timeline import (
    channel_name,
    disputed_words,
    duration_text,
    joined_words,
    person_name,
)
from invocations.kaleyra.redaction import Secrets, redact
from invocations.models import Attempt, Invocation


def ticket_text(
    invocation: Invocation,
    attempts: Sequence[Attempt],
    report: Report | None,
    *,
    meaning: Meaning,
    delivery: Meaning,
    secrets: Secrets,
) -> str:
    """Plain lines: ids, times with their zone, where it went, what became of it, what was complained of.

    Numbers are masked for everybody and values left out: `secrets` are taken out of Kaleyra's words too. A ticket is read by people
    whom this console does not know.
    """
    account, workflow = invocation.account, invocation.workflow_instance
    lines: list[tuple[Text, object]] = [
        (_("Request ID"), invocation.request_id),
        (_("Kaleyra’s ID"), invocation.workflow_invocation_id or _("none received")),
        (_("Workflow"), f"{workflow.title} ({workflow.workflow_instance_id})"),
        (_("Account"), f"{account.title} (SID {account.sid})"),
        (_("Pod"), f"{account.pod.title} ({account.pod.api_domain})"),
        (
            _("To"),
            " / ".join(
                hint for hint in (invocation.recipient_hint, invocation.recipient2_hint) if hint
            ),
        ),
        (_("Recorded"), _moment(invocation.created_at, person_name(invocation.created_by))),
        *[
            (
                _("Attempt %(n)s") % {"n": attempt.number},
                _moment(attempt.started_at, *_came_to(attempt)),
            )
            for attempt in attempts
        ],
        (_("State"), meaning.label),
        (_("Delivery"), delivery.label),
    ]
    if report:
        for position, result in sorted(report.channels.items()):
            waited = (
                [_("given %(n)s s") % {"n": result.wait_seconds}] if result.wait_seconds else []
            )
            named = [f"message ID {result.message_id}"] if result.message_id else []
            words = [channel_name(result), result.code or "–", *waited, *named]
            lines.append((_("Channel %(n)s") % {"n": position}, _moment(result.started_at, *words)))
        lines.append((_("Flow ended"), _moment(report.ended_at, report.execution_status or "–")))
        lines += [
            (_("Note"), words)
            for words in [disputed_words(report) if report.disputed else "", *joined_words(report)]
            if words
        ]
    if invocation.reason in REASONS and invocation.reason != "accepted":
        lines.append((_("Why"), REASONS[invocation.reason]))
    lines += [
        (_("Kaleyra’s words"), redact(words, secrets))
        for words in [invocation.message or "", *invocation.errors]
        if words
    ]
    if invocation.reference:
        lines.append((_("Ticket"), invocation.reference))
    return "\n".join(f"{name}: {text}" for name, text in lines)


def _came_to(attempt: Attempt) -> list[str]:
    took = [duration_text(attempt.duration_ms / 1000)] if attempt.duration_ms is not None else []
    answer = [f"HTTP {attempt.http_status}"] if attempt.http_status else []
    return [attempt.get_outcome_display(), *answer, *took]


def _moment(at: datetime | None, *words: str) -> str:
    said = ", ".join(words)
    if at is None:
        return said
    return f"{timezone.localtime(at).isoformat(sep=' ', timespec='seconds')}, {said}"
