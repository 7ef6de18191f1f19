"""Which values of a message it is found by later."""

from __future__ import annotations

from collections.abc import Sequence

from invocations.composing import adjacent_values, template_fields
from invocations.kaleyra.payload import Send
from invocations.models import Parameter, WorkflowInstance


def searchable_in(workflow: WorkflowInstance, sends: Sequence[Send]) -> list[tuple[str, str]]:
    """The label and the whole value of each that an admin has marked searchable, without repeats.

    Read anew from the database. A value in several places side by side is one value. A sensitive
    value is never among them.
    """
    marked = Parameter.objects.filter(channel__workflow_instance=workflow, is_searchable=True)
    if not marked.exists():
        return []
    found: dict[tuple[str, str], None] = {}
    channels = workflow.channels.prefetch_related("parameters").order_by("position")
    for channel, send in zip(channels, sends, strict=False):
        fields = template_fields.fields_of(channel)
        values = adjacent_values.joined(fields, send.template_params)
        for field in fields:
            if field.words.is_searchable and not field.is_sensitive and values.get(field.key):
                found[field.label, values[field.key]] = None
    return list(found)
