"""The messages to one person, as one viewer may see them: the lines of the person's page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from django.utils import timezone
from django.utils.translation import gettext as _

from invocations.composing import template_fields
from invocations.composing.preview import DOTS, Bubble
from invocations.history.detail import Detail
from invocations.history.person import Person
from invocations.history.references import masked_reference
from invocations.history.report import prefetch_results
from invocations.history.sent import SentMessage
from invocations.models import Invocation, SearchableValue
from invocations.models.searchable_values import value_digests
from invocations.models.viewer import Viewer


@dataclass(frozen=True)
class ToldMessage:
    """`values`: the searchable ones, as label and text; `found_by`: those that a search finds.

    Both are empty for a viewer who sees no values.
    """

    row: Invocation
    bubbles: Sequence[Bubble] = ()
    values: Sequence[tuple[str, str]] = ()
    found_by: Sequence[tuple[str, str]] = ()


@dataclass
class PersonMessages:
    """Those with `ids`, newest first, and what each says."""

    ids: Sequence[int]
    viewer: Viewer
    rows: list[Invocation] = field(init=False)

    def __post_init__(self) -> None:
        found = (
            self.viewer.invocations()
            .filter(pk__in=self.ids)
            .select_related(
                *("workflow_instance", "account__pod", "target", "created_by", "version"),
                "sent_again_from",
            )
            .prefetch_related(prefetch_results(), "workflow_instance__channels__parameters")
            .defer("reply", "note", "sent_again_from__payload", "sent_again_from__reply")
        )
        self.rows = list(found.order_by("-pk"))

    @cached_property
    def by_pk(self) -> dict[int, ToldMessage]:
        if not self.viewer.sees_values:
            return {row.pk: ToldMessage(row) for row in self.rows}
        return {row.pk: self._told(row) for row in self.rows}

    def _told(self, row: Invocation) -> ToldMessage:
        sent = SentMessage(row, self.viewer, template_fields.channels_as_sent(row))
        stored = self._stored[row.pk]
        marked = {
            parameter.label or parameter.key
            for channel in row.workflow_instance.channels.all()
            for parameter in channel.parameters.all()
            if parameter.is_searchable
        }
        values: dict[tuple[str, str], None] = {}
        for channel in sent.channels or []:
            for key, label, value in channel.params:
                is_named = (label or key) in marked | stored.keys()
                if is_named and value and value != DOTS:
                    values[label or key, value] = None
        found_by = [
            (label, value)
            for label, value in values
            if not stored.get(label, set()).isdisjoint(value_digests(value))
        ]
        return ToldMessage(row, sent.bubbles, list(values), found_by)

    @cached_property
    def _stored(self) -> dict[int, dict[str, set[str]]]:
        """The digests of each message's searchable values, by label."""
        stored: dict[int, dict[str, set[str]]] = defaultdict(dict)
        columns = ("invocation_id", "label", "digest")
        rows = SearchableValue.objects.filter(invocation__in=[row.pk for row in self.rows])
        for pk, label, digest in rows.values_list(*columns):
            stored[pk].setdefault(label, set()).add(digest)
        return stored

    @property
    def found_by(self) -> dict[str, list[str]]:
        """The values by which a search finds these messages, by label, newest first."""
        found: dict[str, dict[str, None]] = defaultdict(dict)
        for told in self.by_pk.values():
            for label, value in told.found_by:
                found[label][value] = None
        return {label: list(values) for label, values in found.items()}

    @property
    def tickets(self) -> list[str]:
        return list(dict.fromkeys(row.reference for row in self.rows if row.reference))


def person_ticket(person: Person, rows: Iterable[Invocation], viewer: Viewer) -> str:
    """The text to paste into a ticket: a line for each message.

    The number is masked whoever copies it, and values are left out.
    """
    lines = [_("Messages to %(number)s") % {"number": person.hint}]
    for row in rows:
        detail = Detail(row, viewer)
        at = timezone.localtime(row.created_at).isoformat(sep=" ", timespec="seconds")
        facts = [
            *(at, row.workflow_instance.title, str(detail.meaning.label)),
            *([str(detail.delivery.label)] if row.delivery else []),
            *([str(detail.double.label)] if detail.double else []),
            _("request ID %(id)s") % {"id": row.request_id},
            *([masked_reference(row.reference)] if row.reference else []),
        ]
        lines.append(", ".join(facts))
    return "\n".join(lines)
