"""The form that sends rows of the history again, and what its button promises."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from django import forms
from django.core import signing
from django.utils.translation import gettext_lazy as _

from invocations.composing.findings import token_of
from invocations.composing.resending import arrival_token
from invocations.composing.warnings import DIFFERENT_NUMBERS, REPEAT, RESULT_AWAITED
from invocations.forms.bulk_actions import selected_ids
from invocations.forms.settle import reason_field
from invocations.models import Invocation
from invocations.sending.departure import Deed

SALT = "invocations.send_again"


class PromisedRow(NamedTuple):
    """`deed`: what becomes of the new message. `may_have_arrived`: it needs a reason."""

    request_id: uuid.UUID
    deed: Deed
    may_have_arrived: bool


class SendAgainForm(forms.Form):
    """Confirms that the chosen rows are sent again.

    `deed` is a UUID made with the form. The new request ids derive from it, so the same form posted
    twice sends nothing twice. `reason` is asked for where a chosen message may have arrived.
    """

    deed = forms.UUIDField(widget=forms.HiddenInput)
    reason = reason_field(
        _("Why send it again although it may have arrived?"),
        _("For example: the customer has deleted it and asks for it. It is kept as a note."),
    )

    def __init__(self, *args: Any, needs_reason: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        self.fields["reason"].required = needs_reason

    def request_id(self, earlier: uuid.UUID) -> uuid.UUID:
        """The request id of the message that repeats the one with the request id `earlier`."""
        return uuid.uuid5(self.cleaned_data["deed"], str(earlier))

    def acknowledged(
        self, selected: Collection[uuid.UUID], arrived: Iterable[Invocation]
    ) -> set[str]:
        """The tokens of the cautions about the selected rows and about what is made from them.

        Whoever confirms the list has seen those rows. What somebody else has sent to one of the
        numbers since is asked about (`sending.record`). `arrived`: the rows that may have arrived
        and that the person has ticked, with a reason.
        """
        ids = [*selected, *(self.request_id(original) for original in selected)]
        about_rows = {token_of(code, each) for each in ids for code in (REPEAT, RESULT_AWAITED)}
        return {*about_rows, token_of(DIFFERENT_NUMBERS), *map(arrival_token, arrived)}


def chosen_ids(posted: Iterable[str]) -> set[uuid.UUID]:
    return set(selected_ids(posted))


# --- what the button promises ---------------------------------------------------------------------


def promise_token(rows: Iterable[PromisedRow]) -> str:
    """The signed text for the form's hidden field: which rows the button counts, and how."""
    listed = [[str(row.request_id), row.deed.value, row.may_have_arrived] for row in rows]
    return signing.dumps(listed, salt=SALT)


def promised_rows(token: str) -> Mapping[uuid.UUID, PromisedRow]:
    """What a posted token promised, by request ID; nothing if it is missing or forged."""
    try:
        rows = [
            PromisedRow(uuid.UUID(request_id), Deed(deed), bool(may_have_arrived))
            for request_id, deed, may_have_arrived in signing.loads(token, salt=SALT)
        ]
    except (signing.BadSignature, ValueError, TypeError):
        return {}
    return {row.request_id: row for row in rows}
