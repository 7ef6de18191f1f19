"""What the extra writes into the trail, and tells the person concerned."""

from __future__ import annotations

from typing import Any

from allauth.core import context
from django.contrib.auth.models import AnonymousUser, User

from invocations.audit import verbs
from invocations.audit.record import record
from invocations.audit.sign_ins import unknown_name
from invocations.monitoring.admin_change_emails import tell_factor_added, tell_factor_removed


def _doer() -> User | None:
    person = getattr(context.request, "user", None)
    return person if isinstance(person, User) else None


def factor_added(instance: Any, created: bool, **of_signal: Any) -> None:
    """Receives `post_save` of authenticators: in the transaction of the deed."""
    if created:
        facts = {"kind": instance.type}
        record(verbs.FACTOR_ADDED, by=_doer(), about=instance.user, facts=facts)
        tell_factor_added(instance.user, instance.type)


def factor_removed(instance: Any, origin: Any = None, **of_signal: Any) -> None:
    """Receives `post_delete`. Factors that go with their person are not told one by one."""
    if not isinstance(origin, User):
        facts = {"kind": instance.type}
        record(verbs.FACTOR_REMOVED, by=_doer(), about=instance.user, facts=facts)
        tell_factor_removed(instance.user, instance.type)


def second_factor_refused(user: User, reauthentication: bool = False, **of_signal: Any) -> None:
    """Receives allauth's signal. A refused step-up is recorded where it is asked for."""
    if not reauthentication:
        facts = {"because": "second factor"}
        record(verbs.SIGN_IN_REFUSED, by=None, about=user, facts=facts)


def refused_at_provider(name: str, by: User | AnonymousUser | None = None) -> None:
    """`name`: as the provider calls them. It may be unknown here, so only a digest is kept.

    Keyed: names are few enough to be guessed.
    """
    person = by if isinstance(by, User) else None
    facts = {"because": "single sign-on"}
    if name:
        unknown = unknown_name(name)
        facts["name"] = f"{unknown['begins']}… {unknown['digest'][:12]}"
    verb = verbs.PROOF_REFUSED if person else verbs.SIGN_IN_REFUSED
    record(verb, by=person, about=person, facts=facts)
