"""One plain sentence, or two, on what became of a message: no more than its status, its results and its channels of then say.

Nothing here asks the database, looks at the clock or knows who reads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from invocations.history.meanings import (
    CONTRADICTED,
    NOT_DELIVERED,
    REPORTED,
    SETTLED,
    Meaning,
    StatusMeaning,
)
from invocations.history.report import Report
from invocations.history.timeline import channel_name, disputed_words, joined_words
from invocations.kaleyra.callbacks import CodeMeaning, ReportedChannel, meaning_of_code
from invocations.models import Channel

_A_CODE = re.compile(r"[A-Za-z0-9_-]{1,40}\Z")
"""A word that can be quoted inside a sentence. What is longer or stranger stands in the timeline alone."""


def summary(
    meaning: StatusMeaning, delivery: Meaning, report: Report | None, channels: Sequence[Channel]
) -> str:
    """What became of a message.

    `meaning` and `delivery`: as `statuses.meaning_of` and `delivery_of` have them. `report`: what its results say together, if any
    came. `channels`: those that its workflow had when it was recorded (`contracts.channels_at_the_time`).
    """
    if meaning in CONTRADICTED.values() or delivery is meaning.delivery:
        return str(meaning.says)
    if report is None or delivery.name not in REPORTED:
        return str(delivery.says)
    words = _settled(meaning, delivery) or _head(delivery)
    told = words % {"what": "; ".join(_clauses(report, channels)) or _("no channel is named")}
    return " ".join(
        [
            told,
            *([disputed_words(report)] if report.disputed else []),
            *map(str, joined_words(report)),
        ]
    )


def _head(delivery: Meaning) -> str:
    if delivery.tone == "delivered":
        return _("Kaleyra reports: %(what)s.")
    if delivery is NOT_DELIVERED:
        return _("Kaleyra reports that every channel failed: %(what)s.")
    return _(
        "The result does not say whether it was delivered: %(what)s. It may still arrive, and may have already."
    )


def _settled(meaning: StatusMeaning, delivery: Meaning) -> str:
    """The head where a person had settled it before the result came. The two stand side by side, and neither takes the other back."""
    if meaning not in SETTLED.values():
        return ""
    agrees = {
        "said-delivered": delivery.tone == "delivered",
        "said-not-delivered": delivery is NOT_DELIVERED,
    }[meaning.delivery.name]
    if agrees:
        later = _("Kaleyra’s result came later and agrees: %(what)s.")
    elif delivery.tone == "delivered" or delivery is NOT_DELIVERED:
        later = _("Kaleyra’s result came later and says otherwise: %(what)s.")
    else:
        later = _(
            "Kaleyra’s result came later and does not say whether it was delivered: %(what)s."
        )
    return f"{meaning.says} {later}"


def _clauses(report: Report, channels: Sequence[Channel]) -> Iterator[str]:
    """What is said of each channel, in their order. A channel behind one that was delivered is not missed."""
    reached = False
    for position in range(1, max([*report.channels, len(channels)], default=0) + 1):
        result = report.channels.get(position)
        if result:
            reached |= meaning_of_code(result.code) is CodeMeaning.DELIVERED
            yield _clause(result, channel_name(result, channels))
        elif position <= len(channels) and not reached:
            yield _("nothing is said of %(kind)s") % {
                "kind": channels[position - 1].get_kind_display()
            }


def _clause(result: ReportedChannel, kind: str) -> str:
    words = {"kind": kind, "n": result.wait_seconds, "code": result.code}
    match meaning_of_code(result.code):
        case CodeMeaning.DELIVERED:
            return _("%(kind)s was delivered") % words
        case CodeMeaning.FAILED:
            return _("%(kind)s failed") % words
        case CodeMeaning.NO_REPORT if result.wait_seconds:
            return _("%(kind)s gave no final report within %(n)s s") % words
        case CodeMeaning.NO_REPORT:
            return _("%(kind)s gave no final report in time") % words
        case CodeMeaning.SENT:
            return _("%(kind)s was handed on, without a delivery report") % words
    if not result.code:
        return _("nothing more is said of %(kind)s") % words
    if _A_CODE.match(result.code):
        return _("of %(kind)s it says “%(code)s”") % words
    return _("of %(kind)s it says what is no known word") % words
