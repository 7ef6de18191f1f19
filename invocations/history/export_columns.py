"""The columns of an exported history. Each cell reads an invocation as the viewer may see it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invocations.history.channel_codes import RESULT_MEANINGS
from invocations.history.deliveries import MAY_BE_DOUBLE
from invocations.history.detail import Detail
from invocations.history.meanings import Text
from invocations.history.notes import lines_of_notes
from invocations.history.references import reference_for
from invocations.history.targets import target_of
from invocations.history.wording import channel_name, person_name
from invocations.kaleyra.callbacks import meaning_of_code
from invocations.models import Channel, ChannelResult, Invocation
from invocations.models.encryption import Unreadable

RESULT_EXPECTED = (Invocation.Delivery.AWAITING, Invocation.Delivery.NO_RESULT)


class Column(NamedTuple):
    """`is_time`: the head also names the time zone, so that the cells need no offset."""

    title: Text
    cell: Callable[[Detail], object]
    is_time: bool = False


def _time(title: Text, of: Callable[[Invocation], datetime | None]) -> Column:
    """Cells in the format that ISO 8601 and spreadsheets share, in the viewer's time zone."""

    def cell(detail: Detail) -> str:
        moment = of(detail.invocation)
        return f"{moment.astimezone(detail.viewer.zone):%Y-%m-%d %H:%M:%S}" if moment else ""

    return Column(title, cell, is_time=True)


def _recipient(detail: Detail, index: int) -> str:
    """Without the +, which makes a formula. Grouped: a spreadsheet would round twelve digits."""
    return detail.sent.recipient_at(index).removeprefix("+")


def _sender(detail: Detail) -> str:
    person = detail.invocation.created_by
    return person_name(person) if person else ""


def _kaleyras_words(detail: Detail) -> str:
    """Kaleyra's errors and message; empty if no encryption key decrypts them."""
    row = detail.invocation
    try:
        return " ".join([*row.errors, *([row.message] if row.message else [])])
    except Unreadable:
        return ""


def _delivered_on(detail: Detail) -> Text:
    """The kind of the channel that reached the customer."""
    position, kinds = detail.invocation.deciding_channel or 0, detail.channel_kinds
    return KINDS.get(kinds[position - 1], "") if 0 < position <= len(kinds) else ""


def _results(detail: Detail, position: int) -> list[ChannelResult]:
    return [
        result
        for callback in detail.invocation.callbacks.all()
        for result in callback.results.all()
        if result.position == position
    ]


def _channel(detail: Detail, position: int) -> str:
    """Plain words with Kaleyra's code: "WhatsApp: no final report in time (TIMEOUT)"."""
    words_by_code = {
        result.code: RESULT_MEANINGS[meaning_of_code(result.code)].label
        % {"kind": channel_name(result, detail.sent_channels)}
        for result in _results(detail, position)
    }
    return "; ".join(
        f"{words} ({code})" if code else str(words) for code, words in words_by_code.items()
    )


def _message_id(detail: Detail, position: int) -> str:
    ids = (result.message_id for result in _results(detail, position) if result.message_id)
    return "; ".join(dict.fromkeys(ids))


def _yes(is_so: bool) -> str:
    return _("yes") if is_so else ""


KINDS: dict[str, Text] = dict(Channel.Kind.choices)
RECORDED_COLUMNS = (
    _time(gettext_lazy("Saved"), lambda row: row.created_at),
    Column(gettext_lazy("Phone number"), lambda it: _recipient(it, 0)),
    Column(gettext_lazy("Second phone number"), lambda it: _recipient(it, 1)),
    Column(gettext_lazy("Workflow"), lambda it: it.invocation.workflow_instance.title),
    Column(gettext_lazy("Account"), lambda it: it.invocation.account.title),
    Column(gettext_lazy("Practice"), lambda it: _yes(target_of(it.invocation).is_practice)),
    Column(gettext_lazy("Sent by"), _sender),
    Column(gettext_lazy("Ticket"), lambda it: reference_for(it.viewer, it.invocation.reference)),
    Column(
        gettext_lazy("Notes added later"),
        lambda it: "\n".join(lines_of_notes(it.invocation, it.viewer)),
        is_time=True,
    ),
)
OUTCOME_COLUMNS = (
    Column(gettext_lazy("Status"), lambda it: it.meaning.label),
    Column(gettext_lazy("Why"), lambda it: it.why),
    Column(gettext_lazy("Kaleyra’s words"), _kaleyras_words),
    Column(gettext_lazy("Delivery"), lambda it: it.delivery.label),
    Column(gettext_lazy("Delivered on"), _delivered_on),
    Column(gettext_lazy("First channel"), lambda it: _channel(it, 1)),
    Column(gettext_lazy("Second channel"), lambda it: _channel(it, 2)),
    Column(MAY_BE_DOUBLE.label, lambda it: _yes(it.invocation.may_be_double)),
    _time(gettext_lazy("Result at"), lambda row: row.result_at),
    _time(
        gettext_lazy("Result due by"),
        lambda row: row.result_due_at if row.delivery in RESULT_EXPECTED else None,
    ),
    Column(gettext_lazy("Attempts"), lambda it: it.invocation.attempt_count),
    Column(
        gettext_lazy("HTTP status"),
        lambda it: "" if it.invocation.http_status is None else it.invocation.http_status,
    ),
    Column(gettext_lazy("Request ID"), lambda it: it.invocation.request_id),
    Column(gettext_lazy("Kaleyra’s ID"), lambda it: it.invocation.workflow_invocation_id),
    Column(gettext_lazy("Message ID, first channel"), lambda it: _message_id(it, 1)),
    Column(gettext_lazy("Message ID, second channel"), lambda it: _message_id(it, 2)),
)
"""What became of a message; also in the result file of a batch."""
EXPORT_COLUMNS = (*RECORDED_COLUMNS, *OUTCOME_COLUMNS)
