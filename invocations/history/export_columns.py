"""The columns of an exported history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invocations.composing import template_fields
from invocations.history.meanings import MAY_BE_DOUBLE, SAYINGS, Text, delivery_of, meaning_of
from invocations.history.reasons import REASONS
from invocations.history.report import report_of
from invocations.history.timeline import channel_kinds, channel_name
from invocations.kaleyra import recipients
from invocations.kaleyra.callbacks import meaning_of_code
from invocations.models import Channel, ChannelResult, Invocation
from invocations.models.encryption import Unreadable
from invocations.models.invocations import sends_in

RESULT_EXPECTED = (Invocation.Delivery.AWAITING, Invocation.Delivery.NO_RESULT)


class Reader(NamedTuple):
    """For whom a file is: in which zone its moments are written, and whether it has whole numbers."""

    zone: tzinfo
    sees_numbers: bool


class Column(NamedTuple):
    """One column of the file: its head, and an invocation's cell for a reader. A moment's head names the zone."""

    title: Text
    cell: Callable[[Invocation, Reader], object]
    is_moment: bool = False


def _moment(title: Text, of: Callable[[Invocation], datetime | None]) -> Column:
    """As ISO 8601 and every spreadsheet have it, without the offset: the head of the column says which zone it is."""

    def cell(row: Invocation, reader: Reader) -> str:
        moment = of(row)
        return f"{moment.astimezone(reader.zone):%Y-%m-%d %H:%M:%S}" if moment else ""

    return Column(title, cell, is_moment=True)


def _recipient(row: Invocation, position: int, reader: Reader) -> str:
    """Without the +, which a spreadsheet would add up; grouped, for it would round a number of twelve digits."""
    hint = (row.recipient_hint, row.recipient2_hint)[position]
    if reader.sees_numbers and hint:
        try:
            return recipients.describe(sends_in(row)[position].recipient).formatted.removeprefix(
                "+"
            )
        except Unreadable:
            pass
    return hint.removeprefix("+")


def _said(row: Invocation) -> str:
    """Kaleyra's own words, where it did not simply accept."""
    try:
        return " ".join([*row.errors, *([row.message] if row.message else [])])
    except Unreadable:
        return ""


def _kinds(row: Invocation) -> list[str]:
    return channel_kinds(
        template_fields.channels_as_sent(row), report_of(list(row.callbacks.all()))
    )


def _delivered_on(row: Invocation) -> Text:
    """The kind of the channel that reached the customer."""
    place, kinds = row.deciding_channel or 0, _kinds(row)
    return KINDS.get(kinds[place - 1], "") if 0 < place <= len(kinds) else ""


def _results(row: Invocation, position: int) -> list[ChannelResult]:
    return [
        result
        for callback in row.callbacks.all()
        for result in callback.results.all()
        if result.position == position
    ]


def _channel(row: Invocation, position: int) -> str:
    """What was reported of a channel, in our words with Kaleyra's code behind: "WhatsApp: no final report in time (TIMEOUT)"."""
    channels = template_fields.channels_as_sent(row)
    told = {
        result.code: SAYINGS[meaning_of_code(result.code)].label
        % {"kind": channel_name(result, channels)}
        for result in _results(row, position)
    }
    return "; ".join(f"{words} ({code})" if code else str(words) for code, words in told.items())


def _message_id(row: Invocation, position: int) -> str:
    return "; ".join(
        dict.fromkeys(result.message_id for result in _results(row, position) if result.message_id)
    )


KINDS: dict[str, Text] = dict(Channel.Kind.choices)
COLUMNS = (
    _moment(gettext_lazy("Recorded"), lambda row: row.created_at),
    Column(gettext_lazy("Recipient"), lambda row, reader: _recipient(row, 0, reader)),
    Column(gettext_lazy("Recipient on channel 2"), lambda row, reader: _recipient(row, 1, reader)),
    Column(gettext_lazy("Workflow"), lambda row, reader: row.workflow_instance.title),
    Column(gettext_lazy("Account"), lambda row, reader: row.account.title),
    Column(
        gettext_lazy("Practice"),
        lambda row, reader: _("yes") if row.account.pod.is_practice else "",
    ),
    Column(
        gettext_lazy("Sent by"),
        lambda row, reader: (
            row.created_by.get_full_name() or row.created_by.get_username()
            if row.created_by
            else ""
        ),
    ),
    Column(gettext_lazy("Ticket"), lambda row, reader: row.reference),
    Column(gettext_lazy("Submission"), lambda row, reader: meaning_of(row).label),
    Column(gettext_lazy("Why"), lambda row, reader: REASONS.get(row.reason, "")),
    Column(gettext_lazy("Kaleyra’s words"), lambda row, reader: _said(row)),
    Column(gettext_lazy("Delivery"), lambda row, reader: delivery_of(row, _kinds(row)).label),
    Column(gettext_lazy("Delivered on"), lambda row, reader: _delivered_on(row)),
    Column(gettext_lazy("Channel 1"), lambda row, reader: _channel(row, 1)),
    Column(gettext_lazy("Channel 2"), lambda row, reader: _channel(row, 2)),
    Column(MAY_BE_DOUBLE.label, lambda row, reader: _("yes") if row.may_be_double else ""),
    _moment(gettext_lazy("Result at"), lambda row: row.result_at),
    _moment(
        gettext_lazy("Result due by"),
        lambda row: row.result_due_at if row.delivery in RESULT_EXPECTED else None,
    ),
    Column(gettext_lazy("Attempts"), lambda row, reader: row.attempt_count),
    Column(
        gettext_lazy("HTTP status"),
        lambda row, reader: row.http_status if row.http_status is not None else "",
    ),
    Column(gettext_lazy("Request ID"), lambda row, reader: row.request_id),
    Column(gettext_lazy("Kaleyra’s ID"), lambda row, reader: row.workflow_invocation_id),
    Column(gettext_lazy("Message ID on channel 1"), lambda row, reader: _message_id(row, 1)),
    Column(gettext_lazy("Message ID on channel 2"), lambda row, reader: _message_id(row, 2)),
)
