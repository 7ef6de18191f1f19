"""Tickets, as one viewer may read them.

Some people type a customer's number as the ticket. It is masked for whoever may not see numbers, as
in notes (`history.notes`). What is stored, and found by a search, is the ticket as it was typed.
"""

from __future__ import annotations

from invocations.kaleyra.private_text import mask_keys
from invocations.kaleyra.redaction import mask_numbers
from invocations.models.viewer import Viewer

FEWEST_DIGITS_OF_A_NUMBER = 10
"""In a ticket. Shorter runs are numbers of tickets: help desks number theirs with 5 to 9 digits. A
phone number with its country code has 10 digits and more, in nearly all countries."""


def reference_for(viewer: Viewer, reference: str) -> str:
    return mask_keys(reference) if viewer.sees_numbers else masked_reference(reference)


def masked_reference(reference: str) -> str:
    """For readers who may have no account here."""
    return mask_numbers(mask_keys(reference), fewest=FEWEST_DIGITS_OF_A_NUMBER)
