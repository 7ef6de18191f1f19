"""Why messages do not leave by themselves now, in words."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from invocations.history.wording import clock_time
from invocations.models import Account, Invocation
from invocations.sending.departure import Departure, Obstacle


def why_it_waits(departure: Departure, account: Account, *, is_unknown: bool = False) -> list[str]:
    """One sentence for each reason but pauses, which have a text of their own.

    `is_unknown`: it is about messages of unknown outcome, which Kaleyra is asked about.
    """
    found = []
    obstacles = departure.obstacles
    if Obstacle.NO_KEY in obstacles and Obstacle.ACCOUNT_PAUSED not in obstacles:
        found.append(_("Nothing can be sent until an admin stores an API key. Messages wait."))
    if departure.is_unreachable:
        found.append(unreachable_text(departure, account))
    if not departure.has_sender:
        found.append(no_sender_text(is_unknown=is_unknown))
    return found


def no_sender_text(*, is_unknown: bool = False) -> str:
    if is_unknown:
        return _("Kaleyra is not asked about it: the background sender is not running.")
    return _("Queued messages are not leaving: the background sender is not running.")


def unreachable_text(departure: Departure, account: Account) -> str:
    """That the last attempts failed, and what the console does about it."""
    text = _("%(account)s cannot be reached: the last attempts failed.")
    if departure.goes_on_by_itself:
        text = _(
            "%(account)s cannot be reached: the last attempts failed. The console tries one"
            " message every 10 seconds."
        )
    return text % {"account": account.title}


def when_it_goes_on(status: str, due_at: datetime, now: datetime) -> str:
    """When the console tries or asks again. A time that has passed is not named."""
    is_asked = status == Invocation.Status.UNKNOWN
    if due_at <= now:
        asked = _("Kaleyra is asked again when its turn comes.")
        return asked if is_asked else _("Tried again when its turn comes.")
    asked = _("Kaleyra is asked again at %(time)s at the earliest.")
    tried = _("Tried again at %(time)s at the earliest.")
    return (asked if is_asked else tried) % {"time": clock_time(due_at)}
