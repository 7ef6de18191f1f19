"""Send: choose a workflow, fill in what its templates need, check it, send it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from invocations.composing import template_fields
from invocations.composing.check import check
from invocations.composing.error_text import params_text
from invocations.composing.preview import Bubble, bubbles
from invocations.forms.preset import presets_for, values_in
from invocations.forms.send import Kept, SendForm
from invocations.forms.submission_token import StaleToken, SubmissionToken
from invocations.forms.template_params import Editor
from invocations.history.meanings import Text
from invocations.history.resend import why_not_resendable
from invocations.kaleyra.payload import Send
from invocations.kaleyra.recipients import country
from invocations.kaleyra.template_params import ParamsError
from invocations.models import Invocation, WorkflowInstance, permissions
from invocations.models.encryption import Unreadable
from invocations.models.invocations import sends_in
from invocations.monitoring import pauses
from invocations.sending.deliver import deliver
from invocations.sending.record import NotAcknowledged, NotSendable, RequestIdTaken, record
from invocations.views.base import StaffRequest, render_page, staff_page
from invocations.views.send.cautions import is_shown_while_typing, while_typing
from invocations.views.send.paste import pasted_into
from invocations.views.send.profile import own_number
from invocations.views.send.review import review

RECENT = 5


@staff_page(permissions.SEND)
@require_safe
def choose(request: StaffRequest) -> HttpResponse:
    """The workflows this person may send."""
    workflows = _sendable(request).order_by("account__title", "title")
    return render_page(
        request,
        "choose.html",
        {
            "workflows": workflows,
            "may_set_up": request.viewer.may_add_workflows,
        },
    )


@staff_page(permissions.SEND)
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def compose(request: StaffRequest, workflow_id: int) -> HttpResponse:
    """The form, its review, and the deed: one page that is posted to, so that nothing typed is kept anywhere but in it."""
    workflow = get_object_or_404(_sendable(request), pk=workflow_id)
    if request.method != "POST":
        return _fresh(request, workflow)
    try:
        intent = SubmissionToken.read(request.POST.get("intent", ""), request.user.pk, workflow.pk)
    except StaleToken:
        messages.warning(
            request,
            _("This form had been open for too long. Nothing was sent. Look it over and go on."),
        )
        form = SendForm(workflow, typed=SendForm(workflow, request.POST).typed())
        return _show(request, workflow, SubmissionToken.new(request.user.pk, workflow.pk), form)
    again = _original(request, intent)
    kept = _kept(request, again)
    form = SendForm(workflow, request.POST, kept=kept)
    action = request.POST.get("action", "review")
    if action in {"review", "send", "save-preset"}:
        if not form.is_valid():
            return _show(request, workflow, intent, form, again)
        if action == "send":
            return _send(request, workflow, intent, form, again)
        return review(request, workflow, intent, form)
    return _edited(request, workflow, intent, form, action, again)


@staff_page(permissions.SEND)
@sensitive_post_parameters()
@require_POST
def preview(request: StaffRequest, workflow_id: int) -> HttpResponse:
    """What the customer would see with what stands in the form now, right or wrong."""
    workflow = get_object_or_404(_sendable(request), pk=workflow_id)
    again = None
    try:
        again = _original(
            request,
            SubmissionToken.read(request.POST.get("intent", ""), request.user.pk, workflow.pk),
        )
    except StaleToken:
        pass  # a preview sends nothing; the form itself says so when it is posted
    form = SendForm(workflow, request.POST, kept=_kept(request, again))
    return render(
        request, "parts/previewed.html", {"workflow": workflow, **_seen(request, workflow, form)}
    )


def _sendable(request: StaffRequest) -> QuerySet[WorkflowInstance]:
    workflows = request.viewer.sendable_workflows().select_related("account__pod")
    # Without a first channel there is nothing to fill in yet.
    return workflows.filter(channels__position=1).prefetch_related(
        "channels__parameters", "account__api_keys"
    )


# --- opening the form -------------------------------------------------------------------------------------------------


def _fresh(request: StaffRequest, workflow: WorkflowInstance) -> HttpResponse:
    """The form as it is opened: empty, or filled from an earlier invocation (`again`, `like`) or a preset."""
    again = _asked_for_again(request, workflow)
    if again and (refused := why_not_resendable(again)):
        messages.warning(request, _of_the_first(refused))
        return redirect("invocation", request_id=again.request_id)
    form = SendForm(workflow)
    try:
        if again:
            form = SendForm(
                workflow,
                kept=Kept(sends_in(again), request.viewer.sees_numbers),
            )
        elif like := _earlier(request, workflow, request.GET.get("like", "")):
            form = SendForm(
                workflow,
                typed=form.filled([dict(send.template_params) for send in sends_in(like)]),
            )
        elif (
            preset := presets_for(request.viewer, workflow)
            .filter(pk=_number(request.GET.get("preset", "")))
            .first()
        ):
            form = SendForm(workflow, typed=form.filled(values_in(preset)))
    except Unreadable:
        messages.error(
            request, _("What was stored cannot be read any more. Fill in the form anew.")
        )
        again = None
    response = _show(
        request,
        workflow,
        SubmissionToken.new(request.user.pk, workflow.pk, again.request_id if again else None),
        form,
        again,
    )
    if not request.GET:
        # An empty form may stay in the browser's memory, so that Back finds what was typed and the same request id.
        response.headers["Cache-Control"] = "private, no-cache"
    return response


def _asked_for_again(request: StaffRequest, workflow: WorkflowInstance) -> Invocation | None:
    return _earlier(request, workflow, request.GET.get("again", ""))


def _of_the_first(refused: Text) -> str:
    return _("Of the message that is to be sent again: %(why)s Nothing was sent.") % {
        "why": refused
    }


def _earlier(
    request: StaffRequest, workflow: WorkflowInstance, request_id: str
) -> Invocation | None:
    """The invocation of this workflow that a link names, if this person may see its values."""
    if not request_id:
        return None
    if not (request.viewer.sees_values and request.viewer.sees_history):
        raise Http404
    try:
        return get_object_or_404(workflow.invocations.all(), request_id=UUID(request_id))
    except ValueError:
        raise Http404 from None


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def _original(request: StaffRequest, intent: SubmissionToken) -> Invocation | None:
    if intent.again is None or not request.viewer.sees_values:
        return None
    return Invocation.objects.filter(
        request_id=intent.again, workflow_instance_id=intent.workflow_id
    ).first()


def _kept(request: StaffRequest, again: Invocation | None) -> Kept | None:
    """What `again` sent; None if that cannot be decrypted any more, so that the number has to be typed."""
    try:
        return Kept(sends_in(again), request.viewer.sees_numbers) if again else None
    except Unreadable:
        return None


# --- changing it ------------------------------------------------------------------------------------------------------


def _edited(
    request: StaffRequest,
    workflow: WorkflowInstance,
    intent: SubmissionToken,
    form: SendForm,
    action: str,
    again: Invocation | None,
) -> HttpResponse:
    """After a button that changes the form, or after "Back and edit": the same form with the same values."""
    typed = form.typed()
    name, _colon, what = action.partition(":")
    editor = typed.get(name)
    if isinstance(editor, Editor):
        try:
            typed[name] = editor.after(what)
        except ParamsError as error:
            form.is_valid()  # shows what is wrong with the JSON beside it
            if name not in form.errors:
                form.add_error(name, params_text(error, in_editor=True))
            return _show(request, workflow, intent, form, again)
    elif action == "paste":
        typed |= pasted_into(request, workflow, form)
    elif action == "mine":
        if number := own_number(request.user):
            typed["recipient"] = number
        else:
            messages.info(
                request,
                _("Your own number is not stored yet. Add it in the menu under “My number”."),
            )
    response = _show(
        request,
        workflow,
        intent,
        SendForm(workflow, typed=typed, kept=_kept(request, again)),
        again,
    )
    response.headers["HX-Trigger-After-Swap"] = "edited"  # the preview listens
    return response


# --- showing it -------------------------------------------------------------------------------------------------------


def _show(
    request: StaffRequest,
    workflow: WorkflowInstance,
    intent: SubmissionToken,
    form: SendForm,
    again: Invocation | None = None,
) -> HttpResponse:
    context: dict[str, Any] = {
        "workflow": workflow,
        "channels": form.channels,
        "form": form,
        "intent": intent,
        "again": again,
        "changed": _changed_since(again, workflow),
        "presets": presets_for(request.viewer, workflow),
        "pauses": pauses.pauses_of(workflow.account, workflow),
        "valid_for": workflow.valid_for,
        "recent": _recent(request, workflow),
        **_seen(request, workflow, form),
    }
    return render_page(request, "send.html", context)


def _seen(request: StaffRequest, workflow: WorkflowInstance, form: SendForm) -> dict[str, Any]:
    """What the customer sees, and what the sender should know."""
    params, found = form.params_as_typed, form.recipients_as_typed
    sends = [
        Send(recipient.digits if recipient else "", values)
        for recipient, values in zip(found, params, strict=True)
    ]
    findings = check(workflow, sends, by=request.viewer)
    bad = [
        {
            finding.key
            for finding in findings
            if finding.channel == channel.position
            and finding.blocks
            and is_shown_while_typing(finding)
        }
        for channel in form.channels
    ]
    labels = {each.key: each.label for asked in form.asked for each in asked}
    whole = [recipient for recipient in found if recipient is not None]
    shown: list[Bubble] = bubbles(
        form.channels, params, hidden=template_fields.sensitive_keys(form.channels), bad=bad
    )
    numbers = [
        {
            "country": country(recipient.region, request.LANGUAGE_CODE),
            "formatted": recipient.formatted,
            "digits": recipient.digits,
        }
        for recipient in dict.fromkeys(whole)
        if not form.is_kept(recipient)
    ]
    cautions = while_typing(findings, form.channels, labels)
    return {"bubbles": shown, "cautions": cautions, "numbers": numbers}


def _changed_since(
    again: Invocation | None, workflow: WorkflowInstance
) -> list[template_fields.Change]:
    if again is None or again.version is None:
        return []
    return template_fields.changes_between(
        again.version.contract, template_fields.snapshot(workflow)
    )


def _recent(request: StaffRequest, workflow: WorkflowInstance) -> list[Invocation]:
    """This person's last messages of this workflow: their values can be taken as a start."""
    if not request.viewer.sees_values:
        return []
    return list(
        workflow.invocations.filter(created_by=request.user)
        .defer("payload", "reply", "note")
        .order_by("-id")[:RECENT]
    )


