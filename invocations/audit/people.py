"""Writes a row of the trail when a person, a group or their rights change, through whichever door.

Never a password; of one only that it was changed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.models import Group, Permission, User
from django.db import models, router, transaction
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_save

from invocations.audit import verbs
from invocations.audit.origin import current_person
from invocations.audit.record import record

_TOLD = (
    *("username", "first_name", "last_name", "email"),
    *("is_active", "is_staff", "is_superuser"),
)
_BEFORE = "_names_before"


def connect() -> None:
    """From now on each change is recorded."""
    for model in (User, Group):
        model.save_base = _in_one_transaction(model.save_base)  # type: ignore[method-assign]
    pre_save.connect(_person_changes, User, dispatch_uid="trail")
    post_save.connect(_added, User, dispatch_uid="trail")
    pre_save.connect(_group_changes, Group, dispatch_uid="trail")
    post_save.connect(_added, Group, dispatch_uid="trail")
    for model in (User, Group):
        post_delete.connect(_deleted, model, dispatch_uid="trail")
    for through in (User.groups.through, User.user_permissions.through, Group.permissions.through):
        m2m_changed.connect(_rights_change, through, dispatch_uid="trail")


def _in_one_transaction(save_base: Callable[..., None]) -> Callable[..., None]:
    """As `models.SavedWithHistory`, for models of Django: `manage.py createsuperuser` would leave a
    person where the trail cannot be written.
    """
    if hasattr(save_base, "__wrapped__"):
        return save_base

    @wraps(save_base)
    def save(self: models.Model, *args: Any, **kwargs: Any) -> None:
        using = kwargs.get("using") or router.db_for_write(type(self), instance=self)
        with transaction.atomic(using=using):
            save_base(self, *args, **kwargs)

    return save


def _person_changes(instance: User, raw: bool, update_fields: Any, **kwargs: Any) -> None:
    """Before the row is saved: where the trail cannot be written, nothing is changed."""
    if raw or instance._state.adding or set(update_fields or ()) == {"last_login"}:
        return
    stored = User.objects.filter(pk=instance.pk).values(*_TOLD, "password").first()
    if stored is None:
        return
    changed = {
        name: [stored[name], getattr(instance, name)]
        for name in _TOLD
        if stored[name] != getattr(instance, name)
    }
    if stored["password"] != instance.password:
        changed["password"] = []
    if changed:
        facts = {"op": "~", "name": stored["username"], "changed": changed}
        record(verbs.PERSON_CHANGED, by=current_person(), about=instance, facts=facts)


def _group_changes(instance: Group, raw: bool, **kwargs: Any) -> None:
    if raw or instance._state.adding:
        return
    old = Group.objects.filter(pk=instance.pk).values_list("name", flat=True).first()
    if old is not None and old != instance.name:
        facts = {"op": "~", "name": old, "changed": {"name": [old, instance.name]}}
        record(verbs.GROUP_CHANGED, by=current_person(), about=instance, facts=facts)


def _added(instance: User | Group, created: bool, raw: bool, **kwargs: Any) -> None:
    if created and not raw:
        facts = {"op": "+", "name": _name(instance)}
        record(_verb(instance), by=current_person(), about=instance, facts=facts)


def _deleted(instance: User | Group, **kwargs: Any) -> None:
    facts = {"op": "-", "name": _name(instance)}
    record(_verb(instance), by=current_person(), about=instance, facts=facts)


def _rights_change(
    sender: type[models.Model],
    instance: Any,
    action: str,
    reverse: bool,
    model: type[models.Model],
    pk_set: set[int] | None,
    **kwargs: Any,
) -> None:
    """One row for each person or group whose groups or permissions change."""
    what, side = ("groups", User) if sender is User.groups.through else ("rights", type(instance))
    if reverse:  # for example `group.user_set.add(person)`
        _record_from_other_side(instance, what, action, model, pk_set)
        return
    if not isinstance(instance, side):
        return
    names = _names_of(instance, what, sender)
    if action.startswith("pre_"):
        setattr(instance, _BEFORE, names)
    elif action.startswith("post_"):
        old = getattr(instance, _BEFORE, [])
        if old != names:
            _record_rights(instance, what, old, names)


def _record_from_other_side(
    instance: Group | Permission,
    what: str,
    action: str,
    model: Any,
    pk_set: set[int] | None,
) -> None:
    """`instance`: what is given to the rows of `model`, or taken from them."""
    if action == "pre_clear":
        holders = getattr(instance, f"{model._meta.model_name}_set")
        pk_set, action = set(holders.values_list("pk", flat=True)), "post_remove"
    if action in ("post_add", "post_remove"):
        names = [instance.name if isinstance(instance, Group) else instance.codename]
        change = ([], names) if action == "post_add" else (names, [])
        for holder in model._default_manager.filter(pk__in=pk_set or ()):
            _record_rights(holder, what, *change)


def _names_of(instance: Any, what: str, sender: type[models.Model]) -> list[str]:
    if what == "groups":
        return sorted(Group.objects.filter(user=instance).values_list("name", flat=True))
    own = {"user": instance} if isinstance(instance, User) else {"group": instance}
    return sorted(Permission.objects.filter(**own).values_list("codename", flat=True))


def _record_rights(instance: User | Group, what: str, old: list[str], new: list[str]) -> None:
    facts = {"name": _name(instance), "what": what, "changed": {what: [old, new]}}
    record(verbs.RIGHTS_CHANGED, by=current_person(), about=instance, facts=facts)


def _name(instance: User | Group) -> str:
    return instance.get_username() if isinstance(instance, User) else instance.name


def _verb(instance: User | Group) -> str:
    return verbs.PERSON_CHANGED if isinstance(instance, User) else verbs.GROUP_CHANGED
