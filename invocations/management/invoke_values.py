"""The values that `manage.py invoke` was given for one channel, as they are sent."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.management.base import CommandError

from invocations.composing import error_text, template_fields, unseen_characters
from invocations.composing.findings import Finding
from invocations.composing.keys_given import with_keys_of_places
from invocations.composing.notes import Note
from invocations.composing.prepared_values import prepared
from invocations.kaleyra.template_params import ParamsError
from invocations.management.invoke_input import Pair, params_from
from invocations.models import Channel


def values_of(
    channel: Channel, pairs: Iterable[str | Pair]
) -> tuple[dict[str, str], list[Note], list[Finding]]:
    """The parameters of `channel`; under which keys they were placed; and what was taken out of
    them, or stands against the keys.

    Raises `CommandError`.
    """
    fields = template_fields.fields_of(channel)
    try:
        given, of_keys = unseen_characters.clean_keys(
            params_from(pairs), known=template_fields.keys_of(channel)
        )
        placed, notes, of_places = with_keys_of_places(channel, fields, given)
        params, found = prepared(channel, fields, placed)
    except ParamsError as error:
        raise CommandError(error_text.params_text(error)) from None
    return params, notes, of_keys + of_places + found
