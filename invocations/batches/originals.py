"""The messages that a batch sends again, and whether it still may.

A batch that sends failed rows of another again has their row numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext_lazy as _

from invocations.batches.recipient_file.rows import Row
from invocations.composing import resending
from invocations.composing.findings import Finding, Severity
from invocations.history.report import callbacks_of, prefetch_for_page
from invocations.history.resend import why_not_resendable_in_bulk
from invocations.models import Batch, Invocation

MAY_HAVE_ARRIVED = _("The earlier message may have arrived by now. It is not sent again.")
SENT_AGAIN = _("It was sent again already.")


def originals_of(batch: Batch, rows: Sequence[Row]) -> dict[int, Invocation]:
    """By row number. A row that the earlier batch never fed has none."""
    if batch.again_from_id is None or not rows:
        return {}
    found = Invocation.objects.filter(
        batch=batch.again_from_id, batch_row__in=[row.number for row in rows]
    ).prefetch_related(prefetch_for_page())
    return {one.batch_row: one for one in found if one.batch_row is not None}


def why_not_again(original: Invocation) -> Iterator[Finding]:
    """Stricter than the gate, because nobody looks at each message by itself: nothing may speak
    for an arrival. A result may have come since the rows were chosen.
    """
    if resending.sign_of_arrival(original):
        text = str(MAY_HAVE_ARRIVED)
        yield Finding(resending.MAY_HAVE_ARRIVED, Severity.BLOCKER, text)
    elif refusal := why_not_resendable_in_bulk(original, callbacks_of(original)):
        yield Finding(resending.NOT_RESENDABLE, Severity.BLOCKER, str(refusal))
    elif original.sent_again_as.exists():
        yield Finding(resending.NOT_RESENDABLE, Severity.BLOCKER, str(SENT_AGAIN))


def were_sent_again(originals: Sequence[Invocation]) -> bool:
    """Whether one of them was sent again meanwhile, by a person or another batch."""
    again = Invocation.objects.filter(sent_again_from__in=[one.pk for one in originals])
    return bool(originals) and again.exists()
