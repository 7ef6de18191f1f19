"""Earlier messages and presets that the send form is filled from."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, QueryDict
from django.shortcuts import get_object_or_404

from invocations.composing import template_fields
from invocations.forms.filled import by_position
from invocations.forms.preset import presets_for, values_in
from invocations.forms.recipient import EarlierSends
from invocations.forms.send import SendForm
from invocations.forms.submission_token import SubmissionToken
from invocations.history.notes import as_read_by
from invocations.history.person import Person, person_of
from invocations.history.references import reference_for
from invocations.kaleyra.payload import Send
from invocations.models import Invocation, WorkflowInstance
from invocations.models.encryption import Unreadable
from invocations.models.invocations import sends_in
from invocations.models.viewer import Viewer

RECENT = 5


def named_in(
    address: QueryDict, name: str, workflow: WorkflowInstance, viewer: Viewer
) -> Invocation | None:
    """The invocation of `workflow` that the parameter `name` of a link names.

    Raises `Http404` if it is not for `viewer`.
    """
    request_id = address.get(name, "")
    if not request_id:
        return None
    if not (viewer.sees_values and (name != "again" or viewer.may_send_again)):
        raise Http404
    found = viewer.invocations().filter(workflow_instance=workflow)
    try:
        return get_object_or_404(found, request_id=UUID(request_id))
    except ValueError:
        raise Http404 from None


def original_of(token: SubmissionToken, viewer: Viewer) -> Invocation | None:
    """The invocation that the form with this token sends again."""
    if token.again is None or not viewer.may_resend:
        return None
    return (
        viewer.invocations()
        .filter(request_id=token.again, workflow_instance_id=token.workflow_id)
        .first()
    )


def person_in(address: QueryDict, viewer: Viewer) -> Person | None:
    """The person whose page the link comes from, by the digest in `?person=`.

    Raises `Http404` if it is not for `viewer`.
    """
    digest = address.get("person", "")
    if not digest:
        return None
    found = person_of(digest, viewer) if viewer.sees_history else None
    if found is None or found.number is None:
        raise Http404
    return found


def kept_of(original: Invocation | None, viewer: Viewer, person: str = "") -> EarlierSends | None:
    """What `original` sent, or the number of the person with the digest `person`.

    None if that cannot be decrypted any more, so that the number has to be typed.
    """
    if original is None and person:
        found = person_of(person, viewer) if viewer.sees_history else None
        return number_of(found, viewer) if found else None
    try:
        return EarlierSends(sends_in(original), viewer.sees_numbers) if original else None
    except Unreadable:
        return None


def number_of(person: Person, viewer: Viewer) -> EarlierSends | None:
    """Their number and no values."""
    if person.number is None:
        return None
    return EarlierSends([Send(person.number.digits, {})], viewer.sees_numbers)


def filled_form(
    address: QueryDict,
    workflow: WorkflowInstance,
    viewer: Viewer,
    original: Invocation | None,
) -> SendForm:
    """A form filled from `original`, with the number of the person that `?person=` names, from the
    message that `?like=` names, from a preset, or empty.

    Raises `Unreadable` where no encryption key opens what was stored, and `Http404`.
    """
    form = SendForm(workflow)
    if original:
        kept = EarlierSends(sends_in(original), viewer.sees_numbers)
        return SendForm(workflow, kept=kept, typed=records_of(original, viewer))
    if person := person_in(address, viewer):
        return SendForm(workflow, kept=number_of(person, viewer))
    if like := named_in(address, "like", workflow, viewer):
        return SendForm(workflow, typed=form.filled(by_position(sends_in(like))).initial)
    preset_id = _number(address.get("preset", ""))
    if preset_id and (preset := presets_for(viewer, workflow).filter(pk=preset_id).first()):
        values = dict(enumerate(values_in(preset), start=1))
        return SendForm(workflow, typed=form.filled(values).initial)
    return form


def records_of(original: Invocation, viewer: Viewer) -> dict[str, str]:
    """Ticket and note of `original`, for the message that repeats it, as `viewer` may read them."""
    reference = reference_for(viewer, original.reference)
    return {"reference": reference, "note": as_read_by(viewer, note_of(original))}


def note_of(original: Invocation) -> str:
    """Empty if there is none, or no encryption key decrypts it."""
    try:
        return original.note or ""
    except Unreadable:
        return ""


def _number(text: str) -> int:
    """A primary key in an address; 0 if it is none."""
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def changed_since(
    original: Invocation | None, workflow: WorkflowInstance
) -> list[template_fields.Change]:
    """What an admin has changed in the workflow since `original` was recorded."""
    if original is None or original.version is None:
        return []
    now = template_fields.snapshot(workflow)
    return template_fields.changes_between(original.version.contract, now)


def recent_messages(workflow: WorkflowInstance, viewer: Viewer) -> list[Invocation]:
    """The viewer's last messages of this workflow, whose values can be taken as a start."""
    if not viewer.sees_values:
        return []
    mine = viewer.invocations().filter(workflow_instance=workflow, created_by=viewer.user)
    return list(mine.defer("payload", "reply", "note").order_by("-id")[:RECENT])
