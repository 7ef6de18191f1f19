"""Notices a phone number or a key in a ticket or a note before it is saved."""

from __future__ import annotations

from django.utils.translation import gettext as _

from invocations.composing.findings import Finding, Severity
from invocations.kaleyra.private_text import has_key, has_number
from invocations.kaleyra.redaction import FEWEST_DIGITS

PRIVATE_TICKET, PRIVATE_NOTE = "private_ticket", "private_note"
FEWEST_DIGITS_IN_TICKET = 10
"""As tickets are masked (`history.references`): help desks number theirs with 5 to 9 digits."""


def of_texts(reference: str, note: str) -> list[Finding]:
    """A caution for each that has one, to be acknowledged by the person who typed it."""
    found = []
    if what := what_is_in(reference, FEWEST_DIGITS_IN_TICKET):
        words = _("The ticket seems to contain %(what)s. Colleagues see it masked.")
        found.append(_caution(PRIVATE_TICKET, words % {"what": what}))
    if what := what_is_in(note):
        words = _("The note seems to contain %(what)s. Colleagues see it masked.")
        found.append(_caution(PRIVATE_NOTE, words % {"what": what}))
    return found


def what_is_in(text: str, fewest: int = FEWEST_DIGITS) -> str:
    """In words; empty if there is nothing of the kind."""
    if has_key(text):
        return _("an API key or password")
    return _("a phone number") if has_number(text, fewest) else ""


def _caution(code: str, text: str) -> Finding:
    return Finding(code, Severity.CAUTION, text, asks=True)
