"""The live preview beside the send form: both messages as the customer gets them, and cautions."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from invocations.composing import template_fields
from invocations.composing.check import check
from invocations.composing.findings import Finding
from invocations.composing.number_notes import notes_of
from invocations.composing.preview import bubbles
from invocations.forms.one_line import line_break_findings
from invocations.forms.recipient import EarlierSends
from invocations.forms.send import SendForm
from invocations.forms.submission_token import StaleToken, SubmissionToken
from invocations.kaleyra.payload import Send
from invocations.kaleyra.recipients import Recipient, country
from invocations.models import WorkflowInstance, permissions
from invocations.views.base import StaffRequest, staff_page
from invocations.views.send import home_number
from invocations.views.send.cautions import is_shown_while_typing, while_typing
from invocations.views.send.choose import workflows_to_fill_in
from invocations.views.send.earlier import kept_of, original_of


@staff_page(permissions.SEND)
@sensitive_post_parameters()
@require_POST
def preview(request: StaffRequest, workflow_id: int) -> HttpResponse:
    """What the customer would see with what stands in the form now, right or wrong."""
    workflow = get_object_or_404(workflows_to_fill_in(request.viewer), pk=workflow_id)
    form = SendForm(workflow, request.POST, kept=_kept(request, workflow))
    context = {"workflow": workflow, **preview_context(request, workflow, form)}
    return render(request, "parts/preview_response.html", context)


def _kept(request: StaffRequest, workflow: WorkflowInstance) -> EarlierSends | None:
    """A stale form previews without its original: it says so itself when it is posted."""
    try:
        token = SubmissionToken.read(request.POST.get("intent", ""), request.user.pk, workflow.pk)
    except StaleToken:
        return None
    original = original_of(token, request.viewer)
    return kept_of(original, request.viewer, token.person)


def preview_context(
    request: StaffRequest, workflow: WorkflowInstance, form: SendForm
) -> dict[str, Any]:
    (params, unseen), typed = form.as_typed, form.recipients_as_typed
    sends = [
        Send(recipient.digits if recipient else "", values)
        for recipient, values in zip(typed, params, strict=True)
    ]
    findings = [
        *unseen,
        *line_break_findings(form),
        *check(workflow, sends, by=request.viewer),
    ]
    return {
        "bubbles": bubbles(
            form.channels,
            params,
            hidden=template_fields.sensitive_keys(form.channels),
            bad=_keys_of_bad_values(findings, form),
        ),
        "cautions": while_typing(
            findings,
            form.channels,
            form.labels,
            form.is_in_row,
            offers=lambda finding: home_number.offered(
                finding, form, home_number.EDIT, request.LANGUAGE_CODE
            ),
        ),
        "numbers": [
            _shown_number(number, request.LANGUAGE_CODE)
            for number in {(each, each.notes): each for each in typed if each is not None}.values()
            if not form.is_kept(number)
        ],
    }


def _keys_of_bad_values(findings: list[Finding], form: SendForm) -> list[set[str]]:
    """By channel, the keys of the values that the preview marks as wrong."""
    bad = [each for each in findings if each.blocks and is_shown_while_typing(each)]
    return [
        {finding.key for finding in bad if finding.channel == channel.position}
        for channel in form.channels
    ]


def _shown_number(number: Recipient, language: str) -> dict[str, Any]:
    return {
        "country": country(number.region, language),
        "formatted": number.formatted,
        "digits": number.digits,
        "notes": notes_of(number),
    }
