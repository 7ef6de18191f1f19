"""What the fields "now or later" mean, in words: when it leaves, and what time it is there then."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _

from invocations.forms.when import WhenFields
from invocations.history.scheduled import day_and_time, span_text
from invocations.kaleyra.local_time import local_times
from invocations.kaleyra.recipients import Recipient, country


def when_says(form: WhenFields, language: str) -> list[str]:
    """For the place beside the fields; follows what is typed."""
    now, at = timezone.now(), form.not_before_as_typed
    says = []
    if at is not None and at > now:
        facts = {"time": day_and_time(at), "span": span_text(at - now)}
        says.append(_("It leaves %(time)s, in %(span)s.") % facts)
    elif form.is_later:
        return []
    typed = [number for number in form.recipients_as_typed if number is not None]
    return says + times_there(typed, at or now, language, is_later=at is not None)


def times_there(
    numbers: Iterable[Recipient], at: datetime, language: str, *, is_later: bool
) -> list[str]:
    """One sentence for each country of `numbers`: which time it is there at the moment `at`."""
    says = []
    for region in dict.fromkeys(number.region for number in numbers):
        times = local_times(region, at)
        if not times:
            continue
        facts = {
            "country": country(region, language),
            "time": _clock(times[0], at),
            "last": _clock(times[-1], at),
        }
        if len(times) > 1 and is_later:
            words = _("In %(country)s it is between %(time)s and %(last)s then.")
        elif len(times) > 1:
            words = _("In %(country)s it is between %(time)s and %(last)s now.")
        elif is_later:
            words = _("In %(country)s it is %(time)s then.")
        else:
            words = _("In %(country)s it is %(time)s now.")
        says.append(words % facts)
    return says


def _clock(local: datetime, at: datetime) -> str:
    """With the day of the week where it is another than in the current time zone."""
    is_same_day = local.date() == timezone.localdate(at)
    return f"{local:%H:%M}" if is_same_day else f"{WEEKDAYS_ABBR[local.weekday()]} {local:%H:%M}"
