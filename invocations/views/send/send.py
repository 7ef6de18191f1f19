"""Send: fill in what the templates need, check it, send it. One page, which is posted to itself."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from invocations.composing.error_text import params_text
from invocations.composing.limit_text import is_limit
from invocations.composing.resending import NOT_RESENDABLE, why_not_resendable
from invocations.forms import kept_form
from invocations.forms.preset import presets_for
from invocations.forms.promise import Promise
from invocations.forms.send import SendForm
from invocations.forms.submission_token import StaleToken, SubmissionToken
from invocations.forms.template_params import Editor
from invocations.history.meanings import Text
from invocations.kaleyra.template_params import ParamsError
from invocations.models import Invocation, WorkflowInstance, permissions
from invocations.models.encryption import Unreadable
from invocations.monitoring import pauses
from invocations.sending.deliver import deliver
from invocations.sending.departure import Deed, departure_of
from invocations.sending.record import NotAcknowledged, NotSendable, RequestIdTaken, record
from invocations.views.base import StaffRequest, render_page, staff_page
from invocations.views.monitoring.ask_admin import ask_and_tell
from invocations.views.send import home_number
from invocations.views.send.choose import workflows_to_fill_in
from invocations.views.send.deed_text import deed_text
from invocations.views.send.earlier import (
    changed_since,
    filled_form,
    kept_of,
    named_in,
    original_of,
    recent_messages,
)
from invocations.views.send.goes_when import goes_when, without_key
from invocations.views.send.kept_promise import kept_promise
from invocations.views.send.paste import pasted_into
from invocations.views.send.preview import preview_context
from invocations.views.send.profile import own_number
from invocations.views.send.review import review


@dataclass(frozen=True)
class Draft:
    """A form with its token. `original` is the invocation that it sends again, if any.

    `pastes_again`: nothing could be read in what was pasted, so the box for it stays open.
    """

    request: StaffRequest
    workflow: WorkflowInstance
    token: SubmissionToken
    form: SendForm
    original: Invocation | None = None
    pastes_again: bool = False

    def with_new_id(self) -> Draft:
        """The same form for another message."""
        return replace(self, token=replace(self.token, request_id=uuid.uuid4()))


@staff_page(permissions.SEND)
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def compose(request: StaffRequest, workflow_id: int) -> HttpResponse:
    """The form, its review, and the sending.

    What is typed is kept in the page alone. Only a form that was posted without a session is kept
    on the server, encrypted and for an hour (`forms.kept_form`).
    """
    workflow = get_object_or_404(workflows_to_fill_in(request.viewer), pk=workflow_id)
    if request.method != "POST":
        return _open(request, workflow)
    try:
        token = SubmissionToken.read(request.POST.get("intent", ""), request.user.pk, workflow.pk)
    except StaleToken:
        return _renew(request, workflow)
    original = original_of(token, request.viewer)
    kept = kept_of(original, request.viewer, token.person)
    form = SendForm(workflow, request.POST, kept=kept)
    action = request.POST.get("action", "review")
    if action.startswith(f"{home_number.REVIEW}:"):
        posted = home_number.with_home_numbers(form, action.partition(":")[2])
        form, action = SendForm(workflow, posted, kept=kept), "review"
    draft = Draft(request, workflow, token, form, original)
    if action.startswith("ask:"):
        _verb, kind, of = f"{action}:".split(":")[:3]
        ask_and_tell(request, kind, of)
        action = "review" if "promise" in request.POST else "edit"  # the page that it came from
    if action not in {"review", "send", "save-preset"}:
        return _edit(draft, action)
    if not form.is_valid():
        return _show(draft)
    return _send(draft) if action == "send" else review(request, workflow, token, form, original)


def _open(request: StaffRequest, workflow: WorkflowInstance) -> HttpResponse:
    """The form as a link opens it: empty, or filled from an earlier message (`again`, `like`) or a
    preset.
    """
    if kept_id := request.GET.get("kept", ""):
        return _restore(request, workflow, kept_id)
    original = named_in(request.GET, "again", workflow, request.viewer)
    if original and (refused := why_not_resendable(original)):
        messages.warning(request, _not_again(refused))
        return redirect("invocation", request_id=original.request_id)
    try:
        form = filled_form(request.GET, workflow, request.viewer, original)
    except Unreadable:
        messages.error(
            request, _("What was stored cannot be read any more. Fill in the form again.")
        )
        form, original = SendForm(workflow), None
    again = original.request_id if original else None
    person = "" if original else request.GET.get("person", "")
    token = SubmissionToken.new(request.user.pk, workflow.pk, again, person)
    response = _show(Draft(request, workflow, token, form, original))
    if not request.GET:
        # The browser may keep an empty form, so that Back finds what was typed, and the same
        # request ID.
        response.headers["Cache-Control"] = "private, no-cache"
    return response


def _not_again(refused: Text) -> str:
    words = _("Of the message that is to be sent again: %(why)s Nothing was sent.")
    return words % {"why": refused}


def _restore(request: StaffRequest, workflow: WorkflowInstance, kept_id: str) -> HttpResponse:
    """The form that was posted after the session had ended, as it was filled in; nothing is sent.

    It keeps its request ID, so that its message is sent once even if it had been posted twice.
    """
    fields = kept_form.kept_fields(request, request.user, workflow, kept_id)
    if fields is None:
        words = _("What you typed is not kept any more. Nothing was sent.")
        messages.warning(request, words)
        return redirect("compose", workflow_id=workflow.pk)
    messages.info(
        request,
        _("What you typed is back. Nothing was sent. Look it over and continue."),
    )
    try:
        token = SubmissionToken.read(fields.get("intent", ""), request.user.pk, workflow.pk)
    except StaleToken:
        token = SubmissionToken.new(request.user.pk, workflow.pk)
    original = original_of(token, request.viewer)
    kept = kept_of(original, request.viewer, token.person)
    typed = SendForm(workflow, fields, kept=kept).typed()
    return _show(
        Draft(request, workflow, token, SendForm(workflow, typed=typed, kept=kept), original)
    )


def _renew(request: StaffRequest, workflow: WorkflowInstance) -> HttpResponse:
    """A form with a token that is not valid any more comes back with a new one, and with all that
    was typed.
    """
    messages.warning(
        request,
        _("This form was open for too long. Nothing was sent. Look it over and continue."),
    )
    form = SendForm(workflow, typed=SendForm(workflow, request.POST).typed())
    token = SubmissionToken.new(request.user.pk, workflow.pk)
    return _show(Draft(request, workflow, token, form))


def _edit(draft: Draft, action: str) -> HttpResponse:
    """After a button that changes the form, or after "Back and edit": the same form with the same
    values.
    """
    request, workflow, form = draft.request, draft.workflow, draft.form
    typed = form.typed()
    name, _colon, what = action.partition(":")
    editor = typed.get(name)
    if name == "params2" and what == "first":
        typed[name] = typed["params"]
    elif isinstance(editor, Editor):
        try:
            typed[name] = editor.after(what)
        except ParamsError as error:
            form.is_valid()  # adds the errors of the fields
            if name not in form.errors:
                form.add_error(name, params_text(error, in_rows=not editor.as_json))
            return _show(draft)
    elif name == home_number.EDIT:
        typed |= home_number.taken_home(form, what)
    elif action == "paste":
        found = pasted_into(request, workflow, form)
        draft = replace(draft, pastes_again=not found)
        typed |= found
    elif action == "mine":
        if number := own_number(request.user):
            typed["recipient"] = number
        else:
            messages.info(
                request,
                _("Your own number is not stored yet. Add it in the menu under “My details”."),
            )
    kept = kept_of(draft.original, request.viewer, draft.token.person)
    changed = SendForm(workflow, typed=typed, kept=kept)
    response = _show(replace(draft, form=changed))
    response.headers["HX-Trigger-After-Swap"] = "edited"  # the preview listens
    return response


def _show(draft: Draft) -> HttpResponse:
    request, workflow = draft.request, draft.workflow
    now, departure = timezone.now(), departure_of(workflow)
    not_before = draft.form.not_before_as_typed
    promise = Promise.of(workflow, draft.token.request_id, departure, now, not_before)
    context: dict[str, Any] = {
        "workflow": workflow,
        "channels": draft.form.channels,
        "form": draft.form,
        "intent": draft.token,
        "asks_in": "compose",
        **without_key(workflow, promise, departure),
        "again": draft.original,
        "pastes_again": draft.pastes_again,
        "changed": changed_since(draft.original, workflow),
        "presets": presets_for(request.viewer, workflow),
        "pauses": pauses.pauses_of(workflow.account, workflow),
        "expires_at": promise.expires_at,
        "deed": deed_text(promise, workflow, departure, now),
        "has_sender": departure.has_sender,
        "recent": recent_messages(workflow, request.viewer),
        "goes_when": goes_when(departure, not_before, now),
        **preview_context(request, workflow, draft.form),
    }
    return render_page(request, "send.html", context)


def _send(draft: Draft) -> HttpResponse:
    request, form = draft.request, draft.form
    if draft.original and (refused := why_not_resendable(draft.original)):
        return _show_error(draft, _not_again(refused))
    promise = kept_promise(request, draft.workflow, draft.token.request_id, form.not_before)
    if promise is None:
        return review(request, draft.workflow, draft.token, form, draft.original)
    is_sent_now = promise.deed is Deed.SEND
    try:
        invocation, recorded = record(
            draft.workflow,
            form.sends,
            request_id=draft.token.request_id,
            created_by=request.user,
            acknowledged=request.POST.getlist("acknowledged"),
            reference=form.cleaned_data["reference"],
            note=form.cleaned_data["note"],
            sent_again_from=draft.original,
            not_before=promise.not_before,
            not_after=None if is_sent_now else promise.expires_at,
            comes_first=True,
        )
    except RequestIdTaken:
        words = _(
            "This form has been sent already, with other values. Nothing more was sent. "
            "What it sent is in the history."
        )
        return _show_error(draft.with_new_id(), words)
    except NotAcknowledged:
        messages.warning(
            request,
            _("Nothing was sent. If it should go out all the same, tick the box below first."),
        )
        return review(request, draft.workflow, draft.token, form, draft.original)
    except NotSendable as refusal:
        if refusal.code == NOT_RESENDABLE:
            return _show_error(draft, _not_again(refusal.findings[0].text))
        words = _("Nothing was sent: the workflow has just changed. Check it again.")
        if is_limit(refusal.code):
            words = _("Nothing was sent. %(why)s") % {"why": refusal.findings[0].text}
        return _show_error(draft, words)
    kept_form.forget(invocation.request_id)
    if recorded and is_sent_now:
        deliver(invocation.pk)
    elif not recorded:
        messages.info(request, _("This was sent already. Nothing was sent a second time."))
    return redirect("invocation", request_id=invocation.request_id)


def _show_error(draft: Draft, words: str) -> HttpResponse:
    draft.form.add_error(None, words)
    return _show(draft)
