"""Where the columns go, as a batch stores it, and as a workflow's next file begins with."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from invocations.batches.columns import IGNORED, ColumnMap, Wanted, propose
from invocations.batches.reading import Reading
from invocations.batches.recipient_file import Row, Told
from invocations.models import Batch, ColumnChoice, WorkflowInstance
from invocations.models.encryption import Unreadable


@dataclass(frozen=True)
class Choice:
    """What a person chose. `explicit`: place by heading or letter of a column."""

    explicit: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    """By place: the same text for every row."""
    fallbacks: Mapping[str, str] = field(default_factory=dict)
    """By place: the text for a row whose cell is empty."""
    home: str | None = None
    """Region (ISO 3166) of the numbers without a country code; empty: each number has one; None:
    nobody has said it, and a number that may be a national one is a fault."""


def columns_of(batch: Batch) -> ColumnMap:
    """Without places while nothing was read."""
    return _map_from(json.loads(batch.columns))


def is_chosen(batch: Batch) -> bool:
    """Whether somebody has chosen the columns of this very file, if only by leaving all to us."""
    return bool(json.loads(batch.columns))


def choice_of(batch: Batch) -> Choice:
    data = json.loads(batch.columns)
    return Choice(**data["choice"]) if data else Choice()


def to_json(columns: ColumnMap, choice: Choice) -> str:
    data = {
        "places": columns.places,
        "fixed": columns.fixed,
        "fallbacks": columns.fallbacks,
        "problems": [[problem.code, problem.facts] for problem in columns.problems],
        "choice": vars(choice),
    }
    return json.dumps(data, ensure_ascii=False)


def _map_from(data: dict[str, Any]) -> ColumnMap:
    if not data:
        return ColumnMap(())
    problems = tuple(Told(code, _with_tuples(facts)) for code, facts in data["problems"])
    return ColumnMap(tuple(data["places"]), data["fixed"], data["fallbacks"], problems)


def _with_tuples(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(fact) if isinstance(fact, list) else fact for name, fact in facts.items()}


def map_for(reading: Reading, sample: Sequence[Row], wanted: Wanted, choice: Choice) -> ColumnMap:
    return propose(
        reading.headings,
        sample,
        wanted,
        explicit=choice.explicit,
        fixed=choice.fixed,
        fallbacks=choice.fallbacks,
    )


def fitting(choice: Choice, reading: Reading, sample: Sequence[Row], wanted: Wanted) -> Choice:
    """What of the `choice` for an earlier file fits this one.

    By exact headings that stand once: a letter says nothing about another file.

    A column wins over a text that was the same for all rows of the last file. The country of
    numbers without a country code is asked anew for each file.
    """
    once = {name for name in reading.headings if reading.headings.count(name) == 1}
    explicit = {
        name: place
        for name, place in choice.explicit.items()
        if name in once and (place == IGNORED or wanted.takes(place))
    }
    columns = propose(reading.headings, sample, wanted, explicit=explicit)
    return Choice(
        explicit,
        {
            place: text
            for place, text in choice.fixed.items()
            if wanted.takes(place) and place not in columns.places
        },
        {place: text for place, text in choice.fallbacks.items() if wanted.takes(place)},
    )


def remembered_choice(workflow: WorkflowInstance) -> Choice:
    """Of the last file of this workflow; an empty one if there was none."""
    stored = ColumnChoice.objects.filter(workflow=workflow).first()
    try:
        data = json.loads(stored.choice) if stored else {}
    except Unreadable:
        data = {}
    return Choice(**data) if data else Choice()


def remember(workflow: WorkflowInstance, choice: Choice) -> None:
    ColumnChoice.objects.update_or_create(
        workflow=workflow, defaults={"choice": json.dumps(vars(choice), ensure_ascii=False)}
    )
