"""Ticked rows of the history: which ones, and the id that makes sending them again one deed."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django import forms

MOST = 50
"""How many rows one deed takes on: as many as one page shows."""


def ticked_ids(typed: Iterable[str]) -> list[uuid.UUID]:
    """The request ids among what was posted, each once, `MOST` at most."""
    ids = []
    for text in typed:
        try:
            ids.append(uuid.UUID(text))
        except ValueError:
            continue  # no row of ours has it
    return list(dict.fromkeys(ids))[:MOST]


class SendAgainForm(forms.Form):
    """Confirms that many are sent again. `deed` is minted with the form: the same form posted twice sends nothing twice."""

    deed = forms.UUIDField(widget=forms.HiddenInput)

    def request_id(self, earlier: uuid.UUID) -> uuid.UUID:
        """The id of the message that is sent again in place of `earlier`."""
        return uuid.uuid5(self.cleaned_data["deed"], str(earlier))
