"""Now or later: day, time and zone of a message, as fields that a form takes over."""

from __future__ import annotations

import zoneinfo
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from functools import cache
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from invocations.composing import check
from invocations.history.scheduled import zone_text
from invocations.kaleyra.local_time import zones_of
from invocations.kaleyra.recipients import Recipient, country
from invocations.models import WorkflowInstance

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

NOW, LATER = "now", "later"
THEIR_TIME = "customer"
"""The zone of the recipient's country, if it has one local time at that moment."""
WHEN_FIELDS = ("when", "day", "time", "zone")
USUAL_TIME = time(9)
"""What the form offers: the next morning."""


def day_field(label: StrPromise) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": gettext_lazy("Write the day like this: 2027-03-31.")},
    )


def time_field(label: StrPromise) -> forms.TimeField:
    """A text: browsers show their own time field with AM and PM where their language has them."""
    return forms.TimeField(
        label=label,
        required=False,
        widget=forms.TimeInput(
            {"size": 6, "maxlength": 8, "autocomplete": "off", "spellcheck": "false"},
            format="%H:%M",
        ),
        input_formats=["%H:%M", "%H.%M", "%H:%M:%S"],
        error_messages={"invalid": gettext_lazy("Write the time like this: 09:00 or 17:30.")},
    )


class WhenFields(forms.Form):
    """`not_before` has the chosen time, in UTC, once the form is valid; None: at once.

    The form that takes these fields over has `workflow` and `recipients_as_typed`.
    """

    when = forms.ChoiceField(
        label=gettext_lazy("When to send"),
        choices=[(NOW, gettext_lazy("Now")), (LATER, gettext_lazy("Later"))],
        required=False,
        initial=NOW,
    )
    day = day_field(gettext_lazy("Day"))
    time = time_field(gettext_lazy("Time"))
    zone = forms.CharField(
        label=gettext_lazy("Whose time"), max_length=64, required=False, widget=forms.Select
    )

    workflow: WorkflowInstance

    def __init__(self, data: QueryDict | None = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.not_before: datetime | None = None
        for name in WHEN_FIELDS:  # the errors of a page stand in the order of its fields
            self.fields[name] = self.fields.pop(name)
        own = timezone.get_current_timezone()
        tomorrow = timezone.localdate() + timedelta(days=1)
        usual = {"day": tomorrow, "time": USUAL_TIME, "zone": str(own)}
        self.initial = {**usual, **self.initial}
        last = timezone.localdate(timezone.now() + check.MAX_AHEAD)
        self.fields["day"].widget.attrs |= {
            "min": timezone.localdate().isoformat(),
            "max": last.isoformat(),
        }

    @property
    def recipients_as_typed(self) -> Sequence[Recipient | None]:
        raise NotImplementedError

    @property
    def is_later(self) -> bool:
        return bool(self["when"].value() == LATER)

    @property
    def not_before_as_typed(self) -> datetime | None:
        """The chosen time as far as it can be read, right or wrong: for the preview."""
        try:
            return self._chosen_time() if self.is_later else None
        except forms.ValidationError:
            return None

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.is_later:
            for name in WHEN_FIELDS:
                self.errors.pop(name, None)
        elif not self.errors.keys() & set(WHEN_FIELDS):
            try:
                self.not_before = self._chosen_time()
            except forms.ValidationError as error:
                self.add_error(None, error)
        return cleaned

    def _chosen_time(self) -> datetime:
        day = self.fields["day"].clean(self["day"].value() or "")
        clock = self.fields["time"].clean(self["time"].value() or "")
        if day is None:
            raise _error("day", _("Choose the day on which it leaves."))
        if clock is None:
            raise _error("time", _("Choose the time at which it leaves."))
        local = datetime.combine(day, clock)
        try:
            chosen = self._moment(local)
        except OverflowError:  # at the ends of the calendar
            raise _error("day", _("Choose a day in the next months.")) from None
        now = timezone.now()
        if chosen <= now:
            words = _("%(time)s has passed. Choose a later time, or “Now”.")
            raise _error("time", words % {"time": date_format(local, "j F Y, H:i")})
        for finding in check.of_times(not_before=chosen, not_after=None):
            raise _error("day", finding.text)
        return chosen

    # --- zones ---

    def _moment(self, local: datetime) -> datetime:
        """`local` in the chosen zone. Raises `ValidationError` where it is no moment, or two."""
        moments = {moment_of(local, zone) for zone in self._zones()}
        if len(moments) > 1:
            words = _("%(countries)s: there are several time zones. Choose one of them.")
            raise _error("zone", words % {"countries": ", ".join(self._countries)})
        return moments.pop()

    def _zones(self) -> Sequence[tzinfo]:
        """The zones that are meant: one, or those of the recipients' countries."""
        chosen = self["zone"].value() or str(timezone.get_current_timezone())
        if chosen != THEIR_TIME:
            try:
                return [zoneinfo.ZoneInfo(chosen)] if chosen in _all_zones() else [_own(chosen)]
            except (KeyError, ValueError, OSError):
                raise _error("zone", _("Choose one of the time zones.")) from None
        names = [name for region in self._regions for name in zones_of(region)]
        if not names:
            words = _("The customer’s time is not known. Choose a time zone.")
            if not self._regions:
                words = _("Type the number first: its country says which time it is there.")
            raise _error("zone", words)
        return [zoneinfo.ZoneInfo(name) for name in names]

    @property
    def _regions(self) -> list[str]:
        read = [number.region for number in self.recipients_as_typed if number is not None]
        return list(dict.fromkeys(read))

    @property
    def _countries(self) -> list[str]:
        return [country(region, get_language() or "en") for region in self._regions]

    @property
    def zone_choices(self) -> list[tuple[str, str]]:
        """Own time, the customer's, that of the countries concerned, and UTC: each once."""
        own = str(timezone.get_current_timezone())
        choices = {
            own: _("Yours (%(zone)s)") % {"zone": zone_text(timezone.localtime())},
            THEIR_TIME: _("The customer’s"),
        }
        for region in [*self._regions, self.workflow.account.effective_home_country]:
            for name in zones_of(region):
                choices.setdefault(name, _zone_name(name))
        chosen = self["zone"].value()
        if chosen in _all_zones():
            choices.setdefault(chosen, _zone_name(chosen))
        return list({**choices, "UTC": choices.get("UTC", "UTC")}.items())


def moment_of(local: datetime, zone: tzinfo) -> datetime:
    """`local` (naive) in `zone`, as UTC.

    Raises `ValidationError` for a time that the clocks leave out, and for one that comes twice.
    """
    first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first == second:
        return first
    facts = {
        "time": date_format(local, "H:i"),
        "day": date_format(local, "j F Y"),
        "zone": _zone_name(str(zone)),
    }
    if first.astimezone(zone).replace(tzinfo=None) != local:
        words = _(
            "There is no %(time)s on %(day)s in %(zone)s: the clocks go forward. "
            "Choose a time an hour earlier or later."
        )
    else:
        words = _(
            "%(time)s comes twice on %(day)s in %(zone)s: the clocks go back. "
            "Choose a time an hour earlier or later."
        )
    raise _error("time", words % facts)


def _error(field: str, words: str) -> forms.ValidationError:
    return forms.ValidationError({field: words})


@cache
def _all_zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _own(name: str) -> tzinfo:
    """The current zone, by its name. Raises `KeyError` for another."""
    own = timezone.get_current_timezone()
    if str(own) != name:
        raise KeyError(name)
    return own


def _zone_name(name: str) -> str:
    return name.replace("_", " ")
