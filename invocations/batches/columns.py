"""Which column of a file holds what: proposed by headings and content, overridden by a person.

A place is written as the command writes it: `recipient`, `recipient2`, `reference` (the ticket), a
value's key (both channels), or `1:KEY` and `2:KEY` (one channel).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from invocations.batches.column_names import (
    MOSTLY,
    NUMBER_NAMES,
    PERHAPS_NUMBER_NAMES,
    SECOND_NUMBER_NAMES,
    TICKET_NAMES,
    heads_the_same,
    is_number,
    is_order_name,
    looks_like_number,
    plain,
)
from invocations.batches.recipient_file.codes import Level, Told, told
from invocations.batches.recipient_file.rows import Row, column_letters

RECIPIENT, RECIPIENT2, REFERENCE = "recipient", "recipient2", "reference"
IGNORED = "-"
"""As the place of a column: it is not used, whatever its heading says."""

_MOST_LOOKED_AT = 20
"""Filled cells of a column, to see what is in it."""


@dataclass(frozen=True)
class Value:
    """A value that the workflow's messages need, and on which channels (1, 2)."""

    key: str
    label: str = ""
    channels: tuple[int, ...] = (1, 2)
    required: bool = True


@dataclass(frozen=True)
class Wanted:
    values: Sequence[Value] = ()
    has_second_number: bool = False
    """Whether the second channel may have a number of its own."""
    free_channels: tuple[int, ...] = ()
    """Channels without texts, which take any key: only what a person says goes there."""

    def takes(self, place: str) -> bool:
        """Whether the cells of a column may go to `place`."""
        if place in (RECIPIENT, REFERENCE) or (place == RECIPIENT2 and self.has_second_number):
            return True
        position, mark, key = place.partition(":")
        if mark and position in ("1", "2"):
            channels = {int(position)}
        else:
            key, channels = place, {1, 2}
        if key and key == key.strip() and channels & set(self.free_channels):
            return True
        return any(value.key == key and channels & set(value.channels) for value in self.values)


@dataclass(frozen=True)
class ColumnMap:
    """`places[column]`: where its cells go; empty if it is not used."""

    places: tuple[str, ...]
    fixed: Mapping[str, str] = field(default_factory=dict)
    """By place: the same text for every row."""
    fallbacks: Mapping[str, str] = field(default_factory=dict)
    """By place: the text for a row whose cell is empty."""
    problems: tuple[Told, ...] = ()

    @property
    def is_complete(self) -> bool:
        return not any(problem.level is Level.FAULT for problem in self.problems)

    def texts_of(self, row: Row) -> dict[str, str]:
        """The row's texts by place, byte for byte as they are in the file."""
        cells, texts = row.cells, {**self.fallbacks, **self.fixed}
        for column, place in enumerate(self.places):
            if place:
                text = cells[column] if column < len(cells) else ""
                texts[place] = text if text.strip() else self.fallbacks.get(place, text)
        return texts

    def used(self, column: int) -> bool:
        return column < len(self.places) and bool(self.places[column])


def propose(
    headings: Sequence[str],
    sample: Sequence[Row],
    wanted: Wanted,
    *,
    explicit: Mapping[str, str] | None = None,
    fixed: Mapping[str, str] | None = None,
    fallbacks: Mapping[str, str] | None = None,
) -> ColumnMap:
    """`explicit`: by heading or letter of a column, its place or `IGNORED`; it wins always.

    What is missing or double stands in `problems`. Without `headings`, `sample` says the width.
    """
    width = max([len(headings), *(len(row.cells) for row in sample)] if not headings else
                [len(headings)])  # fmt: skip
    draft = _Draft(headings, width, sample, wanted, fixed or {})
    draft.take_explicit(explicit or {})
    draft.take_by_name()
    draft.take_by_likeness()
    draft.take_by_content()
    draft.check(fallbacks or {})
    return ColumnMap(
        tuple("" if place == IGNORED else place for place in draft.places),
        dict(fixed or {}),
        dict(fallbacks or {}),
        tuple(draft.problems),
    )


