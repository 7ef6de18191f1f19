"""The words of `manage.py invoke` about a message: its notes and findings, line by line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from invocations.composing import template_fields
from invocations.composing.findings import Finding
from invocations.composing.notes import Note
from invocations.models import WorkflowInstance


def printable(text: str) -> str:
    """Replaces the unpaired surrogates that Python makes of arguments that are no UTF-8."""
    return text.encode("utf-8", "replace").decode()


def refusal_text(workflow: WorkflowInstance, findings: Sequence[Finding]) -> str:
    lines = lines_of(workflow, findings)
    return (" " if len(lines) == 1 else "\n").join([*lines, "Nothing was sent."])


def lines_of(workflow: WorkflowInstance, said: Iterable[Note | Finding]) -> list[str]:
    """One line for each note or finding, with the channels and the value that it is about."""
    channels = list(workflow.channels.prefetch_related("parameters"))
    kinds = {channel.position: channel.get_kind_display() for channel in channels}
    fields = [field for channel in channels for field in template_fields.fields_of(channel)]
    labels = {field.key: field.label for field in fields if field.label != field.key}
    positions: dict[tuple[str, str], list[int]] = {}
    for each in said:
        positions.setdefault((each.key, each.text), []).append(each.channel)
    lines = []
    for (key, text), found in positions.items():
        about = [kinds[position] for position in sorted(set(found)) if position in kinds]
        name = f"{key} ({labels[key]})" if key in labels else key
        where = " and ".join(about)
        lead = f"{name}, {where}" if name and where else name or where
        lines.append(f"{lead}: {text}" if lead and not text.startswith(where or " ") else text)
    return lines
