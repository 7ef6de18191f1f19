"""Keeps a send form that was posted without a session, and gives it back after sign-in.

Only a form with a genuine submission token is kept: a person who was signed in has opened it. Only
that person gets it back, in the browser that posted it, and it is not sent. The values are
encrypted in a row of their own; session and URL hold its random ID alone.
"""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils import timezone

from invocations.forms.submission_token import StaleToken, SubmissionToken
from invocations.models import WorkflowInstance
from invocations.models.encryption import Unreadable
from invocations.models.kept_forms import KeptForm

KEPT_FOR = timedelta(hours=1)
MAX_KEPT_CHARACTERS = 100_000
MAX_PER_USER, MAX_PER_SESSION = 20, 10
SESSION_KEY = "kept_forms"
NOT_KEPT = {"csrfmiddlewaretoken", "acknowledged", "promise", "action", "pasted"}
"""Fields that are not kept: what was confirmed on a page is confirmed anew. `pasted` may hold an
API key."""


def keep(request: HttpRequest) -> str:
    """Keeps the posted form. Returns the URL that shows it after sign-in; empty if it is none."""
    try:
        token = SubmissionToken.genuine(request.POST.get("intent", ""))
    except StaleToken:
        return ""
    user = User.objects.filter(pk=token.user_id).first()
    workflow = WorkflowInstance.objects.filter(pk=token.workflow_id).first()
    if user is None or workflow is None:
        return ""
    kept_id = _store(request.POST, token.request_id, user, workflow)
    ids = [*request.session.get(SESSION_KEY, []), str(kept_id)]
    request.session[SESSION_KEY] = list(dict.fromkeys(ids))[-MAX_PER_SESSION:]
    return reverse("compose", args=[workflow.pk], query={"kept": str(kept_id)})


def _store(
    posted: QueryDict, request_id: uuid.UUID, user: User, workflow: WorkflowInstance
) -> uuid.UUID:
    """The ID of the row; one that leads to no row if the form is too long to be kept."""
    drop_expired(timezone.now())
    fields = {name: values for name, values in posted.lists() if name not in NOT_KEPT}
    body = json.dumps(fields, ensure_ascii=False)
    if len(body) > MAX_KEPT_CHARACTERS:
        return uuid.uuid4()
    columns = {"user": user, "workflow": workflow, "body": body, "created_at": timezone.now()}
    row, _is_new = KeptForm.objects.update_or_create(request_id=request_id, defaults=columns)
    own = KeptForm.objects.filter(user=user)
    newest = own.order_by("-created_at").values_list("pk", flat=True)[:MAX_PER_USER]
    own.exclude(pk__in=list(newest)).delete()
    return row.pk


def kept_fields(
    request: HttpRequest, user: User, workflow: WorkflowInstance, kept_id: str
) -> QueryDict | None:
    """What was kept under this ID for `user` in this browser; None if nothing is, or no longer."""
    if kept_id not in request.session.get(SESSION_KEY, []):
        return None
    found = KeptForm.objects.filter(
        pk=kept_id, user=user, workflow=workflow, created_at__gt=timezone.now() - KEPT_FOR
    ).first()
    try:
        fields = json.loads(found.body) if found else None
    except Unreadable:
        return None
    if fields is None:
        return None
    kept = QueryDict(mutable=True)
    for name, values in fields.items():
        kept.setlist(name, values)
    return kept


def forget(request_id: uuid.UUID) -> None:
    """Deletes the form of a message that is recorded."""
    KeptForm.objects.filter(request_id=request_id).delete()


def drop_expired(now: datetime) -> int:
    """Deletes forms that are kept for longer than `KEPT_FOR`. Returns how many."""
    return KeptForm.objects.filter(created_at__lte=now - KEPT_FOR).delete()[0]
