"""One change of the set-up, or one deed of the console, as the pages show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import models
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invocations.history.change_values import Detail
from invocations.history.wording import person_name

SET_UP = "set_up"
"""The stored reason of what `manage.py demo` makes."""


class Kind(models.TextChoices):
    """What a change is about, as the filter has it."""

    ACCOUNTS = "accounts", gettext_lazy("Keys and accounts")
    WORKFLOWS = "workflows", gettext_lazy("Workflows and texts")
    PEOPLE = "people", gettext_lazy("People")
    STOPS = "stops", gettext_lazy("Stops and pauses")
    MESSAGES = "messages", gettext_lazy("By hand on messages")
    SENDS = "sends", gettext_lazy("Sending")
    FILES = "files", gettext_lazy("Exports and searches")
    SIGN_INS = "sign_ins", gettext_lazy("Signing in")


OF_THE_TRAIL = (Kind.SENDS, Kind.FILES, Kind.SIGN_INS)
"""Kinds that only the trail has."""


@dataclass(frozen=True)
class Change:
    """One line of the list.

    `says` follows the person's name: "stopped all sending". `note`: the reason, in the words of
    whoever gave it, or of the console. `by` is None if the console, its set-up or a script did it.
    """

    at: datetime
    by: User | None
    kind: Kind
    says: SafeString
    details: Sequence[Detail] = ()
    note: str = ""
    is_quoted: bool = True
    is_console: bool = False
    is_set_up: bool = False
    who: str = ""
    """A name for whoever is no person any more, or runs a command."""

    @property
    def person(self) -> str:
        if self.who:
            return self.who
        if self.is_console:
            return _("The console")
        if self.is_set_up:
            return _("The set-up")
        return person_name(self.by) if self.by else _("A script")
