"""Bulk actions on rows of the history: which rows are selected, and what their states allow."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from invocations.history.meanings import Text
from invocations.history.report import callbacks_of
from invocations.history.resend import why_not_resendable_in_bulk
from invocations.models import Invocation

Status = Invocation.Status
MAX_SELECTED = 50
"""Rows of one bulk action: as many as one page shows."""


def selected_ids(typed: Iterable[str], most: int = MAX_SELECTED) -> list[uuid.UUID]:
    """The request ids in the posted values, without duplicates, `most` at most."""
    ids = []
    for text in typed:
        try:
            ids.append(uuid.UUID(text))
        except ValueError:
            continue  # not a request id
    return list(dict.fromkeys(ids))[:most]


def why_not_settleable(row: Invocation) -> Text | None:
    """Why the row's state does not allow settling it, or None."""
    return None if row.status == Status.UNKNOWN else _("Its outcome is known.")


def why_not_cancellable(row: Invocation) -> Text | None:
    """Why the row's state does not allow cancelling it, or None."""
    if row.status in Invocation.UNSENT:
        return None
    if row.status == Status.SENDING:
        return _("It is on its way just now.")
    if row.status == Status.UNKNOWN:
        return _("It may have gone out, and cannot be called back.")
    return (
        _("Kaleyra accepted it, and it cannot be called back.")
        if row.status == Status.ACCEPTED
        else _("It has ended already.")
    )


def why_not_resent(row: Invocation) -> Text | None:
    """Why the row's state does not allow sending it again, or None.

    Prefetch the row's callbacks (`history.report.prefetch_results`), or each row takes a query.
    """
    return why_not_resendable_in_bulk(row, callbacks_of(row))


REFUSALS = {"settle": why_not_settleable, "cancel": why_not_cancellable, "again": why_not_resent}
"""Why the state of a row does not allow an action, by name (as in `views.history.bulk_actions`)."""


def actions_for(row: Invocation) -> str:
    """The names of the actions that the row's state allows, separated by blanks.

    Other reasons against an action are checked when it is confirmed.
    """
    return " ".join(name for name, why_not in REFUSALS.items() if why_not(row) is None)
