"""The record of who has looked at a whole number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from invocations.audit import verbs
from invocations.audit.record import record

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import Model


def record_reveal(by: User, about: Model | None, last_four: str, **facts: str) -> None:
    """Call it before the number is shown: what cannot be recorded is not shown.

    `facts`: more that tells whose number it was, such as its digest; never the number.
    """
    with transaction.atomic():
        record(verbs.NUMBER_REVEALED, by=by, about=about, facts={"last_four": last_four, **facts})
