"""One step of an account's set-up, and how far several have come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.urls import reverse
from django.utils.translation import gettext as _


class State(StrEnum):
    DONE = "done"
    NOW = "now"
    """The next one to do."""
    TODO = "todo"
    WRONG = "wrong"
    """It was done, and Kaleyra's answer or the console's set-up says that it fails."""


@dataclass(frozen=True)
class Step:
    """One step. `name` identifies it in every language.

    `url` is where `deed_title` leads, for those with `permission`; both are empty while other steps
    come first, which `after` then names. `posts`: the deed is a button that posts to `url`.
    `minutes`: how long the step takes.
    """

    name: str
    title: str
    fact: str
    state: State
    minutes: int
    deed_title: str = ""
    url: str = ""
    permission: str = ""
    posts: bool = False
    after: str = ""

    @property
    def is_done(self) -> bool:
        return self.state is State.DONE


@dataclass(frozen=True)
class Progress:
    """How far `steps` have come."""

    steps: Sequence[Step]

    @property
    def done(self) -> int:
        return sum(step.is_done for step in self.steps)

    @property
    def total(self) -> int:
        return len(self.steps)

    @property
    def is_complete(self) -> bool:
        return self.done == self.total

    @property
    def minutes_left(self) -> int:
        return sum(step.minutes for step in self.steps if not step.is_done)

    @property
    def current(self) -> Step | None:
        """The step to do next, or the one that went wrong; None if all are done."""
        return next((step for step in self.steps if step.state in (State.WRONG, State.NOW)), None)


# --- words ----------------------------------------------------------------------------------------


def after_text(numbers: Sequence[int]) -> str:
    """For example "after 4 and 6", or "after 2 to 6"."""
    if not numbers:
        return ""
    first, last_one = numbers[0], numbers[-1]
    if len(numbers) > 2 and last_one - first == len(numbers) - 1:
        return _("after %(first)s to %(last)s") % {"first": first, "last": last_one}
    *most, last = [str(n) for n in numbers]
    listed = _("%(most)s and %(last)s") % {"most": ", ".join(most), "last": last} if most else last
    return _("after %(steps)s") % {"steps": listed}


def hub_url(account_id: int) -> str:
    """The page of an account, on which its steps stand."""
    return reverse("account_hub", args=[account_id])
