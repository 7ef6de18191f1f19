"""The country of numbers without a country code, which is asked once for a file."""

from __future__ import annotations

from dataclasses import dataclass

from invocations.batches.column_json import choice_of
from invocations.batches.columns import RECIPIENT, RECIPIENT2
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
    """None if all numbers are right, and nothing was said.

    Without a country of the account the check cannot tell a national number from one that is too
    short.
    """
    count = sum(kind.count for kind in summary.faults if kind.code == NO_COUNTRY)
    wrong = any(kind.place in (RECIPIENT, RECIPIENT2) for kind in summary.faults)
    chosen = choice_of(batch).home
    if not wrong and not chosen:
        return None
    likely = batch.account.effective_home_country
    name = country(likely, language) if likely else ""
    return CountryChoices(count, chosen, likely, name, regions_by_name(language))
