"""Send: choose a workflow, fill in what its templates need, check it, send it."""

from __future__ import annotations

import json
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from invocations import roles, sending
from invocations.encryption import Unreadable
from invocations.forms.intent import Intent, StaleIntent
from invocations.forms.send import Kept, RecipientField, SendForm
from invocations.forms.template_params import Editor
from invocations.kaleyra import recipients
from invocations.kaleyra.address import invoke_url
from invocations.kaleyra.payload import build_payload, to_curl, to_text
from invocations.kaleyra.recipients import country
from invocations.kaleyra.template_params import ParamsError
from invocations.models import Invocation, WorkflowInstance
from invocations.preview import bubbles
from invocations.views.page import StaffRequest, for_people_who_may, render_page

SEND = "invocations.send_invocation"


@for_people_who_may(SEND)
@require_safe
def choose(request: StaffRequest) -> HttpResponse:
    """The workflows this person may send."""
    workflows = _sendable(request).order_by("account__title", "title")
    return render_page(
        request, "choose.html", {"workflows": workflows, "may_set_up": request.user.has_perm("invocations.add_workflowinstance")}
    )


@for_people_who_may(SEND)
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def compose(request: StaffRequest, workflow_id: int) -> HttpResponse:
    """The form, its review, and the deed: one page that is posted to, so that nothing typed is kept anywhere but in it."""
    workflow = get_object_or_404(_sendable(request), pk=workflow_id)
    if request.method != "POST":
        return _fresh(request, workflow)
    try:
        intent = Intent.read(request.POST.get("intent", ""), request.user.pk, workflow.pk)
    except StaleIntent:
        again = None
        intent = Intent.new(request.user.pk, workflow.pk)
        form = SendForm(workflow, typed=SendForm(workflow, request.POST).typed())
        messages.warning(request, _("This form had been open for too long. Nothing was sent. Look it over and go on."))
        return _show(request, workflow, intent, form, again)
    again = _original(request, intent)
    kept = _kept(request, again)
    form = SendForm(workflow, request.POST, kept=kept)
    action = request.POST.get("action", "review")
    if action not in {"review", "send"}:
        return _edited(request, workflow, intent, form, action, again)
    if not form.is_valid():
        return _show(request, workflow, intent, form, again)
    if action == "review":
        return _review(request, workflow, intent, form, again)
    return _send(request, workflow, intent, form, again)


@for_people_who_may(SEND)
@sensitive_post_parameters()
@require_POST
def preview(request: StaffRequest, workflow_id: int) -> HttpResponse:
    """What the customer would see with what stands in the form now, right or wrong."""
    workflow = get_object_or_404(_sendable(request), pk=workflow_id)
    form = SendForm(workflow, request.POST)
    return render(request, "parts/preview.html", {"workflow": workflow, "bubbles": bubbles(form.channels, form.params_as_typed)})


def _sendable(request: StaffRequest) -> QuerySet[WorkflowInstance]:
    return roles.sendable_workflows(request.user).select_related("account__pod").prefetch_related("channels", "account__api_keys")


def _fresh(request: StaffRequest, workflow: WorkflowInstance) -> HttpResponse:
    asked = request.GET.get("again", "")
    again = None
    if asked:
        again = get_object_or_404(Invocation.objects.filter(workflow_instance=workflow), request_id=_uuid_or_404(asked))
    intent = Intent.new(request.user.pk, workflow.pk, again.request_id if again else None)
    try:
        form = SendForm(workflow, kept=_kept(request, again))
    except Unreadable:
        messages.error(request, _("What was sent then cannot be read any more. Fill in the form anew."))
        again, form = None, SendForm(workflow)
    response = _show(request, workflow, intent, form, again)
    if again is None:
        # An empty form may stay in the browser's memory, so that Back finds what was typed and the same request id.
        response.headers["Cache-Control"] = "private, no-cache"
    return response


