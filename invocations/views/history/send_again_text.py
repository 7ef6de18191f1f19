"""What the page that sends several messages again says: its button, its notes, its report."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from invocations.forms.send_again import PromisedRow
from invocations.history.outlook import no_sender_text
from invocations.sending.departure import Deed, Departures
from invocations.views.batches.start_text import approval_text


def counts(rows: Sequence[PromisedRow]) -> tuple[int, int, int]:
    """How many are sent, how many are queued, and for how many approval is asked."""
    queued = sum(row.deed is Deed.QUEUE for row in rows)
    asked = sum(row.deed is Deed.ASK for row in rows)
    return len(rows) - queued - asked, queued, asked


def button_text(rows: Sequence[PromisedRow]) -> str:
    sent, queued, asked = counts(rows)
    if asked and sent + queued:
        words = _("Send %(n)s again, ask for approval of %(asked)s")
        return words % {"n": sent + queued, "asked": asked}
    if asked:
        return approval_text(asked)
    if sent and queued:
        return _("Send %(sent)s again, queue %(queued)s") % {"sent": sent, "queued": queued}
    if queued:
        words = ngettext("Queue %(n)s message again", "Queue %(n)s messages again", queued)
        return words % {"n": queued}
    return ngettext("Send %(n)s message again", "Send %(n)s messages again", sent) % {"n": sent}


def notes_about(rows: Sequence[PromisedRow]) -> list[str]:
    """Why some do not leave at once; empty if all do."""
    _sent, queued, asked = counts(rows)
    notes = []
    if asked:
        words = ngettext(
            "%(n)s waits until a second person approves it.",
            "%(n)s wait until a second person approves them.",
            asked,
        )
        notes.append(words % {"n": asked})
    if not queued:
        return notes
    departures = Departures()
    if departures.is_stopped:
        notes.append(_("Sending is stopped, so nothing leaves now. Messages wait."))
    elif departures.has_sender:
        words = ngettext(
            "%(n)s waits: its account or its workflow is paused, or has no usable API key.",
            "%(n)s wait: their account or their workflow is paused, or has no usable API key.",
            queued,
        )
        notes.append(words % {"n": queued})
    if not departures.has_sender:
        notes.append(no_sender_text())
    return notes


def done_text(
    done: Sequence[PromisedRow],
    *,
    delivered: int,
    may_have_arrived: int,
    not_ticked: int,
    moved_on: int,
    refused: int,
) -> str:
    """What was done, and how many were left out for which reason."""
    sent, queued, asked = counts(done)
    parts = [] if done else [_("Nothing was sent again")]
    if sent:
        words = ngettext(
            "%(n)s leaves again within half a minute",
            "%(n)s leave again within half a minute",
            sent,
        )
        parts.append(words % {"n": sent})
    if queued:
        words = ngettext("%(n)s is queued and waits", "%(n)s are queued and wait", queued)
        parts.append(words % {"n": queued})
    if asked:
        words = ngettext("%(n)s waits for approval", "%(n)s wait for approval", asked)
        parts.append(words % {"n": asked})
    if moved_on:
        words = ngettext("%(n)s had changed meanwhile", "%(n)s had changed meanwhile", moved_on)
        parts.append(words % {"n": moved_on})
    left_out = [
        (delivered, _("delivered")),
        (may_have_arrived, _("may have arrived")),
        (refused, _("cannot be sent again")),
        (not_ticked, _("not chosen")),
    ]
    reasons = [
        ngettext("%(n)s left out: %(why)s", "%(n)s left out: %(why)s", n) % {"n": n, "why": why}
        for n, why in left_out
        if n
    ]
    return ". ".join([", ".join(parts), *reasons]) + "."
