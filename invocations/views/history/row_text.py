"""The rows of the history's table, as text.

A page has fifty rows, so each is written here once, and templates/parts/rows.html only puts the
texts in their places: resolving addresses, dates and badges there, row by row, took half of the
page's time.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.template.loader import get_template
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from invocations.composing import template_fields
from invocations.forms.bulk_actions import actions_for
from invocations.history.meanings import Meaning
from invocations.history.references import reference_for
from invocations.history.report import callbacks_of, channel_kinds, report_of
from invocations.history.scheduled import Schedule
from invocations.history.state import delivery_of, meaning_of
from invocations.history.wording import person_name
from invocations.models import Channel, Invocation
from invocations.models.viewer import Viewer
from invocations.views.history.list_rows import narrow_badge


class RowTexts:
    """Writes the rows of one page, and keeps for the next row what many have in common."""

    def __init__(self, rows: Iterable[Invocation], viewer: Viewer) -> None:
        self._viewer = viewer
        self._has_several_senders = len({row.created_by_id for row in rows}) > 1
        self._tick = _("Choose %(number)s, %(time)s")
        self._days: dict[date, str] = {}
        self._people: dict[int | None, str] = {}
        self._channels: dict[tuple[str, int], list[Channel]] = {}
        self._practice: dict[int, bool] = {}
        self._now = timezone.now()
        self._badges: dict[Meaning, SafeString] = {}
        self._results: dict[tuple[Any, ...], SafeString] = {}

    def row(self, row: Invocation) -> dict[str, Any]:
        """What parts/rows.html shows of it. `id`: the request ID. `title`: all of it in short."""
        recorded_at = timezone.localtime(row.created_at)
        time = f"{recorded_at:%H:%M}"
        recorded = f"{self._day(recorded_at)}, {time}"
        workflow, by = row.workflow_instance.title, self._person(row)
        request_id = str(row.request_id)
        ticket = reference_for(self._viewer, row.reference)
        facts = [row.recipient_hint, recorded, workflow, by, ticket]
        return {
            "invocation": row,
            "id": request_id,
            "url": self._url.replace(self._no_id, request_id),
            "panel_url": self._panel_url.replace(self._no_id, request_id),
            "actions": actions_for(row),
            "badge": narrow_badge(row),
            "tick_label": self._tick % {"number": row.recipient_hint, "time": recorded},
            "title": ", ".join(filter(None, facts)),
            "number": row.recipient_hint,
            "second_number": row.recipient2_hint,
            "time": time,
            "timestamp": recorded_at.isoformat(),
            "is_practice": self._is_practice(row),
            "workflow": workflow,
            "by": by,
            "sender": self._sender(row),
            "ticket": ticket,
            "status": self._status(meaning_of(row)),
            "leaves": self._leaves(row),
            "delivery": self._delivery(row),
        }

    _no_id = str(uuid.UUID(int=0))

    @cached_property
    def _url(self) -> str:
        return reverse("invocation", args=[self._no_id])

    @cached_property
    def _panel_url(self) -> str:
        return reverse("side_panel", args=[self._no_id])

    def _day(self, moment: datetime) -> str:
        day = moment.date()
        if day not in self._days:
            self._days[day] = date_format(day, "j M Y")
        return self._days[day]

    def _person(self, row: Invocation) -> str:
        if row.created_by_id not in self._people:
            person = row.created_by
            name = person_name(person) if person else "–"
            self._people[row.created_by_id] = name
        return self._people[row.created_by_id]

    def _sender(self, row: Invocation) -> str:
        """The first name, or else the user name, for a list too narrow for a column of names.

        "" where one person sent all of the page.
        """
        if not self._has_several_senders or row.created_by is None:
            return ""
        return row.created_by.first_name or row.created_by.get_username()

    def _is_practice(self, row: Invocation) -> bool:
        if row.account_id not in self._practice:
            self._practice[row.account_id] = row.account.pod.is_practice
        return self._practice[row.account_id]

    def _leaves(self, row: Invocation) -> str:
        """The time of a scheduled one, else ""."""
        schedule = Schedule.of(row, self._now)
        return schedule.short if schedule else ""

    def _status(self, meaning: Meaning) -> SafeString:
        if meaning not in self._badges:
            self._badges[meaning] = _rendered("parts/badge.html", meaning=meaning)
        return self._badges[meaning]

    def _delivery(self, row: Invocation) -> SafeString:
        delivery = delivery_of(row, self._kinds(row) if row.deciding_channel else ())
        due_at = row.result_due_at if row.delivery == Invocation.Delivery.AWAITING else None
        key = (delivery.name, str(delivery.label), due_at, row.may_be_double)
        if key not in self._results:
            self._results[key] = _rendered(
                "parts/delivery_result.html", delivery=delivery, invocation=row
            )
        return self._results[key]

    def _kinds(self, row: Invocation) -> list[str]:
        sent_as = ("version", row.version_id or 0)
        if row.version_id is None:
            sent_as = ("workflow", row.workflow_instance_id)
        if sent_as not in self._channels:
            self._channels[sent_as] = template_fields.channels_as_sent(row)
        return channel_kinds(self._channels[sent_as], report_of(callbacks_of(row)))


def _rendered(template: str, **context: Any) -> SafeString:
    html = get_template(template).render(context).strip()
    return mark_safe(html)  # noqa: S308  # nosec B308  # rendered by a template, which escapes