# --- sending it -------------------------------------------------------------------------------------------------------


def _send(
    request: StaffRequest,
    workflow: WorkflowInstance,
    intent: SubmissionToken,
    form: SendForm,
    again: Invocation | None,
) -> HttpResponse:
    if again and (refused := why_not_resendable(again)):
        form.add_error(None, _of_the_first(refused))
        return _show(request, workflow, intent, form, again)
    try:
        invocation, recorded = record(
            workflow,
            form.sends,
            request_id=intent.request_id,
            created_by=request.user,
            acknowledged=request.POST.getlist("acknowledged"),
            reference=form.cleaned_data["reference"],
            note=form.cleaned_data["note"],
            sent_again_from=again,
        )
    except RequestIdTaken:
        form.add_error(
            None,
            _(
                "This form has been sent already, with other values. Nothing more was sent. What it sent stands in the history."
            ),
        )
        return _show(
            request,
            workflow,
            SubmissionToken.new(request.user.pk, workflow.pk, intent.again),
            form,
            again,
        )
    except NotAcknowledged:
        messages.warning(
            request,
            _("Nothing was sent. If it should go out all the same, tick “Send anyway” first."),
        )
        return review(request, workflow, intent, form)
    except NotSendable:
        form.add_error(
            None,
            _(
                "The workflow was changed in the meantime. Nothing was sent. Open it anew from Send."
            ),
        )
        return _show(request, workflow, intent, form, again)
    if recorded:
        deliver(invocation.pk)
    else:
        messages.info(request, _("This was sent already. Nothing was sent a second time."))
    return redirect("invocation", request_id=invocation.request_id)
