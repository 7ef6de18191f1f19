"""One phone number and everything that was sent to it: who the person is to the console."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from invocations.history.filters import FILTERS, first_ids
from invocations.history.meanings import Text
from invocations.kaleyra.recipients import Recipient, mask
from invocations.kaleyra.stored_numbers import stored
from invocations.models import Channel, Invocation, WorkflowVersion
from invocations.models.encryption import Unreadable
from invocations.models.invocations import sends_in
from invocations.models.reading import WHOLE
from invocations.models.recipients import phone_digests, sent_to_digests
from invocations.models.viewer import Viewer

Status, Delivery = Invocation.Status, Invocation.Delivery

MAX_COUNTED = 1_000
"""Messages to one number that its figures count: the newest."""

DIGEST = re.compile("[0-9a-f]{64}")
"""As `models.recipients` stores it: HMAC-SHA256 in hex."""


@dataclass(frozen=True)
class Person:
    """`digest` stands in the address of their page; `digests` are all that their rows may have.

    `number` is None if no encryption key decrypts it any more: then only the rows with `digest` are
    found.
    """

    digest: str
    hint: str
    number: Recipient | None
    digests: frozenset[str]
    is_removed: bool = False
    """Whether it has no number because the values of all messages to it were removed."""

    @property
    def ways(self) -> tuple[Q, Q]:
        """Two conditions for their messages, each for one index."""
        return sent_to_digests(self.digests)

    def newest_ids(self, viewer: Viewer, of: Q) -> list[int]:
        """The newest of their messages that `viewer` reads and that meet `of`: one more than are
        counted, at most.
        """
        found = viewer.invocations().filter(of).order_by("-pk")
        return first_ids(self.ways, found, MAX_COUNTED + 1)


def of_kind(*, is_practice: bool) -> Q:
    """Practice messages, or live ones."""
    return FILTERS["practice"]("only" if is_practice else "none")


def person_of(digest: str, viewer: Viewer) -> Person | None:
    """The person to whom a message with this digest was sent; None if `viewer` reads no such
    message.

    `digest` comes from an address, so it may be anything.
    """
    if not DIGEST.fullmatch(digest):
        return None
    first, second = sent_to_digests([digest])
    columns = (
        *("request_id", "payload", "recipient_hint", "recipient2_hint"),
        "values_removed_at",
    )
    for way, is_second in [(first, False), (second, True)]:
        rows = viewer.invocations().filter(way).order_by("-pk").only(*columns)
        row = rows.filter(payload__isnull=False).first() or rows.first()
        if row is not None:
            is_removed = row.values_removed_at is not None
            number = _number_in(row, is_second=is_second)
            hint = mask(number.formatted) if number else ""
            hint = hint or (row.recipient2_hint if is_second else row.recipient_hint)
            known = phone_digests(number.digits) if number else set()
            return Person(digest, hint, number, frozenset(known | {digest}), is_removed)
    return None


def _number_in(row: Invocation, *, is_second: bool) -> Recipient | None:
    try:
        sent = [send.recipient for send in sends_in(row)]
    except Unreadable:
        return None
    if not is_second:
        return stored(sent[0])
    return next((stored(each) for each in sent[1:] if each != sent[0]), None)


# --- figures --------------------------------------------------------------------------------------


class _Row(NamedTuple):
    """What the figures need of a message."""

    status: str
    delivery: str
    deciding_channel: int | None
    created_at: datetime
    version_id: int | None
    workflow_instance_id: int


@dataclass
class Figures:
    """What became of the messages to one person. `is_capped`: there are more than were counted.

    `results` counts the messages with a result for each kind of channel that had its turn,
    `delivered` those that it delivered.
    """

    messages: int = 0
    is_capped: bool = False
    first_at: datetime | None = None
    results: Counter[str] = field(default_factory=Counter)
    delivered: Counter[str] = field(default_factory=Counter)
    open: Counter[str] = field(default_factory=Counter)

    @property
    def delivered_count(self) -> int:
        return self.delivered.total()

    @property
    def delivered_by(self) -> str:
        """The channels in words: "2 on WhatsApp, 2 by SMS"."""
        words = {"whatsapp": _("%(n)s on WhatsApp"), "sms": _("%(n)s by SMS")}
        parts = [
            words[kind] % {"n": n} for kind in Channel.Kind.values if (n := self.delivered[kind])
        ]
        return ", ".join(parts) or _("no delivery reported")

    @property
    def worked(self) -> Text:
        """Which channel reached the person."""
        kinds = [kind for kind in self.results if self.delivered[kind]]
        if not self.results:
            return _("Not known yet")
        if not kinds:
            return _("None so far")
        return _("Both") if len(kinds) > 1 else Channel.Kind(kinds[0]).label

    @property
    def worked_how_often(self) -> str:
        """For each channel, how often it delivered of the times that it had its turn."""
        words = _("%(kind)s %(n)s of %(all)s")
        parts = [
            words % {"kind": label, "n": self.delivered[kind], "all": self.results[kind]}
            for kind, label in Channel.Kind.choices
            if self.results[kind]
        ]
        return ", ".join(parts) or _("no result came so far")

    @property
    def open_count(self) -> int:
        return self.open.total()

    @property
    def open_in_words(self) -> str:
        texts = {
            "waiting": ngettext("%(n)s not sent yet", "%(n)s not sent yet", self.open["waiting"]),
            "awaited": ngettext(
                "%(n)s result awaited", "%(n)s results awaited", self.open["awaited"]
            ),
            "unknown": ngettext(
                "%(n)s outcome unknown", "%(n)s outcomes unknown", self.open["unknown"]
            ),
        }
        parts = [text % {"n": self.open[name]} for name, text in texts.items() if self.open[name]]
        return ", ".join(parts) or _("no result awaited, none unknown")


def figures_of(ids: Sequence[int]) -> Figures:
    """Of the messages with these ids, newest first; at most `MAX_COUNTED` count."""
    counted = ids[:MAX_COUNTED]
    columns = WHOLE.invocations().filter(pk__in=counted).values_list(*_Row._fields)
    rows = [_Row(*each) for each in columns]
    kinds = _kinds_of(rows)
    figures = Figures(messages=len(rows), is_capped=len(ids) > len(counted))
    figures.first_at = min((row.created_at for row in rows), default=None)
    for row in rows:
        figures.open[_open_as(row)] += 1
        of_row = kinds.get((row.version_id, row.workflow_instance_id), [])
        if row.delivery != Delivery.COMPLETED or row.deciding_channel is None:
            continue
        for position, kind in enumerate(of_row, start=1):
            if position == 1 or row.deciding_channel != 1:
                figures.results[kind] += 1
            if position == row.deciding_channel:
                figures.delivered[kind] += 1
    del figures.open[""]
    return figures


def _open_as(row: _Row) -> str:
    """How a message is open: `waiting`, `awaited` or `unknown`; empty if it is not."""
    if row.status in Invocation.UNSETTLED:
        return "waiting"
    if row.status == Status.UNKNOWN:
        return "unknown"
    return "awaited" if row.delivery == Delivery.AWAITING else ""


def _kinds_of(rows: Sequence[_Row]) -> dict[tuple[int | None, int], list[str]]:
    """The kinds of channels 1 and 2, by version and workflow: as they were when it was sent."""
    versions = WorkflowVersion.objects.in_bulk({row.version_id for row in rows} - {None})
    now: dict[int, list[str]] = {}
    for workflow, kind in (
        Channel.objects.filter(workflow_instance__in={row.workflow_instance_id for row in rows})
        .order_by("position")
        .values_list("workflow_instance_id", "kind")
    ):
        now.setdefault(workflow, []).append(kind)
    return {
        (row.version_id, row.workflow_instance_id): [
            channel["kind"] for channel in versions[row.version_id].contract["channels"]
        ]
        if row.version_id
        else now.get(row.workflow_instance_id, [])
        for row in rows
    }
