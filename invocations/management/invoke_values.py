"""The values that `manage.py invoke` was given for one channel, as they are sent."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.management.base import CommandError

from invocations.composing import error_text, template_fields, unseen_characters
from invocations.composing.check import of_line_breaks
from invocations.composing.findings import Finding
from invocations.composing.keys_given import with_keys_of_places
from invocations.composing.notes import Note
from invocations.composing.prepared_values import prepared
from invocations.kaleyra.line_breaks import keys_with_line_breaks, params_in_one_line
from invocations.kaleyra.template_params import ParamsError
from invocations.management.invoke_input import Pair, params_from
from invocations.models import Channel


def values_of(
    channel: Channel, pairs: Iterable[str | Pair]
) -> tuple[dict[str, str], list[Note], list[Finding]]:
    """The parameters of `channel`, each in one line; under which keys they were placed; what was
    changed in them, or stands against the keys.

    Raises `CommandError`.
    """
    fields = template_fields.fields_of(channel)
    try:
        given, of_keys = unseen_characters.clean_keys(
            params_from(pairs), known=template_fields.keys_of(channel)
        )
        placed, notes, of_places = with_keys_of_places(channel, fields, given)
        # Before it is split over places side by side: a line break where it is cut would vanish.
        of_lines = of_line_breaks(channel.position, keys_with_line_breaks(placed))
        params, found = prepared(channel, fields, params_in_one_line(placed))
    except ParamsError as error:
        raise CommandError(error_text.params_text(error)) from None
    return params, notes, of_keys + of_places + of_lines + found
