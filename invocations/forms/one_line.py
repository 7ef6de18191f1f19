"""Which values of the send form had line breaks when they came in.

A browser shows a value without its line breaks, so the form remembers which had some, by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from invocations.composing import check
from invocations.composing.field_names import field_name
from invocations.composing.findings import Finding
from invocations.forms.filled import EDITORS
from invocations.kaleyra.line_breaks import has_line_break

if TYPE_CHECKING:
    from invocations.forms.send import SendForm


def fields_with_line_breaks(form: SendForm) -> list[str]:
    """The names of the fields for one value whose line breaks became blanks."""
    came_in = set(form["one_line"].value() or ())
    names = []
    for position, asked in enumerate(form.asked, start=1):
        for each in asked:
            field = form[field_name(position, each.key)]
            raw = field.data if form.is_bound else field.initial
            if field.name in came_in or has_line_break(str(raw or "")):
                names.append(field.name)
    return names


def line_break_findings(form: SendForm) -> list[Finding]:
    """What the gate would have said of the values before they were put into one line."""
    names = fields_with_line_breaks(form)
    found: list[Finding] = []
    for position, asked in enumerate(form.asked, start=1):
        keys = [each.key for each in asked if field_name(position, each.key) in names]
        if EDITORS[position] in form.fields and (editor := form[EDITORS[position]].value()):
            keys += sorted(editor.keys_with_line_breaks())
        found += check.of_line_breaks(position, keys)
    return found