def _uuid_or_404(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


def _original(request: StaffRequest, intent: Intent) -> Invocation | None:
    if intent.again is None or not request.user.has_perm("invocations.view_values"):
        return None
    return Invocation.objects.filter(request_id=intent.again, workflow_instance_id=intent.workflow_id).first()


def _kept(request: StaffRequest, again: Invocation | None) -> Kept | None:
    if again is None:
        return None
    return Kept(sending.sends_in(again), roles.may_see_recipient(request.user))


def _edited(
    request: StaffRequest, workflow: WorkflowInstance, intent: Intent, form: SendForm, action: str, again: Invocation | None
) -> HttpResponse:
    """After one of the editor's buttons, or after "Back and edit": the same form with the same values."""
    typed = form.typed()
    name, _colon, what = action.partition(":")
    editor = typed.get(name)
    if isinstance(editor, Editor):
        try:
            typed[name] = editor.after(what)
        except ParamsError:
            form.is_valid()  # shows what is wrong with the JSON beside it
            return _show(request, workflow, intent, form, again)
    response = _show(request, workflow, intent, SendForm(workflow, typed=typed, kept=_kept(request, again)), again)
    response.headers["HX-Trigger-After-Swap"] = "edited"  # the preview listens
    return response


def _show(request: StaffRequest, workflow: WorkflowInstance, intent: Intent, form: SendForm, again: Invocation | None) -> HttpResponse:
    context = {
        "workflow": workflow,
        "channels": form.channels,
        "form": form,
        "intent": intent,
        "again": again,
        "bubbles": bubbles(form.channels, form.params_as_typed),
    }
    return render_page(request, "send.html", context)


def _review(request: StaffRequest, workflow: WorkflowInstance, intent: Intent, form: SendForm, again: Invocation | None) -> HttpResponse:
    """Exactly what will go, to whom, over which channels. Nothing is recorded yet."""
    payload = build_payload(str(intent.request_id), form.sends)
    pod = workflow.account.pod
    url = invoke_url(pod.api_domain, workflow.account.sid, workflow.workflow_instance_id, http=pod.is_practice)
    hidden = _numbers_not_shown(request, form)
    channels = [
        {
            "channel": channel,
            "recipient": recipient,
            "masked": recipients.mask(recipient.formatted),
            "country": country(recipient.region),
            "send": send,
        }
        for channel, recipient, send in zip(form.channels, form.recipients, form.sends, strict=True)
    ]
    context = {
        "workflow": workflow,
        "pod": pod,
        "intent": intent,
        "channels": channels,
        "same_number": len({recipient.digits for recipient in form.recipients}) == 1,
        "masked": bool(hidden),
        "bubbles": bubbles(form.channels, [send.template_params for send in form.sends]),
        "notices": _notices(form),
        "json": _without(json.dumps(payload, ensure_ascii=False, indent=2), hidden),
        "curl": _without(to_curl(url, to_text(payload)), hidden),
        "posted": [
            (name, value) for name, values in request.POST.lists() for value in values if name not in {"action", "csrfmiddlewaretoken"}
        ],
        "again": again,
        "reference": form.cleaned_data["reference"],
        "note": form.cleaned_data["note"],
    }
    return render_page(request, "review.html", context)


def _notices(form: SendForm) -> list[str]:
    """What is allowed and rarely meant."""
    notices = []
    if len({recipient.digits for recipient in form.recipients}) > 1:
        notices.append(_("The two channels go to two different numbers."))
    for recipient in dict.fromkeys(form.recipients):
        if not recipient.is_assigned:
            notices.append(
                _("%(number)s is in no range that %(country)s has given out. Is the country code there, and every digit right?")
                % {"number": recipients.mask(recipient.formatted), "country": country(recipient.region)}
            )
    return notices


def _numbers_not_shown(request: StaffRequest, form: SendForm) -> dict[str, str]:
    """Numbers that came from an earlier invocation and that this person may not see, with what stands for them."""
    if roles.may_see_recipient(request.user):
        return {}
    kept = [field.kept for field in form.fields.values() if isinstance(field, RecipientField) and field.kept]
    return {recipient.digits: f"…{recipient.digits[-4:]}" for recipient in form.recipients if recipient in kept}


def _without(text: str, hidden: dict[str, str]) -> str:
    for number, stand_in in hidden.items():
        text = text.replace(number, stand_in)
    return text


def _send(request: StaffRequest, workflow: WorkflowInstance, intent: Intent, form: SendForm, again: Invocation | None) -> HttpResponse:
    try:
        invocation, recorded = sending.record(
            workflow,
            form.sends,
            request_id=intent.request_id,
            created_by=request.user,
            reference=form.cleaned_data["reference"],
            note=form.cleaned_data["note"],
            sent_again_from=again,
        )
    except sending.RequestIdTaken:
        form.add_error(
            None, _("This form has been sent already, with other values. Nothing more was sent. What it sent stands in the history.")
        )
        return _show(request, workflow, Intent.new(request.user.pk, workflow.pk, intent.again), form, again)
    except sending.NotSendable:
        form.add_error(None, _("The workflow was changed in the meantime. Nothing was sent. Open it anew from Send."))
        return _show(request, workflow, intent, form, again)
    if recorded:
        sending.deliver(invocation.pk)
    else:
        messages.info(request, _("This was sent already. Nothing was sent a second time."))
    return _to(invocation)


def _to(invocation: Invocation) -> HttpResponseRedirect:
    response: HttpResponseRedirect = redirect("invocation", request_id=invocation.request_id)
    return response
