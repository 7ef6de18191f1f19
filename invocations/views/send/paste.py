"""Fills the send form from a curl command or a JSON body, as found in tickets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invocations.composing.number_notes import notes_of_all
from invocations.forms.channel_params import with_clean_keys
from invocations.forms.filled import Filled, for_all_channels
from invocations.forms.send import SendForm
from invocations.kaleyra import pasted, recipients
from invocations.kaleyra.pasted import Pasted, PasteError
from invocations.kaleyra.payload import Send, build_payload, to_text
from invocations.kaleyra.recipients import Recipient, RecipientError
from invocations.kaleyra.template_params import ParamsError
from invocations.models import WorkflowInstance
from invocations.views.base import StaffRequest
from invocations.views.send.paste_report import printable, report

PASTE_ERRORS = {
    "too_long": gettext_lazy("This is too long: 64 KiB at most."),
    "nothing": gettext_lazy("Nothing was pasted. Paste a curl line or a JSON body."),
    "table": gettext_lazy("This is a table without JSON. Paste a curl line or a JSON body."),
    "no_json": gettext_lazy("This is text without JSON. Paste a curl line or a JSON body."),
    "not_readable": gettext_lazy("This could not be read as a curl line or as JSON."),
    "no_body": gettext_lazy("This curl line has no body (--data)."),
    "several_bodies": gettext_lazy("This curl line has more than one body (--data)."),
    "several_json": gettext_lazy(
        "There are %(count)s JSON bodies in it. Paste the one that is to be sent."
    ),
    "body_in_file": gettext_lazy("The body of this curl line is in a file. Paste the file’s text."),
    "not_json": gettext_lazy("Its body is not JSON: line %(line)s, column %(column)s."),
    "cut_off": gettext_lazy(
        "Its JSON is cut off: it ends in line %(line)s, before its last quote or brace."
    ),
    "repeated_key": gettext_lazy("“%(key)s” is twice in its body."),
    "no_sends": gettext_lazy("There is no send1 in it."),
    "answer": gettext_lazy("This is Kaleyra’s answer. Paste the request instead."),
    "too_many_values": gettext_lazy("It has %(count)s values for one channel: %(limit)s at most."),
    "not_an_object": gettext_lazy("“%(key)s” in its body is not an object."),
    "not_texts": gettext_lazy("The value of “%(key)s” in its body is not a text."),
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
        facts = {name: printable(str(fact)) for name, fact in error.facts.items()}
        _refuse(request, str(PASTE_ERRORS[error.code]) % facts)
        return {}
    except UnicodeEncodeError:
        _refuse(request, _("It has a character that no message can carry."))
        return {}
    found = replace(found, sends=tuple(_with_clean_keys(request, form, found.sends)))
    filled = _filled(form, found)
    for level, text in report(workflow, form, found, filled):
        messages.add_message(request, level, text)
    home = workflow.account.effective_home_country
    return filled.initial | _numbers(request, form, found, home)


def _refuse(request: StaffRequest, why: str) -> None:
    messages.error(request, f"{why} {_('Nothing was filled in.')}")


def _with_clean_keys(request: StaffRequest, form: SendForm, sends: Sequence[Send]) -> list[Send]:
    """`sends` without unseen characters in their keys; a message says so."""
    cleaned_sends: list[Send] = []
    for send in sends:
        try:
            values, cleaned = with_clean_keys(form.asked, send.template_params)
        except ParamsError:
            values, cleaned = dict(send.template_params), []  # the review names the repeated key
        cleaned_sends.append(replace(send, template_params=values))
        for text in dict.fromkeys(finding.text for finding in cleaned):
            messages.warning(request, text)
    return cleaned_sends


def _filled(form: SendForm, found: Pasted) -> Filled:
    """The values in the form. What is not in the text stays as it is."""
    sends = found.sends[: len(form.channels)]
    if not found.is_for_all_channels:
        params = {
            position: dict(send.template_params)
            for position, send in enumerate(sends, start=1)
            if send.recipient or send.template_params or len(sends) == 1
        }
        return form.filled(params, shows_hidden=True)
    params = for_all_channels(form.channels, form.asked, found.sends[0].template_params)
    return form.filled(params, shows_hidden=True)


def _numbers(request: StaffRequest, form: SendForm, found: Pasted, home: str) -> dict[str, Any]:
    """The numbers in the form. One alone is the number of both channels if it is the first's.

    Messages say what reading changed in them.
    """
    typed = [send.recipient for send in found.sends[: len(form.channels)]]
    read = [_read(number, home) for number in typed]
    for note in notes_of_all(read):
        messages.info(request, note.text)
    numbers = [
        number.formatted if number else text for number, text in zip(read, typed, strict=True)
    ]
    first, second = [*numbers, "", ""][:2]
    if first:
        second = second or first
        return {"recipient": first, "recipient2": second, "same_recipient": first == second}
    if second:
        return {"recipient2": second, "same_recipient": False}
    return {}


def _read(number: str, home: str) -> Recipient | None:
    """None if it cannot be read: the form says why once it is reviewed."""
    try:
        return recipients.clean(number, home)
    except RecipientError:
        return None
