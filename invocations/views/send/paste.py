"""Fills the send form from a curl command or a JSON body, as found in tickets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invocations.composing.number_notes import notes_of_all
from invocations.forms.channel_params import with_clean_keys
from invocations.forms.send import SendForm
from invocations.kaleyra import pasted, recipients
from invocations.kaleyra.pasted import Pasted, PasteError
from invocations.kaleyra.payload import Send, build_payload, to_text
from invocations.kaleyra.recipients import Recipient, RecipientError
from invocations.kaleyra.template_params import ParamsError
from invocations.models import WorkflowInstance
from invocations.views.base import StaffRequest

PASTE_ERRORS = {
    "too_long": gettext_lazy("This is too long: 64 KiB at most."),
    "not_readable": gettext_lazy("This could not be read as a curl line or as JSON."),
    "no_body": gettext_lazy("This curl line has no body (--data)."),
    "several_bodies": gettext_lazy("This curl line has more than one body (--data)."),
    "body_in_file": gettext_lazy(
        "The body of this curl line stands in a file. Paste the file’s text."
    ),
    "not_json": gettext_lazy("Its body is no JSON: line %(line)s, column %(column)s."),
    "repeated_key": gettext_lazy("“%(key)s” stands twice in its body."),
    "no_sends": gettext_lazy("There is no send1 in it."),
    "not_an_object": gettext_lazy("“%(key)s” in its body is no object."),
    "not_texts": gettext_lazy("The value of “%(key)s” in its body is no text."),
}


def pasted_into(
    request: StaffRequest, workflow: WorkflowInstance, form: SendForm
) -> dict[str, Any]:
    """The form's initial values from the pasted text; messages say what was left out.

    An API key in the text is discarded.
    """
    try:
        found = pasted.read(request.POST.get("pasted", ""))
        to_text(build_payload("", found.sends)).encode()
    except PasteError as error:
        # A key of the JSON may be long, or have a lone surrogate, which no page can contain.
        facts = {
            name: str(fact)[:100].encode("utf-8", "replace").decode()
            for name, fact in error.facts.items()
        }
        messages.error(request, str(PASTE_ERRORS[error.code]) % facts)
        return {}
    except UnicodeEncodeError:
        messages.error(request, _("It has a character that no message can carry."))
        return {}
    _report_left_out(request, workflow, found, channels=len(form.channels))
    sends = found.sends[: len(form.channels)]
    filled = form.filled(_with_clean_keys(request, form, sends))
    home = workflow.account.effective_home_country
    read = [_read(send.recipient, home) for send in sends]
    for note in notes_of_all(read):
        messages.info(request, note.text)
    numbers = [
        number.formatted if number else send.recipient
        for number, send in zip(read, sends, strict=True)
    ]
    if numbers and numbers[0]:
        filled |= {
            "recipient": numbers[0],
            "recipient2": numbers[-1],
            "same_recipient": numbers[0] == numbers[-1],
        }
    return filled


def _with_clean_keys(
    request: StaffRequest, form: SendForm, sends: Sequence[Send]
) -> list[dict[str, str]]:
    """Each channel's values without unseen characters in their keys; a message says so."""
    params: list[dict[str, str]] = []
    for send in sends:
        try:
            values, cleaned = with_clean_keys(form.asked, send.template_params)
        except ParamsError:
            values, cleaned = dict(send.template_params), []  # the review names the repeated key
        params.append(values)
        for text in dict.fromkeys(finding.text for finding in cleaned):
            messages.warning(request, text)
    return params


def _report_left_out(
    request: StaffRequest, workflow: WorkflowInstance, found: Pasted, *, channels: int
) -> None:
    if found.had_key:
        text = _(
            "There was an API key in it. It was thrown away: the console uses its own. "
            "Whoever sent it to you should change it."
        )
        messages.warning(request, text)
    if found.workflow_instance_id and found.workflow_instance_id != workflow.workflow_instance_id:
        text = _(
            "It was made for another workflow. "
            "Its values are filled in here all the same: check them."
        )
        messages.warning(request, text)
    if found.request_id:
        text = _("Its request ID was left out. This is a new message with an ID of its own.")
        messages.info(request, text)
    if len(found.sends) > channels:
        text = _("It has two channels, this workflow has one. The second was left out.")
        messages.warning(request, text)


def _read(number: str, home: str) -> Recipient | None:
    """None if it cannot be read: the form says why once it is reviewed."""
    try:
        return recipients.clean(number, home)
    except RecipientError:
        return None
