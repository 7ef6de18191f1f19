"""The text to paste into a ticket, so that somebody at Kaleyra or elsewhere can look it up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from invocations.history.meanings import Meaning, Text
from invocations.history.reasons import REASONS
from invocations.history.references import masked_reference
from invocations.history.report import Report, disputed_text, doubtful_texts, matched_by_texts
from invocations.history.targets import ShownTarget
from invocations.history.wording import channel_name, duration_text, person_name
from invocations.kaleyra.redaction import Secrets, redact
from invocations.models import Attempt, Invocation

TicketLine = tuple[Text, object]


def ticket_text(
    invocation: Invocation,
    attempts: Sequence[Attempt],
    report: Report | None,
    *,
    target: ShownTarget,
    meaning: Meaning,
    delivery: Meaning,
    waits_because: Sequence[str] = (),
    secrets: Secrets,
) -> str:
    """One fact a line: ids, times with their offset, addresses, state, results, errors.

    Its readers may have no account here. So numbers are masked whoever copies the text, values
    are left out, and `secrets` are removed from Kaleyra's own texts as well. `waits_because`: why
    it does not leave now.
    """
    lines: list[TicketLine] = [
        *_identity(invocation, target),
        *(_attempt(attempt) for attempt in attempts),
        (_("Status"), meaning.label),
        *((_("It waits"), text) for text in waits_because),
        (_("Delivery"), delivery.label),
        *(_results(report) if report else ()),
        *_complaints(invocation, secrets),
    ]
    if invocation.reference:
        lines.append((_("Ticket"), masked_reference(invocation.reference)))
    return "\n".join(f"{name}: {text}" for name, text in lines)


def _identity(invocation: Invocation, target: ShownTarget) -> list[TicketLine]:
    account, workflow, row = invocation.account, invocation.workflow_instance, target.row
    hints = (invocation.recipient_hint, invocation.recipient2_hint)
    return [
        (_("Request ID"), invocation.request_id),
        (_("Kaleyra’s ID"), invocation.workflow_invocation_id or _("none received")),
        (_("Workflow"), f"{workflow.title} ({row.workflow_instance_id})"),
        (_("Account"), f"{account.title} (SID {row.sid})"),
        (_("Region"), f"{target.pod or '–'} ({row.api_domain})"),
        (_("To"), " / ".join(hint for hint in hints if hint)),
        (_("Saved"), _at(invocation.created_at, person_name(invocation.created_by))),
    ]


def _attempt(attempt: Attempt) -> TicketLine:
    took = [duration_text(attempt.duration_ms / 1000)] if attempt.duration_ms is not None else []
    answer = [f"HTTP {attempt.http_status}"] if attempt.http_status else []
    words = [attempt.get_outcome_display(), *answer, *took]
    return _("Attempt %(n)s") % {"n": attempt.number}, _at(attempt.started_at, *words)


def _results(report: Report) -> Iterator[TicketLine]:
    for position, result in sorted(report.channels.items()):
        wait = result.wait_seconds
        words = [
            channel_name(result),
            result.code or "–",
            *([_("given %(n)s s") % {"n": wait}] if wait else []),
            *([f"message ID {result.message_id}"] if result.message_id else []),
        ]
        yield _("Channel %(n)s") % {"n": position}, _at(result.started_at, *words)
    yield _("Flow ended"), _at(report.ended_at, report.execution_status or "–")
    if report.disputed:
        yield _("Note"), disputed_text(report)
    for text in [*matched_by_texts(report), *doubtful_texts(report)]:
        yield _("Note"), text


def _complaints(invocation: Invocation, secrets: Secrets) -> Iterator[TicketLine]:
    if invocation.reason in REASONS and invocation.reason != "accepted":
        yield _("Why"), REASONS[invocation.reason]
    for text in [invocation.message or "", *invocation.errors]:
        if text:
            yield _("Kaleyra’s words"), redact(text, secrets)


def _at(moment: datetime | None, *words: str) -> str:
    text = ", ".join(words)
    if moment is None:
        return text
    return f"{timezone.localtime(moment).isoformat(sep=' ', timespec='seconds')}, {text}"
