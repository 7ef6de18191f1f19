"""How many messages went to the number in the send form before, with the page that has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from invocations.history.filters import first_ids
from invocations.history.person import of_kind
from invocations.kaleyra.recipients import Recipient
from invocations.models import WorkflowInstance
from invocations.models.recipients import phone_digests, sent_to_digests
from invocations.models.viewer import Viewer

MOST_TOLD = 99
"""Beyond it the form says "more than 99", so that it counts no thousands at each key press."""


@dataclass(frozen=True)
class SentBefore:
    count: int
    url: str

    @property
    def is_more(self) -> bool:
        return self.count > MOST_TOLD

    @property
    def most_told(self) -> int:
        return MOST_TOLD


def sent_before(
    typed: Sequence[Recipient | None], workflow: WorkflowInstance, viewer: Viewer
) -> SentBefore | None:
    """To the first channel's number, live or practice as `workflow` is.

    None if there were none, or the viewer may not see the history.
    """
    number = typed[0]
    if number is None or not viewer.sees_history:
        return None
    is_practice = workflow.account.pod.is_practice
    digests = phone_digests(number.digits)
    ways = sent_to_digests(digests)
    rows = viewer.invocations().filter(of_kind(is_practice=is_practice)).order_by("-pk")
    ids = first_ids(ways, rows, MOST_TOLD + 1)
    if not ids:
        return None
    columns = ("recipient_digest", "recipient2_digest")
    newest = viewer.invocations().only(*columns).get(pk=ids[0])
    is_first = newest.recipient_digest in digests
    digest = newest.recipient_digest if is_first else newest.recipient2_digest
    url = reverse("person", args=[digest])
    return SentBefore(len(ids), f"{url}?practice=only" if is_practice else url)
