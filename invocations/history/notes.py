"""The notes of messages: those typed in the send form, and those added later.

What looks like a phone number in them is masked for whoever may not see numbers. What is stored
stays as it was typed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from invocations.history.wording import person_name
from invocations.kaleyra.private_text import mask_keys
from invocations.kaleyra.redaction import mask_numbers
from invocations.models import Invocation, Note
from invocations.models.encryption import Unreadable
from invocations.models.viewer import Viewer

MAX_NOTES = 50
"""The newest notes that a page shows."""


@dataclass(frozen=True)
class ShownNote:
    text: str
    author: str
    at: datetime
    invocation: Invocation


def notes_about(ids: Collection[int], viewer: Viewer) -> list[ShownNote]:
    """The notes of these messages, the newest first, at most `MAX_NOTES`."""
    added = viewer.reading.narrow(Note.objects.all(), "invocation__")
    added = added.filter(invocation__in=ids).select_related("author", "invocation")
    added = added.defer("invocation__payload", "invocation__reply", "invocation__note")
    sent = viewer.invocations().filter(pk__in=ids, note__isnull=False).select_related("created_by")
    sent = sent.defer("payload", "reply").order_by("-pk")
    shown = [
        ShownNote(
            text_for(viewer, note), person_name(note.author), note.created_at, note.invocation
        )
        for note in added[:MAX_NOTES]
    ]
    shown += [
        ShownNote(text_for(viewer, each), person_name(each.created_by), each.created_at, each)
        for each in sent[:MAX_NOTES]
    ]
    return sorted(shown, key=lambda note: note.at, reverse=True)[:MAX_NOTES]


def notes_of(invocation: Invocation, viewer: Viewer) -> list[ShownNote]:
    """The notes of one message, whose own is loaded, the newest first."""
    added = invocation.notes.select_related("author")[:MAX_NOTES]
    shown = [
        ShownNote(text_for(viewer, row), person_name(row.author), row.created_at, invocation)
        for row in added
    ]
    if own := text_for(viewer, invocation):
        by = person_name(invocation.created_by)
        shown.append(ShownNote(own, by, invocation.created_at, invocation))
    return shown


def prefetch_notes() -> Prefetch[str]:
    """Loads for a list what `lines_of_notes` reads: one query."""
    return Prefetch("notes", Note.objects.select_related("author").order_by("created_at", "pk"))


def lines_of_notes(invocation: Invocation, viewer: Viewer) -> Iterator[str]:
    """Each note added after the send, signed and dated, on one line, the oldest first.

    Reads what `prefetch_notes` loaded. Times are in the viewer's zone.
    """
    for note in invocation.notes.all():
        text = " ".join(text_for(viewer, note).split())
        at = f"{note.created_at.astimezone(viewer.zone):%Y-%m-%d %H:%M}"
        yield f"{at} {person_name(note.author)}: {text}"


def text_for(viewer: Viewer, row: Invocation | Note) -> str:
    """The note as `viewer` may read it; empty if the message was sent with none."""
    try:
        if isinstance(row, Note) and row.text is None:
            return _("(removed)")
        text = (row.text if isinstance(row, Note) else row.note) or ""
    except Unreadable:
        return _("(cannot be read any more)")
    return as_read_by(viewer, text)


def as_read_by(viewer: Viewer, note: str) -> str:
    """Keys are masked for everybody."""
    note = mask_keys(note)
    return note if viewer.sees_numbers else mask_numbers(note)
