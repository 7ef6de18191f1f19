"""Ticked rows of the history: which ones, what their state lets be done with them, and the id that makes sending them again one deed."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django import forms
from django.utils.translation import gettext_lazy as _

from invocations.history.meanings import Text
from invocations.history.resend import why_not_resendable_in_bulk
from invocations.models import Invocation

Status = Invocation.Status
MAX_SELECTED = 50
"""How many rows one deed takes on: as many as one page shows."""


def selected_ids(typed: Iterable[str], most: int = MAX_SELECTED) -> list[uuid.UUID]:
    """The request ids among what was posted, each once, `most` at most."""
    ids = []
    for text in typed:
        try:
            ids.append(uuid.UUID(text))
        except ValueError:
            continue  # no row of ours has it
    return list(dict.fromkeys(ids))[:most]


def why_not_settleable(row: Invocation) -> Text | None:
    """Why its state does not let it be settled, or None."""
    return None if row.status == Status.UNKNOWN else _("Its outcome is not unknown.")


def why_not_cancellable(row: Invocation) -> Text | None:
    """Why its state does not let it be cancelled, or None."""
    if row.status in Invocation.UNSENT:
        return None
    if row.status == Status.SENDING:
        return _("It is on its way just now.")
    if row.status == Status.UNKNOWN:
        return _("It may have gone out: nothing calls it back.")
    return (
        _("Kaleyra has taken it: nothing calls it back.")
        if row.status == Status.ACCEPTED
        else _("It has ended already.")
    )


def why_not_resent(row: Invocation) -> Text | None:
    """Why its state does not let it be sent again, or None. The row's callbacks are to be loaded with it (`results.what_was_told`)."""
    return why_not_resendable_in_bulk(row, list(row.callbacks.all()))


REFUSED = {"settle": why_not_settleable, "cancel": why_not_cancellable, "again": why_not_resent}
"""What can be done with ticked rows, by its name in `views.ticked.DEEDS`, and what its state says against it."""


def actions_for(row: Invocation) -> str:
    """The names of what its state lets be done with it, with blanks between. What else stands against it is looked at later."""
    return " ".join(name for name, refused in REFUSED.items() if refused(row) is None)


class SendAgainForm(forms.Form):
    """Confirms that many are sent again. `deed` is minted with the form: the same form posted twice sends nothing twice."""

    deed = forms.UUIDField(widget=forms.HiddenInput)

    def request_id(self, earlier: uuid.UUID) -> uuid.UUID:
        """The id of the message that is sent again in place of `earlier`."""
        return uuid.uuid5(self.cleaned_data["deed"], str(earlier))
