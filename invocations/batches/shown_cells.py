"""The cells of a file of recipients, as one viewer may see them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from invocations.batches.column_json import columns_of
from invocations.batches.columns import RECIPIENT, RECIPIENT2, REFERENCE
from invocations.batches.reading import Reading
from invocations.batches.recipient_file.rows import Row, column_letters
from invocations.composing import template_fields
from invocations.history.references import reference_for
from invocations.kaleyra import recipients
from invocations.kaleyra.recipients import RecipientError
from invocations.models import Batch
from invocations.models.viewer import Viewer

_Shown = Callable[[str], str]


class ShownCells:
    """Of one batch. Whoever brought the file sees it as it was, but for hidden values; anybody else
    sees of it what they may see of messages.
    """

    def __init__(self, batch: Batch, viewer: Viewer) -> None:
        columns = columns_of(batch)
        headings = Reading.from_json(batch.reading).headings
        width = max(len(headings), len(columns.places))
        places = [*columns.places, *[""] * (width - len(columns.places))]
        hidden = _hidden_keys(batch)
        is_own = _is_own(batch, viewer)
        self.head = [
            (headings[column] if column < len(headings) else "") or column_letters(column)
            for column in range(width)
        ]
        self._shown = [_shown(place, viewer, hidden, is_own=is_own) for place in places]

    def of(self, row: Row) -> list[str]:
        """As many as there are headings."""
        cells = [*row.cells, *[""] * (len(self._shown) - len(row.cells))]
        return [shown(cell) for shown, cell in zip(self._shown, cells, strict=False)]


def _shown(place: str, viewer: Viewer, hidden: set[str], *, is_own: bool) -> _Shown:
    """What is shown of the cells of a column that goes to `place`."""
    position, mark, rest = place.partition(":")
    key = rest if mark and position in ("1", "2") else place
    if key in hidden:
        return _nothing
    if is_own:
        return _all
    if place == REFERENCE:
        return partial(reference_for, viewer)
    if place in (RECIPIENT, RECIPIENT2):
        return _all if viewer.sees_numbers else _masked
    if place:
        return _all if viewer.sees_values else _nothing
    # Nobody knows what is in it.
    return _all if viewer.sees_values and viewer.sees_numbers else _nothing


def _all(cell: str) -> str:
    return cell


def _nothing(cell: str) -> str:
    return ""


def _masked(cell: str) -> str:
    """Nothing of what is no number: it may be anything. Without the +, which makes a formula."""
    try:
        return recipients.mask(recipients.clean(cell).formatted).removeprefix("+")
    except RecipientError:
        return ""


def _is_own(batch: Batch, viewer: Viewer) -> bool:
    """Whether the viewer brought the file; from the command line, whoever runs the console did."""
    person = viewer.user.pk if viewer.user else None
    return batch.created_by_id == person and viewer.may_send


def _hidden_keys(batch: Batch) -> set[str]:
    """Keys of sensitive values, at the time of the check or now."""
    then = template_fields.sensitive_keys_in(batch.version) if batch.version else set()
    return then | template_fields.sensitive_keys(batch.workflow.channels.all())
