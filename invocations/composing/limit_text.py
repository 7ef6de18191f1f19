"""What each limit says when it refuses a message. The texts name no button."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from invocations.kaleyra.recipients import country

DO_NOT_CONTACT, NOT_LISTED, COUNTRY = "do_not_contact", "not_listed", "country_not_allowed"

NUMBER_TEXT = {
    DO_NOT_CONTACT: _("%(number)s is on the do-not-contact list. Nothing is sent to it."),
    NOT_LISTED: _(
        "The account sends to the numbers of its list only, and %(number)s is not one of them. An"
        " admin can add it, or let the account go live."
    ),
    COUNTRY: _(
        "%(number)s is a number of %(country)s, and nothing may be sent there. An admin can allow"
        " the country."
    ),
}
CAP_TEXT = {
    "person_minute": _(
        "One person sends at most %(most)s messages in a minute. Wait until %(at)s."
    ),
    "person_day": _("One person sends at most %(most)s messages in a day. Wait until %(at)s."),
    "account_day": _("The account sends at most %(most)s messages in a day. Wait until %(at)s."),
    "number_hour": _("At most %(most)s messages go to one number in an hour. Wait until %(at)s."),
    "number_day": _("At most %(most)s messages go to one number in a day. Wait until %(at)s."),
}
NEEDS_APPROVAL = _("A second person has to approve it first.")
WAIT_TEXT = {
    "person_minute": _("It waits: one person sends at most %(most)s messages in a minute."),
    "person_day": _("It waits until %(at)s: one person sends at most %(most)s messages in a day."),
    "account_day": _(
        "It waits until %(at)s: the account sends at most %(most)s messages in a day."
    ),
}
"""About a batch."""


def is_limit(code: str) -> bool:
    """Whether a finding with this code is about a limit."""
    return code in NUMBER_TEXT or code.removeprefix("cap_") in CAP_TEXT


def of_number(code: str, region: str, masked: str) -> str:
    name = country(region, get_language() or "en") if region else _now("an unknown country")
    return str(NUMBER_TEXT[code]) % {"number": masked, "country": name}


def of_cap(scope: str, most: int, until: datetime) -> str:
    return str(CAP_TEXT[scope]) % {"most": most, "at": _clock(until)}


def of_wait(scope: str, most: int, until: datetime) -> str:
    return str(WAIT_TEXT[scope]) % {"most": most, "at": _clock(until)}


def _clock(moment: datetime) -> str:
    local = timezone.localtime(moment)
    now = timezone.localtime()
    return f"{local:%H:%M}" if local.date() == now.date() else f"{local:%d %b %H:%M}"