class _Draft:
    def __init__(
        self,
        headings: Sequence[str],
        width: int,
        sample: Sequence[Row],
        wanted: Wanted,
        fixed: Mapping[str, str],
    ) -> None:
        self.places = [""] * width
        self.problems: list[Told] = []
        self._headings = [*headings, *[""] * (width - len(headings))]
        self._sample = sample
        self._wanted = wanted
        self._fixed = fixed
        self._explicit: set[int] = set()

    def take_explicit(self, explicit: Mapping[str, str]) -> None:
        for column_name, place in explicit.items():
            columns = self._columns_named(column_name)
            if not columns:
                self.problems.append(told("no_such_column", column=column_name))
            elif len(columns) > 1:
                problem = told("column_ambiguous", column=column_name, columns=tuple(columns))
                self.problems.append(problem)
            elif place != IGNORED and not self._wanted.takes(place):
                self.problems.append(told("no_such_place", place=place))
            else:
                self.places[columns[0]] = place
                self._explicit.add(columns[0])

    def _columns_named(self, name: str) -> list[int]:
        """By exact heading, else by a heading that is alike, else by letter."""
        exact = [i for i, heading in enumerate(self._headings) if heading and heading == name]
        if exact:
            return exact
        alike = [i for i, one in enumerate(self._headings) if one and plain(one) == plain(name)]
        if alike:
            return alike
        return [i for i in range(len(self.places)) if column_letters(i) == name.upper()]

    def take_by_name(self) -> None:
        taken = {*self.places, *self._fixed}
        for place, names in self._names_by_place():
            if place in taken or self._is_covered(place, taken):
                continue
            columns = [
                i
                for i, heading in enumerate(self._headings)
                if not self.places[i] and i not in self._explicit and plain(heading) in names
            ]
            if len(columns) == 1:
                self.places[columns[0]] = place
                taken.add(place)
            elif columns and place != RECIPIENT:
                problem = told("place_twice", place=place, columns=tuple(columns))
                self.problems.append(problem)

    def _names_by_place(self) -> Iterator[tuple[str, set[str]]]:
        """Keys of the workflow come first: it may have a value called `number`."""
        for value in self._wanted.values:
            for channel in value.channels:
                spellings = {f"{channel}:{value.key}", f"send{channel}.{value.key}"}
                yield f"{channel}:{value.key}", {plain(one) for one in spellings}
        for value in self._wanted.values:
            yield self._place_of(value), _names_of(value)
        yield RECIPIENT, {*NUMBER_NAMES}
        if self._wanted.has_second_number:
            yield RECIPIENT2, {*SECOND_NUMBER_NAMES}
        yield REFERENCE, {*TICKET_NAMES}

    def _place_of(self, value: Value) -> str:
        """With the channel if the other channel needs something else under the same key."""
        is_alone = sum(1 for one in self._wanted.values if one.key == value.key) == 1
        return value.key if is_alone else f"{value.channels[0]}:{value.key}"

    def _is_covered(self, place: str, taken: set[str]) -> bool:
        """Whether each channel that a key is needed on has its own place already."""
        value = next((one for one in self._wanted.values if one.key == place), None)
        channels = value.channels if value else ()
        return bool(channels) and all(f"{channel}:{place}" in taken for channel in channels)

    def take_by_likeness(self) -> None:
        """Values whose column is called otherwise, but can be no other one."""
        given = {*self.places, *self._fixed}
        pairs = [
            (self._place_of(value), column)
            for value in self._wanted.values
            if value.required and self._place_of(value) not in given
            if not self._is_covered(self._place_of(value), given)
            for column in self._free()
            if heads_the_same(_names_of(value), self._headings[column], self._cells_of(column))
        ]
        for place, column in pairs:
            if sum(1 for pair in pairs if place in pair or column in pair) == 1:
                self.places[column] = place
        orders = [i for i in self._free() if is_order_name(self._headings[i])]
        needs_order = any(any(map(is_order_name, _names_of(one))) for one in self._wanted.values)
        if len(orders) == 1 and REFERENCE not in given and not needs_order:
            self.places[orders[0]] = REFERENCE

    def take_by_content(self) -> None:
        if RECIPIENT in self.places or RECIPIENT in self._fixed:
            return
        free = self._free()
        named = [i for i in free if self._is_called_number(i)]
        columns = [i for i in named if self._share(i, looks_like_number) >= MOSTLY]
        if not named:
            columns = [i for i in free if self._share(i, is_number) >= MOSTLY]
        if len(columns) == 1:
            self.places[columns[0]] = RECIPIENT
        elif len(columns) > 1 or len(named) > 1:
            self.problems.append(told("recipient_unsure", columns=tuple(columns or named)))
        else:
            self.problems.append(told("recipient_missing"))

    def _free(self) -> list[int]:
        return [i for i, one in enumerate(self.places) if not one and i not in self._explicit]

    def _is_called_number(self, column: int) -> bool:
        heading = plain(self._headings[column])
        if heading in PERHAPS_NUMBER_NAMES:
            return self._share(column, looks_like_number) >= MOSTLY
        return heading in NUMBER_NAMES

    def _cells_of(self, column: int) -> list[str]:
        """The first filled ones."""
        filled = (
            cell
            for row in self._sample
            if column < len(row.cells) and (cell := row.cells[column].strip())
        )
        return list(islice(filled, _MOST_LOOKED_AT))

    def _share(self, column: int, holds: Callable[[str], bool]) -> float:
        cells = self._cells_of(column)
        return sum(map(holds, cells)) / len(cells) if cells else 0.0

    def check(self, fallbacks: Mapping[str, str]) -> None:
        self._check_twice()
        for place in {**self._fixed, **fallbacks}:
            if not self._wanted.takes(place):
                self.problems.append(told("no_such_place", place=place))
        self._check_missing({*self.places, *self._fixed, *fallbacks})
        if RECIPIENT in self.places:
            column = self.places.index(RECIPIENT)
            if self._cells_of(column) and not self._share(column, looks_like_number):
                self.problems.append(told("recipient_looks_wrong", column=column))

    def _check_twice(self) -> None:
        for place in dict.fromkeys(self.places):
            columns = tuple(i for i, one in enumerate(self.places) if one == place)
            if place in ("", IGNORED):
                continue
            if len(columns) > 1:
                self.problems.append(told("place_twice", place=place, columns=columns))
            if place in self._fixed:
                self.problems.append(told("column_and_fixed", place=place))

    def _check_missing(self, given: set[str]) -> None:
        for value in self._wanted.values:
            if value.key in given or not value.required:
                continue
            missing = tuple(c for c in value.channels if f"{c}:{value.key}" not in given)
            if missing:
                label = value.label or value.key
                problem = told("value_missing", key=value.key, label=label, channels=missing)
                self.problems.append(problem)


def _names_of(value: Value) -> set[str]:
    return {plain(value.key), plain(value.label)} - {""}
