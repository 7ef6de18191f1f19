"""The country of numbers without a country code, which is asked once for a file."""

from __future__ import annotations

from dataclasses import dataclass

from invocations.batches.column_json import choice_of
from invocations.batches.summary import Summary
from invocations.kaleyra.home_country import regions_by_name
from invocations.kaleyra.recipients import country
from invocations.models import Batch

NO_COUNTRY = "no_country"


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
    """None if there is nothing to ask."""
    count = sum(kind.count for kind in summary.faults if kind.code == NO_COUNTRY)
    chosen = choice_of(batch).home
    if not count and not chosen:
        return None
    likely = batch.account.effective_home_country
    name = country(likely, language) if likely else ""
    return CountryChoices(count, chosen, likely, name, regions_by_name(language))
