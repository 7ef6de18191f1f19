"""Starts a session's record at sign-in, and ends sessions when a person's rights, password or
standing change. Signal handlers; `connect` is called once, when the app is ready.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, User
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import m2m_changed, pre_delete, pre_save
from django.http import HttpRequest
from django.utils import timezone

from invocations.access.browser_words import browser_words
from invocations.access.known_browser import note_sign_in
from invocations.access.proof import note_proof
from invocations.access.request_address import address_of
from invocations.access.session_store import SessionStore
from invocations.access.sessions import end_sessions
from invocations.audit.origin import current_origin

WATCHED = {
    "password": "password",
    "is_active": "turned_off",
    "is_staff": "rights",
    "is_superuser": "rights",
}
"""Columns of a person whose change ends their sessions, and the word for it in the trail."""


def connect() -> None:
    user_logged_in.connect(begin_session, dispatch_uid="begin_session")
    pre_save.connect(_end_after_a_change, sender=User, dispatch_uid="end_after_a_change")
    m2m_changed.connect(_end_of_person, sender=User.groups.through)
    m2m_changed.connect(_end_of_person, sender=User.user_permissions.through)
    m2m_changed.connect(_end_of_members, sender=Group.permissions.through)
    pre_delete.connect(_end_with_group, sender=Group)


def begin_session(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Writes whose session it is. Signing in is a proof of who they are, too."""
    note_sign_in(request, user.get_username())
    session = request.session
    if not isinstance(session, SessionStore):
        return
    now = timezone.now()
    session.own(
        person=user,
        browser=browser_words(request.META.get("HTTP_USER_AGENT", "")),
        address=address_of(request) or "",
        signed_in_at=now,
        last_seen=now,
        wrong_proofs=0,
    )
    note_proof(session, now)


def _end(people: set[int], because: str) -> None:
    """All of their sessions but the one that the change is made in: who changes their own password
    stays signed in there. Rights are looked up at each request in any case.
    """
    end_sessions(people, because, but=current_origin().session)


def _end_after_a_change(
    sender: Any, instance: User, raw: bool, update_fields: Any = None, **kwargs: Any
) -> None:
    if raw or instance.pk is None or (update_fields and not WATCHED.keys() & set(update_fields)):
        return
    before = User.objects.filter(pk=instance.pk).values(*WATCHED).first()
    changed = [name for name in WATCHED if before and before[name] != getattr(instance, name)]
    if changed:
        _end({instance.pk}, WATCHED[changed[0]])


def _end_of_person(
    sender: Any, instance: Any, action: str, reverse: bool, pk_set: set[int] | None, **kwargs: Any
) -> None:
    """Groups or rights were given to people, or taken away."""
    if action not in {"post_add", "post_remove", "pre_clear"}:
        return
    if not reverse:
        _end({instance.pk}, "rights")
    elif action == "pre_clear":
        _end(set(instance.user_set.values_list("pk", flat=True)), "rights")
    else:
        _end(pk_set or set(), "rights")


def _end_of_members(
    sender: Any, instance: Any, action: str, reverse: bool, pk_set: set[int] | None, **kwargs: Any
) -> None:
    """Rights were given to a group, or taken away."""
    if action not in {"post_add", "post_remove", "pre_clear"}:
        return
    if not reverse:
        groups = Group.objects.filter(pk=instance.pk)
    elif action == "pre_clear":
        groups = instance.group_set.all()
    else:
        groups = Group.objects.filter(pk__in=pk_set or ())
    _end(set(User.objects.filter(groups__in=groups).values_list("pk", flat=True)), "rights")


def _end_with_group(sender: Any, instance: Group, **kwargs: Any) -> None:
    _end(set(User.objects.filter(groups=instance).values_list("pk", flat=True)), "rights")
