"""Whether two accounts may be in one person's hands, who would then approve what they asked for."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db.models import Q

from invocations.audit import verbs
from invocations.models import TrailRow

_GIVES_ACCESS = (
    Q(facts__contains='"op":"+"')
    | Q(facts__contains='"password":[]')
    | Q(facts__contains='"email":[')
)
"""Rows about a person after which whoever made the change could sign in as that person."""


def may_be_one(asker: User, decider: User) -> bool:
    """Whether both have the same email address, or `asker` made the account of `decider` or changed
    its password or address, and `decider` has not chosen a password since.
    """
    if asker.email and asker.email.strip().casefold() == decider.email.strip().casefold():
        return True
    if not decider.has_usable_password():
        return False  # the provider of single sign-on says who they are
    about = TrailRow.objects.filter(
        about_kind="user", about_id=str(decider.pk), verb=verbs.PERSON_CHANGED
    )
    own = about.filter(who_id=str(decider.pk), facts__contains='"password":[]')
    since = own.order_by("-id").values_list("id", flat=True).first() or 0
    return about.filter(_GIVES_ACCESS, who_id=str(asker.pk), id__gt=since).exists()
