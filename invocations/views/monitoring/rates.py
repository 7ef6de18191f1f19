"""The four rates of the home: delivered, rescued, not delivered or rejected, not known.

What is still awaited, queued or cancelled is in no rate. The first, third and fourth add up to
100 %.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invocations.history.links import history_url
from invocations.history.meanings import Text
from invocations.views.monitoring.trends import Trend, trend_of

MIN_FOR_RATE = 10
"""With fewer messages the count is shown, not a rate."""
Counts = Mapping[str, int]
"""How many messages, by the names of `statistics.CONDITIONS`."""


# --- what is counted ------------------------------------------------------------------------------


def delivered(counts: Counts) -> int:
    return counts.get("on_1", 0) + counts.get("on_2", 0)


def rescued(counts: Counts) -> int:
    """The first channel was not reported as delivered, the second was."""
    return counts.get("on_2", 0)


def not_received(counts: Counts) -> int:
    """Every channel was reported to have failed, or Kaleyra or a person says nothing went out."""
    return counts.get("failed", 0) + counts.get("refused", 0)


def not_known(counts: Counts) -> int:
    """The outcome is unknown, or no result says it: none came, or it does not say."""
    without_result = counts.get("unreported", 0) - counts.get("awaiting", 0)
    return max(0, without_result) + counts.get("open", 0) + counts.get("unknown", 0)


def ended(counts: Counts) -> int:
    """Of what the rates are shares."""
    return delivered(counts) + not_received(counts) + not_known(counts)


def accepted(counts: Counts) -> int:
    """Taken by Kaleyra, without those still awaited: what rescues are a share of."""
    return max(rescued(counts), counts.get("accepted", 0) - counts.get("awaiting", 0))


class Rate(NamedTuple):
    """One of the four. `part` of `whole` are functions of the counts."""

    name: str
    label: Text
    help: Text
    tone: str
    icon: str
    part: Any
    whole: Any = ended


RATES = (
    Rate(
        "delivered",
        gettext_lazy("Delivered"),
        gettext_lazy("Kaleyra reports that one of the channels delivered it."),
        "delivered",
        "done_all",
        delivered,
    ),
    Rate(
        "rescued",
        gettext_lazy("Rescued by the second channel"),
        gettext_lazy(
            "The first channel was not reported as delivered, the second was. "
            "Share of the accepted messages."
        ),
        "rescued",
        "alt_route",
        rescued,
        accepted,
    ),
    Rate(
        "not_received",
        gettext_lazy("Not delivered or rejected"),
        gettext_lazy("Every channel was reported as failed, or nothing went out."),
        "rejected",
        "error",
        not_received,
    ),
    Rate(
        "not_known",
        gettext_lazy("Not known"),
        gettext_lazy(
            "The outcome is unknown, no result came, or the result does not say. "
            "What is still awaited is left out."
        ),
        "unknown",
        "question_mark",
        not_known,
    ),
)


def share(rate: Rate, counts: Counts) -> float | None:
    """In per cent; None where there is nothing to take a share of."""
    whole = rate.whole(counts)
    return 100 * rate.part(counts) / whole if whole else None


def percent(value: float | None) -> str:
    """With one decimal, and "–" for None."""
    return "–" if value is None else _("%(n)s %%") % {"n": _one_decimal(value)}


def _one_decimal(value: float) -> str:
    return number_format(round(value, 1), 1)  # which alone would cut the others off


# --- what is shown of them ------------------------------------------------------------------------


class Fact(NamedTuple):
    """A count below a rate. `address`: the history's list of just these; empty without one."""

    text: str
    address: str = ""


@dataclass(frozen=True)
class Metric:
    """A rate of one period. `number` and `unit` are "94.6" and "%", or "3 of 5" if there are few.

    `delta`: how it differs from the period before, in words; `direction`: up, down or empty.
    `has_too_few`: one of the two periods has too few messages to say so.
    """

    rate: Rate
    number: str
    unit: str
    delta: str
    direction: str
    has_too_few: bool
    facts: Sequence[Fact]
    trend: Trend

    @property
    def trend_text(self) -> str:
        """The text alternative of the lines."""
        facts = {
            "label": self.rate.label,
            "low": _one_decimal(self.trend.lowest),
            "high": _one_decimal(self.trend.highest),
        }
        return _("%(label)s: %(low)s to %(high)s per cent. The table has every figure.") % facts


