"""One step of a timeline, as the page draws it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from invocations.history.meanings import Meaning, Text


@dataclass(frozen=True)
class TimelineStep:
    """`code`: Kaleyra's own code or status, shown verbatim. `after`: time since the step before.

    `is_wait`: drawn as a hollow ring. `is_open`: what followed is not known, or not known yet.
    """

    title: Text
    tone: str = "neutral"
    icon: str = ""
    at: datetime | None = None
    says: Sequence[Text] = ()
    code: str = ""
    message_id: str = ""
    badge: Text = ""
    name: str = ""
    is_wait: bool = False
    is_open: bool = False
    after: str = ""


def step_for(meaning: Meaning, **fields: Any) -> TimelineStep:
    """A step with the label, tone, icon and name of `meaning`, unless `fields` replace them."""
    step = TimelineStep(meaning.label, tone=meaning.tone, icon=meaning.icon, name=meaning.name)
    return replace(step, **fields)
