"""People who come from the provider: made at their first sign-in, their groups set at each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import Group, User
from django.db import IntegrityError, transaction

from invocations.audit import verbs
from invocations.audit.record import record

SOURCE = "single sign-on"
LONGEST_NAME = 140
"""Leaves room for a number behind it."""


class NotLetIn(Exception):
    """None of their groups at the provider is one of the console's."""


def make_person(claims: Mapping[str, Any]) -> User:
    """A new person with a name of their own: one that exists here is nobody's to take over.

    They have no password, and no groups yet.
    """
    wanted = _name(claims)
    for number in range(1, 1000):
        name = wanted if number == 1 else f"{wanted}{number}"
        if User.objects.filter(username__iexact=name).exists():
            continue
        try:
            with transaction.atomic():
                return _made(name, claims)
        except IntegrityError:
            continue  # somebody of this name came at the same moment
    raise NotLetIn


def _made(name: str, claims: Mapping[str, Any]) -> User:
    person = User(
        username=name,
        first_name=str(claims.get("given_name") or "")[:150],
        last_name=str(claims.get("family_name") or "")[:150],
        is_staff=True,
    )
    person.set_unusable_password()
    person.save()
    return person


def _name(claims: Mapping[str, Any]) -> str:
    """As the provider calls them, with the signs that a username may have."""
    given = str(claims.get("preferred_username") or claims.get("email") or "")
    kept = "".join(sign for sign in given if sign.isalnum() or sign in "@.+-_")
    return kept[:LONGEST_NAME] or "person"


@transaction.atomic
def set_rights(person: User, names: list[str]) -> None:
    """Exactly the groups `names`, and staff: nothing given here or before at the provider stays.

    A change is recorded in the trail as the console's own deed: who makes an Admin is the provider.
    """
    person = User.objects.select_for_update().get(pk=person.pk)
    before = sorted(person.groups.values_list("name", flat=True))
    own_rights = person.user_permissions.count()
    is_as_claimed = person.is_staff and not person.is_superuser and not own_rights
    if before == sorted(names) and is_as_claimed:
        return
    person.groups.set(Group.objects.filter(name__in=names))
    person.user_permissions.clear()
    if not is_as_claimed:
        person.is_staff, person.is_superuser = True, False
        person.save(update_fields=["is_staff", "is_superuser"])
    facts = {"groups": [before, sorted(names)], "source": SOURCE}
    record(verbs.RIGHTS_FROM_PROVIDER, by=None, about=person, facts=facts)
