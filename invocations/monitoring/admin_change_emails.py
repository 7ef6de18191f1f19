"""Tells an admin, or whoever becomes one, by email what somebody else changes about them.

Everybody is told when a second factor of theirs comes or goes: whoever has their password could
have done it.

The email goes to the address that they have before the change. Its text holds no new value but the
names of groups: who reads a mailbox that is not theirs learns nothing to sign in with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, Permission, User
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from invocations.access.admin_changes import admin_permissions, is_admin, makes_admin
from invocations.emails import Outgoing, console_email, send_in_thread
from invocations.forms.rights import WORDS
from invocations.history.trail_person_words import FACTORS
from invocations.history.wording import person_name
from invocations.models import AdminChange


def words_of(changes: Mapping[str, Any], *, whole: bool = False) -> list[str]:
    """What the changes are, each as some words: "groups: Admin, Support", "turned off".

    `whole`: with the new name, address and rights, for whoever confirms them.
    """
    return [_words(name, changes[name], whole=whole) for name in sorted(changes)]


def _words(name: str, value: Any, *, whole: bool) -> str:
    if name == "groups":
        names = Group.objects.filter(pk__in=value).order_by("name").values_list("name", flat=True)
        return _("groups: %(names)s") % {"names": ", ".join(names) or _("none")}
    if name == "is_superuser":
        return _("may do everything (superuser)") if value else _("no superuser any more")
    if name == "is_active":
        return _("turned on") if value else _("turned off")
    if name in ("user_permissions", "permissions"):
        return _rights_text(value) if whole else _("other rights")
    if name == "password":
        return _("a new password")
    what = _("another email address") if name == "email" else _("another name")
    return f"{what}: {value or _('none')}" if whole else what


def _rights_text(ids: Sequence[int]) -> str:
    """In the words of the form of rights; those of an admin first."""
    admins = set(admin_permissions().values_list("pk", flat=True))
    found = sorted(Permission.objects.filter(pk__in=ids), key=lambda one: one.pk not in admins)
    names = [str(WORDS.get(one.codename, one.name)) for one in found]
    return _("rights: %(names)s") % {"names": ", ".join(names) or _("none")}


def tell_asked(change: AdminChange) -> None:
    """The one concerned, or the members of the group, once it is stored."""
    what, by = words_of(change.changes), person_name(change.asked_by)
    subject = _("%(person)s asks to change your rights or your account") % {"person": by}
    lines = [
        subject + ":",
        *(f"- {each}" for each in what),
        "",
        _("Nothing changes before a second admin confirms it. It expires after a day."),
        _("If you do not expect this, tell an admin."),
    ]
    _send(_concerned(change), subject, lines)


def tell_confirmed(change: AdminChange, addresses: Sequence[str], by: User) -> None:
    """`addresses`: those from before the change."""
    facts = {"person": person_name(change.asked_by), "other": person_name(by)}
    subject = _("Your rights or your account were changed")
    lines = [
        _("%(person)s asked for it, and %(other)s confirmed it:") % facts,
        *(f"- {each}" for each in words_of(change.changes)),
        "",
        _("If you do not expect this, tell an admin."),
    ]
    _send(addresses, subject, lines)


def tell_made(before: User, changes: Mapping[str, Any], by: User) -> None:
    """Of a change that needed nobody else. Only what concerns an admin is told."""
    if not (is_admin(before) or makes_admin(changes)):
        return
    subject = _("Your rights or your account were changed")
    lines = [
        _("%(person)s changed:") % {"person": person_name(by)},
        *(f"- {each}" for each in words_of(changes)),
        "",
        _("If you do not expect this, tell an admin."),
    ]
    _send([before.email], subject, lines)


def tell_factor_added(person: User, kind: str) -> None:
    subject = _("A second factor was added to your account")
    _send([person.email], subject, _about_factor(subject, kind))


def tell_factor_removed(person: User, kind: str) -> None:
    """Nothing about recovery codes: the last factor takes them along, or new ones replace them."""
    if kind != "recovery_codes":
        subject = _("A second factor was removed from your account")
        _send([person.email], subject, _about_factor(subject, kind))


def _about_factor(subject: str, kind: str) -> list[str]:
    what = f"{subject}: {FACTORS.get(kind, kind)}."
    return [what, "", _("If it was not you, change your password and tell an admin.")]


def addresses_of(change: AdminChange) -> list[str]:
    """As they are now: read them before the change is made."""
    return _concerned(change)


def _concerned(change: AdminChange) -> list[str]:
    if change.person:
        return [change.person.email]
    members = User.objects.filter(groups=change.group, is_active=True)
    return list(members.values_list("email", flat=True))


def _send(addresses: Sequence[str], subject: str, lines: Sequence[str]) -> None:
    """After the commit. One that fails is logged, and not sent again."""
    if not settings.PASSWORD_RESET_BY_EMAIL:
        return
    emails = [
        Outgoing(console_email(subject, lines, page=reverse("dashboard"), to=[address]), "an admin")
        for address in sorted(set(filter(None, addresses)))
    ]
    transaction.on_commit(partial(send_in_thread, emails))
