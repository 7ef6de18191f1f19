"""One or two sentences on what became of a message.

They claim no more than the status and the results do. Reads what it is handed, and neither the
database nor the clock.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from invocations.history.deliveries import NOT_DELIVERED, REPORTED
from invocations.history.meanings import Meaning, StatusMeaning
from invocations.history.report import Report, disputed_text, doubtful_texts, matched_by_texts
from invocations.history.statuses import SETTLED
from invocations.history.wording import channel_name
from invocations.kaleyra.callbacks import CodeMeaning, ReportedChannel, meaning_of_code
from invocations.models import Channel

_QUOTABLE_CODE = re.compile(r"[A-Za-z0-9_-]{1,40}\Z")
"""A code that fits into a sentence. Only the timeline shows others."""


def summary(
    meaning: StatusMeaning, delivery: Meaning, report: Report | None, channels: Sequence[Channel]
) -> str:
    """`meaning`, `delivery`: from `state`. `channels`: as they were when it was recorded."""
    if meaning.is_contradicted or delivery is meaning.delivery:
        return str(meaning.says)
    if report is None or delivery.name not in REPORTED:
        return str(delivery.says)
    sentence = _after_settlement(meaning, delivery) or _sentence(delivery)
    if report.doubtful and not report.channels:
        return " ".join([*doubtful_texts(report), _("Whether it was delivered is not known.")])
    clauses = "; ".join(_clauses(report, channels)) or _("no channel is named")
    disputed = [disputed_text(report)] if report.disputed else []
    return " ".join(
        [
            sentence % {"what": clauses},
            *disputed,
            *matched_by_texts(report),
            *doubtful_texts(report),
        ]
    )


def _sentence(delivery: Meaning) -> str:
    if delivery.tone == "delivered":
        return _("Kaleyra reports: %(what)s.")
    if delivery is NOT_DELIVERED:
        return _("Kaleyra reports that every channel failed: %(what)s.")
    return _(
        "The result does not say whether it was delivered: %(what)s."
        " It may still arrive, and may have already."
    )


def _after_settlement(meaning: StatusMeaning, delivery: Meaning) -> str:
    """For a result that came after a person had settled the outcome. Both are named."""
    if meaning not in SETTLED.values():
        return ""
    is_delivered = delivery.tone == "delivered"
    was_settled_as_delivered = meaning is SETTLED["settled_delivered"]
    if not is_delivered and delivery is not NOT_DELIVERED:
        later = _(
            "Kaleyra’s result came later and does not say whether it was delivered: %(what)s."
        )
    elif is_delivered == was_settled_as_delivered:
        later = _("Kaleyra’s result came later and agrees: %(what)s.")
    else:
        later = _("Kaleyra’s result came later and says otherwise: %(what)s.")
    return f"{meaning.says} {later}"


def _clauses(report: Report, channels: Sequence[Channel]) -> Iterator[str]:
    """One for each channel, in order. An unreported one after a delivered one has none."""
    is_delivered = False
    for position in range(1, max([*report.channels, len(channels)], default=0) + 1):
        result = report.channels.get(position)
        if result:
            is_delivered |= result.is_delivered
            yield _clause(result, channel_name(result, channels))
        elif position <= len(channels) and not is_delivered:
            kind = channels[position - 1].get_kind_display()
            yield _("%(kind)s is not mentioned") % {"kind": kind}


def _clause(result: ReportedChannel, kind: str) -> str:
    words = {"kind": kind, "n": result.wait_seconds, "code": result.code}
    match meaning_of_code(result.code):
        case CodeMeaning.DELIVERED:
            return _("%(kind)s was delivered") % words
        case CodeMeaning.FAILED:
            return _("%(kind)s failed") % words
        case CodeMeaning.NO_REPORT if result.wait_seconds:
            return _("%(kind)s was not reported delivered within %(n)s s") % words
        case CodeMeaning.NO_REPORT:
            return _("%(kind)s was not reported delivered in time") % words
        case CodeMeaning.SENT:
            return _("%(kind)s was handed on, without a delivery report") % words
    if not result.code:
        return _("no more is said about %(kind)s") % words
    if _QUOTABLE_CODE.match(result.code):
        return _("about %(kind)s it says “%(code)s”") % words
    return _("about %(kind)s it says a word that is not known") % words
