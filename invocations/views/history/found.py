"""What a search has found: as what the text was found, to whom, and the hit of each row."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from invocations.batches.finding import MOST_SHOWN, UnfedRow, unfed_rows
from invocations.forms.search import HistorySearch
from invocations.history.meanings import Text
from invocations.history.references import reference_for
from invocations.models import Invocation, Parameter, SearchableValue
from invocations.models.recipients import phone_digests
from invocations.models.viewer import Viewer
from invocations.views.history.list_rows import ListPage

MAX_PEOPLE = 6
"""People who are offered by name; of more, only the number is told."""


@dataclass(frozen=True)
class Hit:
    """Why a row was found.

    `label` and `text` stand in its row, "Order number" and "KF-20418"; empty where the row shows it
    anyway. `sentence`: the same for the line above all rows.
    """

    sentence: str
    label: Text = ""
    text: str = ""


@dataclass(frozen=True)
class FoundPerson:
    """A number that found messages went to: `digest` for its page, `hint` masked."""

    digest: str
    hint: str
    count: int


class Found:
    """One page of what `search` has found."""

    def __init__(self, search: HistorySearch, page: ListPage, viewer: Viewer) -> None:
        self.search = search
        self.viewer = viewer
        self.rows = page.rows
        self.page = page

    @cached_property
    def hits(self) -> Mapping[int, list[Hit]]:
        """By the primary key of the row."""
        labels = self._labels
        return {row.pk: self._hits_of(row, labels[row.pk]) for row in self.rows}

    @cached_property
    def _labels(self) -> Mapping[int, list[str]]:
        """What the text is called as a value of each row."""
        labels: dict[int, list[str]] = defaultdict(list)
        if self.search.value_digests:
            having = SearchableValue.objects.filter(
                digest__in=self.search.value_digests, invocation__in=[row.pk for row in self.rows]
            )
            for pk, label in having.order_by("pk").values_list("invocation_id", "label"):
                labels[pk].append(label)
        return labels

    def _hits_of(self, row: Invocation, labels: Sequence[str]) -> list[Hit]:
        typed = self.search.typed
        hits = [*self._by_number(row), *self._by_ticket(row)]
        for label in dict.fromkeys(labels):
            words = _("%(label)s “%(typed)s”") % {"label": label, "typed": typed}
            hits.append(Hit(words, label, typed))
        if str(row.request_id) == typed.lower() or row.request_id.hex == typed.lower():
            hits.append(Hit(_("this request ID"), _("Request ID"), str(row.request_id)))
        elif typed == row.workflow_invocation_id:
            hits.append(Hit(_("this ID of Kaleyra’s"), _("Kaleyra’s ID"), typed))
        return hits or [Hit(_("the ID “%(typed)s”") % {"typed": typed}, _("ID"), typed)]

    def _by_number(self, row: Invocation) -> list[Hit]:
        facts = {"last_four": self.search.last_four}
        if self._digests & {row.recipient_digest, row.recipient2_digest}:
            return [Hit(_("the number ending %(last_four)s") % facts)]
        ends = (row.recipient_last_four, row.recipient2_last_four)
        if self.search.masked and self.search.masked.last_four in ends:
            return [Hit(_("a number ending %(last_four)s") % facts)]
        return []

    def _by_ticket(self, row: Invocation) -> list[Hit]:
        typed, ticket = self.search.typed, row.reference
        if ticket.upper() == typed.upper():
            return [Hit(_("the ticket “%(typed)s”") % {"typed": typed}, _("Ticket"), ticket)]
        if self.search.finds_beginnings and ticket.upper().startswith(typed.upper()):
            words = _("a ticket that begins with “%(typed)s”") % {"typed": typed}
            return [Hit(words, _("Ticket"), reference_for(self.viewer, ticket))]
        return []

    @cached_property
    def _digests(self) -> set[str]:
        """Of the numbers that the text may mean."""
        return {each for number in self.search.numbers for each in phone_digests(number.digits)}

    @cached_property
    def unfed(self) -> list[UnfedRow]:
        """Rows of batches to the number that are no messages yet."""
        return unfed_rows(self._digests, self.viewer.batches(), MOST_SHOWN)

    @cached_property
    def people(self) -> list[FoundPerson]:
        """Those with the most messages first. A number is one person, in whatever spelling."""
        seen = [self._person_of(row) for row in self.rows]
        counts = Counter(key for key, _person in seen)
        newest = dict(reversed(seen))
        return [FoundPerson(*newest[key], count=count) for key, count in counts.most_common()]

    def _person_of(self, row: Invocation) -> tuple[str, tuple[str, str]]:
        """What tells the person from others; and the digest and the hint of the number."""
        first = row.recipient_digest, row.recipient_hint
        second = row.recipient2_digest, row.recipient2_hint
        is_second = second[0] in self._digests and first[0] not in self._digests
        person = second if is_second else first
        is_searched = len(self.search.numbers) == 1 and person[0] in self._digests
        return "searched" if is_searched else person[0], person

    @property
    def shown_people(self) -> list[FoundPerson]:
        """Those that have a page: of each number that was stored without a digest there is none."""
        return [person for person in self.people if person.digest][:MAX_PEOPLE]

    @property
    def sentence(self) -> str:
        """How many messages were found by what."""
        kinds = Counter(hit.sentence for hits in self.hits.values() for hit in hits)
        what = _(" or ").join(kind for kind, _count in kinds.most_common())
        count = len(self.rows)
        if self.page.newer is not None:
            words = _("On this page %(n)s messages with %(what)s")
        elif self.page.older is not None:
            words = _("The newest %(n)s messages with %(what)s")
        else:
            words = ngettext("%(n)s message with %(what)s", "%(n)s messages with %(what)s", count)
        return words % {"n": count, "what": what}

    @property
    def to_whom(self) -> str:
        count = len(self.people)
        return ngettext("to %(n)s person", "to %(n)s people", count) % {"n": count}


def searchable_labels(viewer: Viewer) -> list[str]:
    """What the values are called that are searchable now, in workflows that are read."""
    marked = Parameter.objects.filter(is_searchable=True)
    if hidden := viewer.reading.hidden:
        marked = marked.exclude(channel__workflow_instance__in=hidden)
    names = marked.values_list("label", "key")
    return sorted({label or key for label, key in names})
