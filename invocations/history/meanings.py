"""How a status, a delivery or a channel's result is shown on a page.

The tables are in `statuses`, `deliveries` and `channel_codes`; `state` looks up an invocation's
entries. The page `/help/statuses/` shows the first two tables.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils.functional import Promise

Text = str | Promise


@dataclass(frozen=True)
class NextStep:
    """An instruction under "What to do next".

    `code` identifies the step in every language: steps are compared and looked up by it, never
    by their translated text.
    """

    code: str
    text: Text = field(compare=False)

    def __str__(self) -> str:
        return str(self.text)


@dataclass(frozen=True, eq=False)
class Meaning:
    """A table entry. `name`: its code, and its anchor on the page that lists the statuses.

    `tone` is one of those in static/console/tokens.css. The tone "delivered", which is green, is
    kept for deliveries that Kaleyra reports: `DELIVERED` and `FELL_BACK`.
    Entries are compared by identity, so that no comparison depends on translated texts.
    """

    name: str
    label: Text
    tone: str
    icon: str
    says: Text
    next: tuple[NextStep, ...] = ()

    def __str__(self) -> str:
        return str(self.label)


@dataclass(frozen=True, eq=False)
class StatusMeaning(Meaning):
    """`delivery`: what the status implies about the delivery while no result is expected."""

    delivery: Meaning = field(kw_only=True)
    is_contradicted: bool = field(default=False, kw_only=True)
    """Nothing should have gone to the customer, and yet Kaleyra reported a result."""
