"""The country of numbers without a country code, which is asked once for a file."""

from __future__ import annotations

from dataclasses import dataclass

from invocations.batches.column_json import choice_of
from invocations.batches.columns import RECIPIENT, RECIPIENT2
from invocations.batches.shown_rows import rows_by_number
from invocations.batches.summary import FaultKind, Summary
from invocations.kaleyra import number_text
from invocations.kaleyra.home_country import regions_by_name
from invocations.kaleyra.recipients import RecipientError, country
from invocations.kaleyra.redaction import FEWEST_DIGITS
from invocations.models import Batch

NO_COUNTRY = "no_country"
_OF_LENGTH = ("too_short", "too_long", "impossible", "no_such_country")
"""Faults that a number has, too, whose country code is missing, where no country is known."""
_MOST_LOOKED_AT = 10
"""Rows of each of these kinds whose numbers are read."""


@dataclass(frozen=True)
class CountryChoices:
    """`count`: rows with a number without a country code. `chosen`: a region; empty for "each
    number has one"; None while nobody has said it.
    """

    count: int
    chosen: str | None
    likely: str
    likely_name: str
    regions: list[tuple[str, str]]


def country_choices(batch: Batch, summary: Summary, language: str) -> CountryChoices | None:
    """None if no number lacks its country code, and no country was chosen."""
    count = sum(kind.count for kind in summary.faults if kind.code == NO_COUNTRY)
    chosen = choice_of(batch).home
    if not count and not chosen and not _may_lack_it(batch, summary):
        return None
    likely = batch.account.effective_home_country
    name = country(likely, language) if likely else ""
    return CountryChoices(count, chosen, likely, name, regions_by_name(language))


def _may_lack_it(batch: Batch, summary: Summary) -> bool:
    """Whether a number at fault is long enough, and written without + and 00."""
    places = (RECIPIENT, RECIPIENT2)
    kinds = [one for one in summary.faults if one.place in places and one.code in _OF_LENGTH]
    return any(_is_national(cell) for kind in kinds for cell in _cells(batch, kind))


def _cells(batch: Batch, kind: FaultKind) -> list[str]:
    numbers = [row for row, _text in kind.rows[:_MOST_LOOKED_AT]]
    found = rows_by_number(batch, numbers).values()
    return [one.row.cells[kind.column] for one in found if 0 <= kind.column < len(one.row.cells)]


def _is_national(cell: str) -> bool:
    try:
        text = number_text.read(cell)
    except RecipientError:
        return False
    return not text.is_international and len(text.digits) >= FEWEST_DIGITS