def metrics_of(
    now: Counts,
    before: Counts | None,
    buckets: tuple[Sequence[Counts], Sequence[Counts]],
    filters: Mapping[str, str],
    compared_with: str,
) -> list[Metric]:
    """The four rates of the counts `now`.

    `before`: the counts of the period before; None if it is not compared. `buckets`: the counts by
    hour or day, of this period and of that before. `filters`: the history's filters of the period.
    `compared_with`: what the period before is called, for example "the week before".
    """
    current, earlier = buckets
    return [
        Metric(
            rate,
            *_number(rate, now),
            *_delta(rate, now, before, compared_with),
            has_too_few=before is not None and _has_too_few(rate, now, before),
            facts=_facts(rate, now, filters),
            trend=trend_of(
                [share(rate, counts) for counts in current],
                [share(rate, counts) for counts in earlier],
            ),
        )
        for rate in RATES
    ]


def not_compared(metrics: Sequence[Metric], compared_with: str) -> str:
    """Which rates are not compared with the period before because there are too few messages."""
    labels = [str(metric.rate.label) for metric in metrics if metric.has_too_few]
    if not labels:
        return ""
    if len(labels) == len(metrics):
        return _("Too few messages to compare with %(period)s.") % {"period": compared_with}
    words = _("Too few messages to compare with %(period)s: %(rates)s.")
    return words % {"period": compared_with, "rates": ", ".join(labels)}


def _has_too_few(rate: Rate, now: Counts, before: Counts) -> bool:
    return bool(rate.whole(now) < MIN_FOR_RATE or rate.whole(before) < MIN_FOR_RATE)


def _number(rate: Rate, counts: Counts) -> tuple[str, str]:
    part, whole = rate.part(counts), rate.whole(counts)
    if not whole:
        return "–", ""
    if whole < MIN_FOR_RATE:
        return str(part), _("of %(n)s") % {"n": whole}
    return _one_decimal(100 * part / whole), "%"


def _delta(rate: Rate, now: Counts, before: Counts | None, compared_with: str) -> tuple[str, str]:
    if before is None or _has_too_few(rate, now, before):
        return "", ""
    points = round((share(rate, now) or 0.0) - (share(rate, before) or 0.0), 1)
    if not points:
        return _("as in %(period)s") % {"period": compared_with}, ""
    facts = {"n": _one_decimal(abs(points)), "period": compared_with}
    if points > 0:
        return _("%(n)s points more than %(period)s") % facts, "up"
    return _("%(n)s points less than %(period)s") % facts, "down"


def _facts(rate: Rate, counts: Counts, filters: Mapping[str, str]) -> list[Fact]:
    """The counts behind a rate. Those of which the history has a list link to it."""

    def fact(text: str, name: str, **own: str) -> Fact:
        n = counts.get(name, 0)
        return Fact(text % {"n": f"{n:,}"}, history_url(**own, **filters) if n else "")

    if rate.name == "delivered":
        text = _("%(n)s of %(whole)s messages") % {
            "n": f"{delivered(counts):,}",
            "whole": f"{ended(counts):,}",
        }
        return [Fact(text, history_url(delivery="reached", **filters) if ended(counts) else "")]
    if rate.name == "rescued":
        text = _("%(n)s of %(whole)s accepted") % {
            "n": f"{rescued(counts):,}",
            "whole": f"{accepted(counts):,}",
        }
        return [Fact(text, history_url(delivery="2", **filters) if accepted(counts) else "")]
    if rate.name == "not_received":
        return [
            fact(_("%(n)s not delivered"), "failed", delivery="failed"),
            fact(_("%(n)s rejected"), "rejected", status="rejected"),
        ]
    silent = not_known(counts) - sum(
        counts.get(name, 0) for name in ("unknown", "no_result", "open")
    )
    facts = [
        fact(_("%(n)s unknown"), "unknown", status="unknown"),
        fact(_("%(n)s without a result"), "no_result", delivery="no_result"),
        fact(_("%(n)s not confirmed"), "open", delivery="open"),
    ]
    shown = [each for each in facts if each.address] or facts[:1]
    if silent > 0:
        shown.append(Fact(_("%(n)s report no result") % {"n": f"{silent:,}"}))
    return shown


def added_up(rows: Sequence[Counts]) -> Counter[str]:
    total: Counter[str] = Counter()
    for counts in rows:
        total.update(counts)
    return total
