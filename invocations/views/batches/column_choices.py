"""What each column of a file is: the choices of the table of columns, and what was chosen there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext as _

from invocations.batches.column_json import Choice
from invocations.batches.columns import IGNORED, RECIPIENT, RECIPIENT2, REFERENCE, ColumnMap, Wanted
from invocations.batches.error_words import text_of
from invocations.batches.reading import Reading
from invocations.batches.recipient_file.codes import Told
from invocations.batches.recipient_file.rows import Row, column_letters
from invocations.batches.summary import Summary
from invocations.batches.wanted import wanted_columns, wanted_of
from invocations.models import Channel
from invocations.views.batches.fault_rows import heading_of

CHARACTERS_OF_CHOICES = 120_000
"""Of all selects of the table together, so that a page of 1,000 columns can be carried."""
MAX_SAMPLE = 80
"""Characters of the first row's cells."""


@dataclass(frozen=True)
class Option:
    place: str
    name: str
    is_chosen: bool = False


@dataclass(frozen=True)
class ColumnLine:
    """One column of the file. `check`: what the check found in it."""

    index: int
    heading: str
    sample: str
    place: str
    options: list[Option]
    own_options: list[tuple[str, list[Option]]]
    """For one channel alone, by the channel's name."""
    check: str
    is_at_fault: bool


@dataclass(frozen=True)
class ConstantLine:
    """A value that may be the same for all rows, or have a text for empty cells."""

    index: int
    place: str
    name: str
    fixed: str
    fallback: str
    is_missing: bool


class ColumnChoices:
    """For one batch: names of places, the lines of the table, and what is posted by it."""

    def __init__(self, channels: Sequence[Channel], reading: Reading, columns: ColumnMap) -> None:
        self._channels = channels
        self._reading = reading
        self._columns = columns
        self.wanted: Wanted = wanted_of(channels)
        self._places = self._all_places()
        self._own = self._places_of_one_channel()
        self.names = {place: name for place, name in self._places if place}
        for kind, options in self._own:
            self.names |= {place: f"{name} ({kind})" for place, name in options}

    def _all_places(self) -> list[tuple[str, str]]:
        found = [(RECIPIENT, _("Phone number"))]
        if self.wanted.has_second_number:
            found.append((RECIPIENT2, _("Second number")))
        found += [(column.place, column.heading) for column in wanted_columns(self._channels)]
        return [*found, (REFERENCE, _("Ticket")), ("", _("Not used"))]

    def _places_of_one_channel(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Each channel's values under its own name, for a file with different texts for both."""
        known = {place for place, _name in self._places}
        found = []
        for channel in self._channels:
            kind = str(channel.get_kind_display())
            own = [
                (place, value.label or value.key)
                for value in self.wanted.values
                if channel.position in value.channels
                and (place := f"{channel.position}:{value.key}") not in known
            ]
            if own and len(self._channels) > 1:
                found.append((kind, list(dict(own).items())))
        return found

    # --- what is shown ---

    def lines(self, sample: Row | None, summary: Summary) -> list[ColumnLine]:
        """Those that are used first if there are too many columns for one page."""
        indexes = list(range(len(self._columns.places)))
        shown = indexes[: self._most_lines()]
        shown += [i for i in indexes[len(shown) :] if self._columns.used(i)]
        return [self._line(index, sample, summary) for index in shown]

    def _most_lines(self) -> int:
        """As many as the page can carry."""
        names = [*self._places, *(one for _kind, own in self._own for one in own)]
        one = sum(len(place) + len(name) + 40 for place, name in names)
        return max(10, CHARACTERS_OF_CHOICES // one)

    def _line(self, index: int, sample: Row | None, summary: Summary) -> ColumnLine:
        place = self._columns.places[index]
        cells = sample.cells if sample else ()
        text = cells[index] if index < len(cells) else ""
        check, is_at_fault = self._check(index, summary)
        own = [
            (kind, [Option(one, name, one == place) for one, name in options])
            for kind, options in self._own
        ]
        options = [Option(one, name, one == place) for one, name in self._places]
        free = self._free_place(index)
        if free and free != place:
            options.append(Option(free, _("Value “%(key)s”") % {"key": free}))
        if place and place not in self.names:
            options.append(Option(place, _("Value “%(key)s”") % {"key": place}, is_chosen=True))
        return ColumnLine(
            index=index,
            heading=heading_of(self._reading, index),
            sample=text[:MAX_SAMPLE] + ("…" if len(text) > MAX_SAMPLE else ""),
            place=place,
            options=options,
            own_options=own,
            check=check,
            is_at_fault=is_at_fault,
        )

    def _free_place(self, index: int) -> str:
        """The heading as a key, for a channel without texts, which takes any key."""
        heading = heading_of(self._reading, index)
        is_free = self.wanted.free_channels and heading not in self.names
        return heading if is_free and self.wanted.takes(heading) else ""

    def _check(self, index: int, summary: Summary) -> tuple[str, bool]:
        if not self._columns.used(index):
            return _("comes back in the result file"), False
        count = sum(kind.count for kind in summary.faults if kind.column == index)
        if count == 1:
            return _("1 row to put right"), True
        if count:
            return _("%(count)s rows to put right") % {"count": f"{count:,}"}, True
        return (_("all fine"), False) if self._columns.is_complete else ("", False)

    def constants(self) -> list[ConstantLine]:
        """Each value, and whether nothing of the file is for it yet."""
        missing = {
            str(problem.facts["key"])
            for problem in self._columns.problems
            if problem.code == "value_missing"
        }
        return [
            ConstantLine(
                index=index,
                place=column.place,
                name=column.heading,
                fixed=self._columns.fixed.get(column.place, ""),
                fallback=self._columns.fallbacks.get(column.place, ""),
                is_missing=column.place.partition(":")[2] in missing or column.place in missing,
            )
            for index, column in enumerate(wanted_columns(self._channels))
        ]

    def problem_text(self, problem: Told) -> str:
        """With the names of places instead of the places."""
        facts = dict(problem.facts)
        if "place" in facts:
            facts["place"] = self.names.get(str(facts["place"]), facts["place"])
        return text_of(problem.code, facts)

    # --- what was chosen ---

    def choice_from(self, posted: QueryDict, before: Choice, sample: Row | None) -> Choice:
        """`before`, with what was changed on the page: what was only proposed stays a proposal."""
        explicit = dict(before.explicit)
        for line in self.lines(sample, Summary()):
            chosen = posted.get(f"column-{line.index}")
            if chosen is not None and chosen != line.place:
                explicit[self._name_of(line.index)] = chosen or IGNORED
        fixed, fallbacks = dict(before.fixed), dict(before.fallbacks)
        for constant in self.constants():
            for texts, name in [(fixed, "fixed"), (fallbacks, "fallback")]:
                text = posted.get(f"{name}-{constant.index}")
                if text is None:
                    continue
                texts.pop(constant.place, None)
                if text.strip():
                    texts[constant.place] = text
        home = posted.get("home")
        return Choice(explicit, fixed, fallbacks, self._home(home, before.home))

    @staticmethod
    def _home(posted: str | None, before: str | None) -> str | None:
        if posted is None or posted == "ask":
            return before
        return posted

    def _name_of(self, index: int) -> str:
        """The heading if it stands once, so that it is found in the next file; else the letter."""
        heading = heading_of(self._reading, index)
        is_alone = list(self._reading.headings).count(heading) == 1
        return heading if is_alone else column_letters(index)
