"""Review: exactly what will go, to whom, over which channels. Nothing is recorded yet."""

from __future__ import annotations

import json
from typing import Any, cast

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from invocations.composing import template_fields
from invocations.composing.check import check
from invocations.composing.number_notes import notes_of, notes_of_all
from invocations.composing.preview import bubbles, shown_send
from invocations.forms.one_line import line_break_findings
from invocations.forms.preset import PresetForm
from invocations.forms.promise import Promise
from invocations.forms.send import SendForm
from invocations.forms.submission_token import SubmissionToken
from invocations.kaleyra import recipients
from invocations.kaleyra.address import invoke_url
from invocations.kaleyra.payload import build_payload, to_curl, to_text
from invocations.kaleyra.recipients import country
from invocations.models import Invocation, WorkflowInstance
from invocations.models.reading import WHOLE
from invocations.monitoring import pauses
from invocations.sending.departure import departure_of
from invocations.views.base import StaffRequest, render_page
from invocations.views.send import home_number
from invocations.views.send.cautions import before_sending
from invocations.views.send.deed_text import deed_text
from invocations.views.send.what_happens import steps_until_it_leaves


def review(
    request: StaffRequest,
    workflow: WorkflowInstance,
    token: SubmissionToken,
    form: SendForm,
    original: Invocation | None = None,
) -> HttpResponse:
    """The page between form and sending. Hidden fields carry the form: the server keeps nothing."""
    findings = [
        *form.unseen,
        *line_break_findings(form),
        *check(
            workflow,
            form.sends,
            by=request.viewer,
            again=original,
            not_before=form.not_before,
        ),
    ]
    # Of a form that has been sent already nobody is asked anything: a press sends nothing more.
    was_sent = WHOLE.invocations().filter(request_id=token.request_id).exists()
    if was_sent:
        findings = [finding for finding in findings if not finding.asks]
    now, departure = timezone.now(), departure_of(workflow)
    promise = Promise.of(workflow, token.request_id, departure, now, form.not_before)
    ticked = request.POST.getlist("acknowledged")
    asked = [finding for finding in findings if finding.asks]
    open_ones = [finding for finding in asked if finding.token not in ticked]
    cautions = before_sending(
        findings,
        form.channels,
        form.labels,
        ticked=ticked,
        offers=lambda finding: home_number.offered(
            finding, form, home_number.REVIEW, request.LANGUAGE_CODE
        ),
    )
    context = {
        "workflow": workflow,
        "pod": workflow.account.pod,
        "intent": token,
        "asks_in": "confirm",
        "same_number": len({recipient.digits for recipient in form.recipients}) == 1,
        "number_notes": notes_of_all(form.recipients),
        "bubbles": bubbles(form.channels, form.channel_params, hidden=_hidden_keys(form)),
        "acks": [caution for caution in cautions if caution.token],
        "facts": [caution for caution in cautions if not caution.token],
        "was_sent": was_sent,
        "was_refused": _("Nothing was sent.") if request.POST.get("action") == "send" else "",
        "pauses": pauses.pauses_of(workflow.account, workflow),
        "promise": promise,
        "deed": deed_text(
            promise,
            workflow,
            departure,
            now,
            is_repeat=any(finding.earlier for finding in asked),
            boxes=len(open_ones),
        ),
        "steps": steps_until_it_leaves(
            promise, workflow, departure, now, form.recipients, request.LANGUAGE_CODE
        ),
        "has_sender": departure.has_sender,
        "posted": _form_fields(form),
        "preset": _preset_form(request, workflow, form),
        "reference": form.cleaned_data["reference"],
        "note": form.cleaned_data["note"],
        **_shown_request(request, workflow, token, form),
    }
    return render_page(request, "review.html", context)


def _preset_form(request: StaffRequest, workflow: WorkflowInstance, form: SendForm) -> PresetForm:
    """The form that keeps these values; saved already, and empty again, if that was asked for."""
    if request.POST.get("action") != "save-preset":
        return PresetForm(workflow, request.viewer)
    preset = PresetForm(workflow, request.viewer, request.POST)
    if not preset.is_valid():
        return preset
    preset.save(form.channel_params)
    messages.success(request, _("Saved. You find it above the form next time."))
    return PresetForm(workflow, request.viewer)


def _hidden_keys(form: SendForm) -> set[str]:
    return template_fields.sensitive_keys(form.channels)


def _shown_request(
    request: StaffRequest, workflow: WorkflowInstance, token: SubmissionToken, form: SendForm
) -> dict[str, Any]:
    """Numbers, JSON and curl as this viewer may see them. What is sent is never shortened."""
    masked, hidden = _masked_numbers(request, form), _hidden_keys(form)
    has_dots = any(key in hidden for send in form.sends for key in send.template_params)
    shown_sends = [
        shown_send(send, masked=send.recipient in masked, hidden=hidden) for send in form.sends
    ]
    payload = build_payload(str(token.request_id), shown_sends)
    account = workflow.account
    url = invoke_url(
        account.pod.api_domain,
        account.sid,
        workflow.workflow_instance_id,
        http=account.pod.is_practice,
    )
    return {
        "channels": [
            {
                "channel": channel,
                "number": recipients.mask(number.formatted)
                if number.digits in masked
                else number.formatted,
                "country": country(number.region, request.LANGUAGE_CODE),
                "notes": notes_of(number),
                "send": send,
            }
            for channel, number, send in zip(
                form.channels, form.recipients, form.sends, strict=True
            )
        ],
        "masked": bool(masked),
        "has_dots": has_dots,
        "json": json.dumps(payload, ensure_ascii=False, indent=2),
        "curl": to_curl(url, to_text(payload)),
    }


def _form_fields(form: SendForm) -> list[tuple[str, str]]:
    """What was posted of the form itself, for the hidden fields."""
    posted = cast(QueryDict, form.data)
    names = _FORM_EXTRAS | {field.html_name for field in form}
    return [(name, value) for name, values in posted.lists() for value in values if name in names]


_FORM_EXTRAS = {
    f"{editor}-{part}"
    for editor in ("params", "params2")
    for part in ("key", "value", "json", "mode", "broken")
} | {"intent"}


def _masked_numbers(request: StaffRequest, form: SendForm) -> set[str]:
    """Numbers that came from an earlier invocation and that this person may not see."""
    if request.viewer.sees_numbers:
        return set()
    return {recipient.digits for recipient in form.recipients if form.is_kept(recipient)}
