"""Values as they are sent, from values as they were typed, pasted or given to a command.

Every door calls `prepared` before it asks the gate, and shows what it found beside the gate's
findings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from invocations.composing import adjacent_values, unseen_characters
from invocations.composing.findings import Finding
from invocations.composing.template_fields import TemplateField, keys_of
from invocations.models import Channel


def prepared(
    channel: Channel, fields: Sequence[TemplateField], params: Mapping[str, str]
) -> tuple[dict[str, str], list[Finding]]:
    """Without unseen characters in keys and codes, and with one value for places side by side in
    pieces; and a caution for each character taken out.

    `fields` are the channel's. Raises `ParamsError` if two keys become one.
    """
    with_keys, of_keys = unseen_characters.clean_keys(params, known=keys_of(channel))
    with_codes, of_codes = unseen_characters.clean_codes(channel, with_keys)
    return adjacent_values.split(fields, with_codes), of_keys + of_codes
