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
    return SearchableFields(workflow).values_in(sends)


class SearchableFields:
    """As `searchable_in`, read once for many messages of one workflow."""

    def __init__(self, workflow: WorkflowInstance) -> None:
        marked = Parameter.objects.filter(channel__workflow_instance=workflow, is_searchable=True)
        channels = workflow.channels.prefetch_related("parameters").order_by("position")
        self._fields = [
            template_fields.fields_of(channel) for channel in (channels if marked.exists() else ())
        ]

    def values_in(self, sends: Sequence[Send]) -> list[tuple[str, str]]:
        found: dict[tuple[str, str], None] = {}
        for fields, send in zip(self._fields, sends, strict=False):
            values = adjacent_values.joined(fields, send.template_params)
            for field in fields:
                if field.words.is_searchable and not field.is_sensitive and values.get(field.key):
                    found[field.label, values[field.key]] = None
        return list(found)
