"""A first practice message that is ready: its form is filled in, and one press opens its review."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.utils.safestring import SafeString

from invocations.composing import template_fields
from invocations.forms.send import SendForm
from invocations.forms.submission_token import SubmissionToken
from invocations.forms.template_params import Editor
from invocations.models import WorkflowInstance
from invocations.views.base import StaffRequest
from invocations.views.send.choose import workflows_to_fill_in
from invocations.views.send.preview import preview_context

PRACTICE_NUMBER = "+91 98765 43281"
"""At the practice pod the first channel gives no report, and the second delivers
(docs/practice-pod.md)."""


class PracticeStart(NamedTuple):
    """`fields`: the filled form as hidden inputs. `bubbles`: both messages as they will look."""

    workflow: WorkflowInstance
    fields: list[SafeString]
    token: str
    bubbles: Any


def practice_start(request: StaffRequest) -> PracticeStart | None:
    """The first practice workflow that the viewer may send, filled with its examples.

    None if there is none with texts and a key.
    """
    for workflow in workflows_to_fill_in(request.viewer).order_by("pk"):
        channels = list(workflow.channels.all())
        has_texts = all(channel.template_text for channel in channels)
        account = workflow.account
        if account.pod.is_practice and has_texts and account.primary_key and not account.is_paused:
            return _start_of(request, workflow)
    return None


def _start_of(request: StaffRequest, workflow: WorkflowInstance) -> PracticeStart:
    empty = SendForm(workflow)
    values = {
        position: {key: example for each in fields for key, example in _examples(each).items()}
        for position, fields in enumerate(empty.asked, start=1)
    }
    typed: Mapping[str, Any] = empty.filled(values, shows_hidden=True).initial
    form = SendForm(workflow, typed={**typed, "recipient": PRACTICE_NUMBER})
    token = SubmissionToken.new(request.user.pk, workflow.pk).token
    shown = [field for field in form if not isinstance(field.value(), Editor)]
    return PracticeStart(
        workflow,
        [field.as_hidden() for field in shown if field.value() not in (None, "", False)],
        token,
        preview_context(request, workflow, form)["bubbles"],
    )


def _examples(field: template_fields.TemplateField) -> dict[str, str]:
    """The example of a value, or its label where the admin gave none."""
    return {field.key: field.words.default or field.words.sample or field.label}
