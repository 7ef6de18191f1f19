"""An admin is neither made nor taken over by one admin alone: a second one confirms.

What makes somebody an admin, or gives another admin's account away, is kept as an `AdminChange`
until somebody else who may change people has confirmed it: never whoever asked for it, nor the one
whom it makes an admin. It lapses after `KEPT_FOR`, and is void if the one who asked, or the one
concerned, has changed meanwhile. While there is only one admin, their own step-up is enough.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import Group, Permission, User
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from invocations.audit import verbs
from invocations.audit.record import record
from invocations.models import AdminChange, permissions

KEPT_FOR = timedelta(days=1)
ADMIN_RIGHTS = frozenset(
    {
        *(
            f"auth.{deed}_{kind}"
            for deed in ("add", "change", "delete")
            for kind in ("user", "group")
        ),
        *(f"auth.{deed}_permission" for deed in ("add", "change", "delete")),
        *(permissions.CHANGE_ACCOUNT, permissions.CHANGE_POD),
        *(permissions.ADD_KEY, permissions.CHANGE_KEY),
    }
)
"""Whoever has one of these is an admin: they could get the others, or the keys."""
M2M = ("groups", "user_permissions", "permissions")
PASSWORD = "password"
State = AdminChange.State


class AlreadyAsked(Exception):
    """Another change of the same person or group waits to be confirmed."""


# --- who is an admin ------------------------------------------------------------------------------


def admin_permissions() -> QuerySet[Permission]:
    pairs = (right.split(".") for right in sorted(ADMIN_RIGHTS))
    found = Q(pk__in=[])
    for app, codename in pairs:
        found |= Q(content_type__app_label=app, codename=codename)
    return Permission.objects.filter(found)


def is_admin(person: User) -> bool:
    """Also of somebody who is turned off, and can be turned on again."""
    if person.is_superuser:
        return True
    if person._state.adding:
        return False
    held = Q(user=person) | Q(group__user=person)
    return admin_permissions().filter(held).exists()


def makes_admin(changes: Mapping[str, Any]) -> bool:
    """Whether these values alone give rights of an admin to whoever has them."""
    if changes.get("is_superuser"):
        return True
    groups, own = changes.get("groups") or (), changes.get("user_permissions") or ()
    of_group = changes.get("permissions") or ()
    held = Q(group__in=list(groups)) | Q(pk__in=[*own, *of_group])
    return admin_permissions().filter(held).exists()


def confirmers(*, but: User) -> QuerySet[User]:
    """Who may confirm what `but` asks for: all others who may change people."""
    app, codename = permissions.CHANGE_PEOPLE.split(".")
    right = Permission.objects.filter(content_type__app_label=app, codename=codename)
    may = Q(is_superuser=True) | Q(user_permissions__in=right) | Q(groups__permissions__in=right)
    found = User.objects.filter(may, is_active=True, is_staff=True)
    return found.exclude(pk=but.pk).distinct()


def needs_confirmation(about: User | Group, changes: Mapping[str, Any], by: User) -> bool:
    """Whether `by` may not make these changes alone. Their own details are theirs."""
    if about == by or not changes:
        return False
    if isinstance(about, Group):
        has = admin_permissions().filter(group=about).exists() if about.pk else False
        is_of_admin = has or makes_admin(changes)
    else:
        is_of_admin = is_admin(about) or makes_admin(changes)
    return is_of_admin and confirmers(but=by).exists()


# --- asking ---------------------------------------------------------------------------------------


def ask(about: User | Group, changes: Mapping[str, Any], by: User) -> AdminChange:
    """Keeps `changes` until they are confirmed. Raises `AlreadyAsked`."""
    columns: dict[str, Any] = {"group" if isinstance(about, Group) else "person": about}
    AdminChange.objects.filter(**columns, state=State.OPEN, asked_at__lte=_oldest()).update(
        state=State.VOID, ended_at=timezone.now()
    )
    try:
        with transaction.atomic():
            asked = AdminChange.objects.create(
                asked_by=by, changes=dict(changes), seen=_digest_of(about, by), **columns
            )
            facts = {"fields": sorted(changes)}
            record(verbs.ADMIN_CHANGE_ASKED, by=by, about=about, facts=facts)
    except IntegrityError:
        raise AlreadyAsked from None
    return asked


def open_changes() -> QuerySet[AdminChange]:
    found = AdminChange.objects.filter(state=State.OPEN, asked_at__gt=_oldest())
    return found.select_related("asked_by", "person", "group").order_by("asked_at")


def may_confirm(change: AdminChange, viewer_of: User) -> bool:
    """Not whoever asked for it, nor the one whom it makes an admin."""
    if change.asked_by_id == viewer_of.pk:
        return False
    is_own_rise = change.person_id == viewer_of.pk and makes_admin(change.changes)
    return not is_own_rise and confirmers(but=change.asked_by).filter(pk=viewer_of.pk).exists()


# --- confirming -----------------------------------------------------------------------------------


def confirm(change_id: uuid.UUID, by: User) -> AdminChange | None:
    """Makes the change. None if it is not open any more, or `by` may not confirm it; else it is
    confirmed, or void because something has changed since it was asked.
    """
    with transaction.atomic():
        change = open_changes().filter(pk=change_id).first()
        if change is None:
            return None
        _lock(change, by)
        if not may_confirm(change, by):
            return None
        about = change.person or change.group
        is_same = about is not None and change.seen == _digest_of(about, change.asked_by)
        is_same = is_same and confirmers(but=by).filter(pk=change.asked_by_id).exists()
        state = State.CONFIRMED if is_same else State.VOID
        if not _end(change, state, by if is_same else None) or about is None:
            return None
        if is_same:
            apply(about, change.changes)
            facts = {"asked_by": change.asked_by.get_username(), "fields": sorted(change.changes)}
            record(verbs.ADMIN_CHANGE_CONFIRMED, by=by, about=about, facts=facts)
    change.state = state
    return change


def refuse(change_id: uuid.UUID, by: User) -> AdminChange | None:
    """Also by whoever asked for it, who takes it back. None if it is not open any more."""
    with transaction.atomic():
        change = open_changes().filter(pk=change_id).first()
        if change is None:
            return None
        _lock(change, by)
        if not _end(change, State.REFUSED, by):
            return None
        record(verbs.REFUSED, by=by, about=change, facts={"fields": sorted(change.changes)})
    return change


def _lock(change: AdminChange, by: User) -> None:
    """The people in it, always in the same order; and what is known of them now.

    Not their keys: foreign keys of other rows point at them, and would wait.
    """
    ids = {by.pk, change.asked_by_id, change.person_id or by.pk}
    people = {
        one.pk: one
        for one in User.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    }
    if change.group_id:
        change.group = Group.objects.select_for_update(no_key=True).get(pk=change.group_id)
    change.asked_by = people[change.asked_by_id]
    if change.person_id:
        change.person = people[change.person_id]


def _end(change: AdminChange, state: AdminChange.State, by: User | None) -> bool:
    """By a conditional UPDATE: of two who press at once, one does it."""
    still_open = AdminChange.objects.filter(pk=change.pk, state=State.OPEN, asked_at__gt=_oldest())
    return bool(still_open.update(state=state, ended_by=by, ended_at=timezone.now()))


def apply(about: User | Group, changes: Mapping[str, Any]) -> None:
    """Writes the values. A password is set by whoever asked, once this is confirmed."""
    plain = {name: value for name, value in changes.items() if name not in (*M2M, PASSWORD)}
    for name, value in plain.items():
        setattr(about, name, value)
    if plain:
        about.save(update_fields=sorted(plain))
    for name in M2M:
        if name in changes:
            getattr(about, name).set(changes[name])


# --- a new password for another admin -------------------------------------------------------------


def _usable_password_grants(person: User, by: User) -> QuerySet[AdminChange]:
    return AdminChange.objects.filter(
        person=person,
        asked_by=by,
        state=State.CONFIRMED,
        changes__has_key=PASSWORD,
        ended_at__gt=_oldest(),
        used_at__isnull=True,
    )


def may_set_password(person: User, by: User) -> bool:
    """Whether another admin has confirmed it, and it was not set since."""
    return _usable_password_grants(person, by).exists()


def use_password_grant(person: User, by: User) -> bool:
    """False if it was used already. Call it in the transaction that sets the password."""
    return bool(_usable_password_grants(person, by).update(used_at=timezone.now()))


# --- what both were -------------------------------------------------------------------------------


def _oldest() -> datetime:
    return timezone.now() - KEPT_FOR


def _digest_of(about: User | Group, by: User) -> str:
    """Keyed: what it is made of, the passwords' hashes among it, is not found from it."""
    parts = [*_state_of(about), *_state_of(by)]
    return salted_hmac("admin-change", repr(parts), algorithm="sha256").hexdigest()


def _state_of(one: User | Group) -> list[Any]:
    if isinstance(one, Group):
        rights = one.permissions.order_by("pk").values_list("pk", flat=True)
        members = User.objects.filter(groups=one).order_by("pk").values_list("pk", flat=True)
        return [one.pk, one.name, *rights, "members", *members]
    now = User.objects.get(pk=one.pk)
    return [
        *(now.pk, now.username, now.email, now.first_name, now.last_name, now.password),
        *(now.is_active, now.is_staff, now.is_superuser),
        *now.groups.order_by("pk").values_list("pk", flat=True),
        "own",
        *now.user_permissions.order_by("pk").values_list("pk", flat=True),
    ]
