"""The live preview beside the send form: both messages as the customer gets them, and cautions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from invocations.composing import template_fields
from invocations.composing.check import check
from invocations.composing.findings import Finding
from invocations.composing.number_notes import notes_of
from invocations.composing.preview import bubbles
from invocations.forms.channel_params import Params
from invocations.forms.one_line import line_break_findings
from invocations.forms.recipient import EarlierSends
from invocations.forms.send import SendForm
from invocations.forms.submission_token import StaleToken, SubmissionToken
from invocations.kaleyra.payload import Send
from invocations.kaleyra.recipients import Recipient, country
from invocations.models import WorkflowInstance, permissions
from invocations.sending.departure import departure_of
from invocations.views.base import StaffRequest, staff_page
from invocations.views.send import home_number
from invocations.views.send.answers import different_places, goes_to, visited_fields
from invocations.views.send.cautions import is_shown_while_typing, while_typing
from invocations.views.send.choose import workflows_to_fill_in
from invocations.views.send.earlier import kept_of, original_of
from invocations.views.send.goes_when import goes_when
from invocations.views.send.sent_before import sent_before
from invocations.views.send.when_text import when_says


@staff_page(permissions.SEND)
@sensitive_post_parameters()
@require_POST
def preview(request: StaffRequest, workflow_id: int) -> HttpResponse:
    """What the customer would see with what stands in the form now, right or wrong."""
    workflow = get_object_or_404(workflows_to_fill_in(request.viewer), pk=workflow_id)
    form = SendForm(workflow, request.POST, kept=_kept(request, workflow))
    context = {
        "workflow": workflow,
        "form": form,
        **preview_context(request, workflow, form),
        "goes_when": goes_when(departure_of(workflow), form.not_before_as_typed, timezone.now()),
        "visited": visited_fields(form, request.POST.get("visited", "")),
    }
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
        *check(workflow, sends, by=request.viewer, not_before=form.not_before_as_typed),
    ]
    return {
        "channels": form.channels,
        "different": different_places(form),
        "goes_to": goes_to(form, typed),
        "bubbles": bubbles(
            form.channels,
            params,
            hidden=template_fields.sensitive_keys(form.channels),
            bad=_keys_of_bad_values(findings, form),
            absent=_absent(form, params),
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
        "before": sent_before(typed, workflow, request.viewer),
        "when_says": when_says(form, request.LANGUAGE_CODE),
        "numbers": _shown_numbers(form, typed, request.LANGUAGE_CODE),
    }


def _absent(form: SendForm, params: list[Params]) -> list[dict[str, str]]:
    """By channel, the keys that still need a value, with the name that an admin gave it."""
    return [
        {
            key: each.words.label if key == each.key else "…"
            for each in asked
            if each.required
            for key in each.keys
            if key not in values
        }
        for asked, values in zip(form.asked, params, strict=True)
    ]


def _keys_of_bad_values(findings: list[Finding], form: SendForm) -> list[set[str]]:
    """By channel, the keys of the values that the preview marks as wrong."""
    bad = [each for each in findings if each.blocks and is_shown_while_typing(each)]
    return [
        {finding.key for finding in bad if finding.channel == channel.position}
        for channel in form.channels
    ]


def _shown_numbers(
    form: SendForm, typed: Sequence[Recipient | None], language: str
) -> list[dict[str, Any]]:
    """Each number that was typed, with the channels that it is for."""
    kinds: dict[Any, list[str]] = {}
    read: dict[Any, Recipient] = {}
    for channel, number in zip(form.channels, typed, strict=True):
        if number is not None and not form.is_kept(number):
            read[number, number.notes] = number
            kinds.setdefault((number, number.notes), []).append(channel.get_kind_display())
    return [
        {
            "country": country(number.region, language),
            "formatted": number.formatted,
            "kinds": get_text_list(kinds[key], _("and")),
            "notes": notes_of(number),
        }
        for key, number in read.items()
    ]
