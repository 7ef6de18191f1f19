"""A test of a workflow: its examples, to the person's own number, or to any number on practice."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from invocations.composing.check import of_message
from invocations.composing.findings import blockers
from invocations.composing.prepared_values import prepared
from invocations.forms.profile import ProfileForm
from invocations.forms.submission_token import StaleToken, SubmissionToken
from invocations.forms.workflow_setup import WorkflowSetup
from invocations.kaleyra import recipients
from invocations.kaleyra.payload import Send
from invocations.models import Profile, WorkflowInstance, permissions
from invocations.monitoring import pauses
from invocations.sending.deliver import deliver
from invocations.sending.departure import departure_of
from invocations.sending.record import NotSendable, RequestIdTaken, record
from invocations.views.base import StaffRequest, render_page, staff_page
from invocations.views.send.profile import own_number

PRACTICE_NUMBER = "+91 98765 43701"
"""The practice pod reports that WhatsApp delivered to it (docs/practice-pod.md)."""


@staff_page(permissions.CHANGE_WORKFLOW)
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def test_workflow(request: StaffRequest, workflow_id: int) -> HttpResponse:
    """Shows what will leave. A POST sends it."""
    related = WorkflowInstance.objects.select_related("account__pod")
    workflow = get_object_or_404(related.prefetch_related("channels"), pk=workflow_id)
    if not request.viewer.may_send_workflow(workflow) and not workflow.is_active:
        messages.warning(request, _("Put it back on the send page before you test it."))
        return redirect("workflow", workflow_id=workflow.pk)
    if not request.viewer.may_send_workflow(workflow):
        raise PermissionDenied
    is_practice = workflow.account.pod.is_practice
    number = PRACTICE_NUMBER if is_practice else own_number(request.user)
    form = ProfileForm(request.POST or None, initial={"own_number": number}, label_suffix="")
    form.fields["own_number"].required = True
    if is_practice:
        form.fields["own_number"].label = _("Number")
        form.fields["own_number"].help_text = _("Any number: nobody’s phone rings.")
    else:
        form.fields["own_number"].help_text = _("It is kept as “My number”, for your next tests.")
    if request.method == "POST" and form.is_valid():
        return _send(request, workflow, form)
    return _show(request, workflow, form)


def _sends(workflow: WorkflowInstance, number: str) -> list[Send]:
    """The examples of each channel, as they would be sent."""
    setup = WorkflowSetup(workflow)
    digits = recipients.clean(number).digits
    sends = []
    for channel in setup.channels:
        fields = [p.asked for row in setup.rows for p in row.places if p.channel is channel]
        params, _found = prepared(channel, fields, setup.examples_of(channel))
        sends.append(Send(digits, params))
    return sends


def _send(request: StaffRequest, workflow: WorkflowInstance, form: ProfileForm) -> HttpResponse:
    number = form.cleaned_data["own_number"]
    if not workflow.account.pod.is_practice and number != own_number(request.user):
        Profile.objects.update_or_create(user=request.user, defaults={"own_number": number})
    try:
        token = SubmissionToken.read(request.POST.get("intent", ""), request.user.pk, workflow.pk)
        invocation, recorded = record(
            workflow,
            _sends(workflow, number),
            request_id=token.request_id,
            created_by=request.user,
            note=_("Test of the workflow"),
            comes_first=True,
        )
    except StaleToken:
        form.add_error(None, _("This page was open for too long. Nothing was sent."))
        return _show(request, workflow, form)
    except NotSendable as refusal:
        for finding in refusal.findings:
            form.add_error(None, _with_place(finding.text, finding.key))
        return _show(request, workflow, form)
    except RequestIdTaken:
        form.add_error(None, _("This test was sent already. Nothing more was sent."))
        return _show(request, workflow, form)
    if recorded:
        deliver(invocation.pk)
        _tell_what_comes_next(request, workflow)
    return redirect("invocation", request_id=invocation.request_id)


def _tell_what_comes_next(request: StaffRequest, workflow: WorkflowInstance) -> None:
    link = format_html(
        '<a href="{}">{}</a>',
        reverse("workflow", args=[workflow.pk]),
        _("Go back to the workflow"),
    )
    words = _("This is its test. Once its result is back, the workflow is tested.")
    messages.success(request, format_html("{} {}", words, link))


def _with_place(text: str, key: str) -> str:
    return f"“{key}”: {text}" if key else text


def _show(request: StaffRequest, workflow: WorkflowInstance, form: ProfileForm) -> HttpResponse:
    setup = WorkflowSetup(workflow)
    problems = blockers(of_message(workflow, [])) if not setup.channels else []
    context: dict[str, Any] = {
        "workflow": workflow,
        "setup": setup,
        "form": form,
        "problems": problems,
        "nameless": [row for row in setup.rows if not row.example],
        "intent": SubmissionToken.new(request.user.pk, workflow.pk),
        "pauses": pauses.pauses_of(workflow.account, workflow),
        "departure": departure_of(workflow),
    }
    return render_page(request, "test_workflow.html", context)
