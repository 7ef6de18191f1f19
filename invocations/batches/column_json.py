"""Where the columns go, as a batch stores it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from invocations.batches.columns import ColumnMap
from invocations.batches.recipient_file.codes import Told
from invocations.models import Batch


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
