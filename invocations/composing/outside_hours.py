"""Whether a message leaves at an hour at which people of the recipient's country are disturbed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, time

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from invocations.composing.findings import Finding, Severity
from invocations.kaleyra import recipients
from invocations.kaleyra.local_time import local_times
from invocations.kaleyra.recipients import Recipient
from invocations.models import WorkflowInstance

OUTSIDE_HOURS = "outside_hours"
EARLIEST, LATEST = time(8), time(21)
"""Local time of the recipient from which on, and before which, a message disturbs nobody."""


def of_hours(
    workflow: WorkflowInstance, numbers: Sequence[Recipient], not_before: datetime | None
) -> Iterator[Finding]:
    """One caution for each country in which the message would leave outside the hours of the day.

    A person acknowledges it for a message that is scheduled for such an hour everywhere in the
    country. What leaves now is a fact: whoever sends it may be talking to the customer. A one-time
    passcode is asked for by its recipient: nobody has to acknowledge its hour, and now it has none.
    Nor has what goes to the practice pod now, which reaches nobody.
    """
    now = timezone.now()
    is_scheduled = not_before is not None and not_before > now
    is_otp = any(channel.is_otp for channel in workflow.channels.all())
    if not is_scheduled and (is_otp or workflow.account.pod.is_practice):
        return
    at = not_before if not_before and is_scheduled else now
    for region in dict.fromkeys(number.region for number in numbers):
        times = local_times(region, at)
        outside = [local for local in times if not EARLIEST <= local.time() < LATEST]
        if outside:
            is_certain = len(outside) == len(times)
            yield Finding(
                OUTSIDE_HOURS,
                Severity.CAUTION,
                _text(region, times, is_scheduled=is_scheduled, is_certain=is_certain),
                channel=_channel_of(region, numbers),
                asks=is_scheduled and is_certain and not is_otp,
            )


def _channel_of(region: str, numbers: Sequence[Recipient]) -> int:
    """The first channel with a number of this region; 0 if all numbers are of one region."""
    regions = [number.region for number in numbers]
    return regions.index(region) + 1 if len(set(regions)) > 1 else 0


def _text(region: str, times: Sequence[datetime], *, is_scheduled: bool, is_certain: bool) -> str:
    facts = {
        "country": recipients.country(region, get_language() or "en"),
        "time": f"{times[0]:%H:%M}",
        "last": f"{times[-1]:%H:%M}",
        "from": f"{EARLIEST:%H:%M}",
        "to": f"{LATEST:%H:%M}",
    }
    if len(times) == 1 and is_scheduled:
        words = _("It leaves at %(time)s in %(country)s, outside %(from)s to %(to)s there.")
    elif len(times) == 1:
        words = _("It is %(time)s in %(country)s now, outside %(from)s to %(to)s there.")
    elif is_certain:
        words = _(
            "In %(country)s it is between %(time)s and %(last)s then, outside %(from)s to %(to)s."
        )
    else:
        words = _(
            "In %(country)s it is between %(time)s and %(last)s then: in part of the country that "
            "is outside %(from)s to %(to)s."
        )
    return words % facts
