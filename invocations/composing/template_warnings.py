"""What is doubtful about a channel's texts, for the admin who types them and for the gate."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from invocations.composing import error_text
from invocations.kaleyra import limits
from invocations.kaleyra.lookalikes import doubtful_names, lookalikes
from invocations.kaleyra.template_params import ChannelKind, placeholders
from invocations.models import Channel

MOST_NAMED = 5
"""Pieces of a text that one sentence names."""


def not_places(channel: Channel) -> list[str]:
    """The pieces of the channel's texts that look like places for a value and are none, each once.

    The customer reads them as they stand.
    """
    kind = ChannelKind(channel.kind)
    found = lookalikes(channel.template_text, kind)
    if kind is ChannelKind.WHATSAPP:
        found += lookalikes(channel.header_text, kind)
        found += lookalikes(channel.button_url, kind, is_address=True)
    return list(dict.fromkeys(each.text for each in found))


def listed(pieces: list[str]) -> str:
    """The first `MOST_NAMED` pieces in quotation marks."""
    named = ", ".join(f"“{piece}”" for piece in pieces[:MOST_NAMED])
    return f"{named}, …" if len(pieces) > MOST_NAMED else named


def template_warnings(channel: Channel) -> list[str]:
    """Warnings about the channel's texts, as sentences. None of them keeps the texts from being
    saved.
    """
    return list(_warnings(channel, ChannelKind(channel.kind)))


def _warnings(channel: Channel, kind: ChannelKind) -> Iterator[str]:
    for problem in limits.template_problems(channel.template_text, kind):
        if not problem.blocks:
            yield error_text.limit_text(problem)
    if pieces := not_places(channel):
        words = ngettext(
            "%(pieces)s: not a place for a value, so it is sent as written. Write %(place)s.",
            "%(pieces)s: not places for values, so they are sent as written. Write %(place)s.",
            len(pieces),
        )
        example = "{{1}}" if kind is ChannelKind.WHATSAPP else "{#var#}"
        yield words % {"pieces": listed(pieces), "place": example}
    for place in doubtful_names(channel.template_text, kind):
        words = _(
            "“%(place)s” has an invisible character or digits of another script in it. "
            "Kaleyra takes it for a name. Type it again, for example {{1}}."
        )
        yield words % {"place": place.text}
    if dollars := _after_a_dollar(channel.template_text, kind):
        words = _("The $ before %(places)s is sent as written, too.")
        yield words % {"places": listed(dollars)}


def _after_a_dollar(text: str, kind: ChannelKind) -> list[str]:
    """Places in single braces behind a dollar sign: `${name}` is another system's notation."""
    return [
        place.text
        for place in placeholders(text, kind)
        if not place.text.startswith("{{") and text[: place.start].endswith("$")
    ]
