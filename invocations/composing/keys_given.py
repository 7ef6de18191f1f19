"""The keys that a program gives, such as 1, 2, 3, as the keys of the template's places.

The send page shows a person what a paste fills. Nobody looks at what a program gives, so nothing is
placed here that may be meant for another place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from django.utils.translation import gettext as _

from invocations.composing.findings import Finding, Severity
from invocations.composing.notes import Note
from invocations.composing.placing import Placement, place
from invocations.composing.template_fields import TemplateField
from invocations.kaleyra.template_params import MAX_KEY_CHARACTERS, ChannelKind, ParamsError
from invocations.models import Channel

KEYS_PLACED, KEYS_WITHOUT_PLACE, KEY_ORDER = "keys_placed", "keys_without_place", "key_order"


def with_keys_of_places(
    channel: Channel, fields: Sequence[TemplateField], params: Mapping[str, str]
) -> tuple[dict[str, str], list[Note], list[Finding]]:
    """`params` by the keys of the places that they take (`placing.place`), and notes: which had
    other keys, and which numbered ones no place takes.

    As they were, with a blocker, if a value would take a place of another number than its key has:
    "10" is sorted before "2". Raises `ParamsError` if two keys become one.
    """
    placed = place(fields, params, ChannelKind(channel.kind))
    if placed.misleading:
        return dict(params), [], [_out_of_place(channel, placed)]
    found: dict[str, str] = {}
    for key, value in params.items():
        key = placed.renamed.get(key, key)
        if key in found:
            raise ParamsError("repeated_key", key=key)
        found[key] = value
    return found, list(_notes(channel, placed)), []


def _notes(channel: Channel, placed: Placement) -> Iterator[Note]:
    if placed.renamed:
        text = _("The keys %(keys)s fill the places %(places)s.") % {
            "keys": _quoted(placed.renamed),
            "places": _quoted(placed.renamed.values()),
        }
        yield Note(KEYS_PLACED, text, channel.position)
    # A name may be for the other channel.
    numbered = [key for key in placed.others if key[:1].isdecimal()]
    if numbered and channel.template_text:
        text = _("The text has no place for the values of %(keys)s.") % {"keys": _quoted(numbered)}
        yield Note(KEYS_WITHOUT_PLACE, text, channel.position)


def _out_of_place(channel: Channel, placed: Placement) -> Finding:
    key = placed.misleading[0]
    text = _(
        "Kaleyra sorts keys as text, so “%(key)s” would fill the place %(place)s. "
        "Give each value the key of its place: 01, 02 and so on."
    )
    facts = {"key": key[:MAX_KEY_CHARACTERS], "place": placed.renamed[key]}
    return Finding(KEY_ORDER, Severity.BLOCKER, text % facts, channel.position, key)


def _quoted(keys: Iterable[str]) -> str:
    return ", ".join(f"“{key[:MAX_KEY_CHARACTERS]}”" for key in keys)
