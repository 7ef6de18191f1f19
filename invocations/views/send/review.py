"""Review: exactly what will go, to whom, over which channels. Nothing is recorded yet."""

from __future__ import annotations

import json

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _

from invocations.composing import template_fields
from invocations.composing.check import check
from invocations.composing.preview import bubbles, shown_send
from invocations.forms.preset import PresetForm
from invocations.forms.send import SendForm
from invocations.forms.submission_token import SubmissionToken
from invocations.kaleyra import recipients
from invocations.kaleyra.address import invoke_url
from invocations.kaleyra.payload import build_payload, to_curl, to_text
from invocations.kaleyra.recipients import country
from invocations.models import WorkflowInstance
from invocations.monitoring import pauses
from invocations.views.base import StaffRequest, render_page
from invocations.views.send.cautions import before_sending


def review(
    request: StaffRequest, workflow: WorkflowInstance, intent: SubmissionToken, form: SendForm
) -> HttpResponse:
    """The page between form and deed.

    It carries the form's fields on, hidden, so that nothing is kept on the server.
    """
    preset = PresetForm(
        workflow,
        request.viewer,
        request.POST if request.POST.get("action") == "save-preset" else None,
    )
    if preset.is_bound and preset.is_valid():
        preset.save(form.channel_params)
        messages.success(request, _("Saved. You find it above the form next time."))
        preset = PresetForm(workflow, request.viewer)
    pod = workflow.account.pod
    url = invoke_url(
        pod.api_domain, workflow.account.sid, workflow.workflow_instance_id, http=pod.is_practice
    )
    payload = build_payload(str(intent.request_id), form.sends)
    masked = _numbers_not_shown(request, form)
    hidden_keys = template_fields.sensitive_keys(form.channels)
    shown = build_payload(
        str(intent.request_id),
        [
            shown_send(send, masked=send.recipient in masked, hidden=hidden_keys)
            for send in form.sends
        ],
    )
    has_dots = any(key in hidden_keys for send in form.sends for key in send.template_params)
    context = {
        "workflow": workflow,
        "pod": pod,
        "intent": intent,
        "channels": [
            {
                "channel": channel,
                "number": recipients.mask(recipient.formatted)
                if recipient.digits in masked
                else recipient.formatted,
                "country": country(recipient.region, request.LANGUAGE_CODE),
                "send": send,
            }
            for channel, recipient, send in zip(
                form.channels, form.recipients, form.sends, strict=True
            )
        ],
        "same_number": len({recipient.digits for recipient in form.recipients}) == 1,
        "bubbles": bubbles(form.channels, form.channel_params, hidden=hidden_keys),
        "cautions": before_sending(
            check(workflow, form.sends, by=request.viewer),
            form.channels,
            ticked=request.POST.getlist("acknowledged"),
        ),
        "pauses": pauses.pauses_of(workflow.account, workflow),
        "valid_for": workflow.valid_for,
        "masked": bool(masked),
        "has_dots": has_dots,
        "json": json.dumps(shown, ensure_ascii=False, indent=2),
        "curl": to_curl(url, to_text(shown if masked or has_dots else payload)),
        "posted": [
            (name, value)
            for name, values in request.POST.lists()
            for value in values
            if name in _FORM_EXTRAS or name in _names(form)
        ],
        "preset": preset,
        "reference": form.cleaned_data["reference"],
        "note": form.cleaned_data["note"],
    }
    return render_page(request, "review.html", context)


_FORM_EXTRAS = {
    f"{editor}-{part}"
    for editor in ("params", "params2")
    for part in ("key", "value", "json", "mode")
} | {"intent"}


def _names(form: SendForm) -> set[str]:
    return {field.html_name for field in form}


def _numbers_not_shown(request: StaffRequest, form: SendForm) -> set[str]:
    """Numbers that came from an earlier invocation and that this person may not see."""
    if request.viewer.sees_numbers:
        return set()
    return {recipient.digits for recipient in form.recipients if form.is_kept(recipient)}
