"""What the modules around the send form read of it, so that they need not import the form."""

from __future__ import annotations

from invocations.composing.template_fields import TemplateField
from invocations.composing.value_sources import ValueSources
from invocations.forms.when import WhenFields
from invocations.models import Channel


class SendFields(WhenFields):
    """`asked`: the template fields of each of `channels`. `places`: each value that the texts ask
    for, with its field, what is asked and the channel's position.
    """

    channels: list[Channel]
    asked: list[list[TemplateField]]
    places: list[tuple[str, TemplateField, int]]
    sources: ValueSources
