"""Asks Kaleyra whether a key works, without sending anything: by the list of the account's callback profiles.

That GET is documented and changes nothing. It tells more: whether a profile posts to this console, and whether it still does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from invocations.kaleyra.address import is_loopback
from invocations.kaleyra.connection import NoAnswer, NotSent
from invocations.kaleyra.profiles import KeyCheck, KeyVerdict, Profile, ProfileState
from invocations.models import Account, ApiKey
from invocations.models.encryption import Unreadable
from invocations.results import endpoints
from invocations.sending.attempt import client_for

CHECKED_EVERY = timedelta(seconds=5)

WORKS, REFUSED, UNREADABLE, UNREACHABLE, TOO_SOON = (
    "works",
    "refused",
    "unreadable",
    "unreachable",
    "too_soon",
)


@dataclass(frozen=True)
class ProfileFound:
    """One callback profile at Kaleyra, as it may be shown: of its URL the host only, for the rest may be a secret."""

    title: str
    goes_to: str
    http_method: str
    state: ProfileState
    posts_here: bool
    doubts: list[Promise]


@dataclass(frozen=True)
class KeyCheckResult:
    """What a check came to. `outcome` is one of the words above; `reason`: why Kaleyra could not be asked (`statuses.REASONS`)."""

    outcome: str
    reason: str = ""
    http_status: int | None = None
    profiles: tuple[ProfileFound, ...] = ()

    @property
    def one_posts_here(self) -> bool:
        return any(profile.posts_here for profile in self.profiles)


def check_key(key: ApiKey, console: str) -> KeyCheckResult:
    """Asks Kaleyra with `key`, once in `CHECKED_EVERY`, and notes what it said. `console`: this console's host, as people open it."""
    now = timezone.now()
    rested = Q(last_checked_at__isnull=True) | Q(last_checked_at__lt=now - CHECKED_EVERY)
    if not ApiKey.objects.filter(rested, pk=key.pk).update(last_checked_at=now):
        return KeyCheckResult(TOO_SOON)
    try:
        said = client_for(key.account, key.key).callback_profiles()
    except Unreadable:
        return KeyCheckResult(UNREACHABLE, "unreadable_key")
    except (NotSent, NoAnswer) as silence:
        return KeyCheckResult(UNREACHABLE, silence.reason)
    return _noted(key, said, console)


def _noted(key: ApiKey, said: KeyCheck, console: str) -> KeyCheckResult:
    asked = ApiKey.objects.filter(pk=key.pk)
    if said.verdict is KeyVerdict.REFUSED:
        asked.update(last_refused_at=timezone.now())
        return KeyCheckResult(REFUSED, http_status=said.http_status)
    if said.verdict is KeyVerdict.UNREADABLE:
        return KeyCheckResult(
            UNREADABLE, "redirect" if 300 <= said.http_status < 400 else "", said.http_status
        )
    asked.update(last_accepted_at=timezone.now())
    return KeyCheckResult(
        WORKS,
        http_status=said.http_status,
        profiles=tuple(_found(profile, key.account, console) for profile in said.profiles),
    )


def _found(profile: Profile, account: Account, console: str) -> ProfileFound:
    try:
        parts = urlsplit(profile.url)
        goes_to = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    except ValueError:
        return ProfileFound(profile.title, "", profile.http_method, profile.state, False, [])
    is_ours = _account_of(parts.path) == account
    posts_here = is_ours or parts.netloc.lower() == console.lower()
    doubts = list(_doubts(profile, account, console)) if posts_here else []
    return ProfileFound(
        profile.title, goes_to, profile.http_method, profile.state, posts_here, doubts
    )


def _account_of(path: str) -> Account | None:
    address = endpoints.address_by_token(endpoints.token_from_path(path))
    return address.account if address else None


def _doubts(profile: Profile, account: Account, console: str) -> Iterator[Promise]:
    """What is wrong with a profile that posts to this console, or was meant to."""
    parts = urlsplit(profile.url)
    address = endpoints.address_by_token(endpoints.token_from_path(parts.path))
    if profile.state is ProfileState.AUTO_DISABLED:
        yield _(
            "Kaleyra has auto-disabled it: results no longer come. Mend what is named here, then turn it on at Kaleyra."
        )
    elif profile.state is ProfileState.DISABLED:
        yield _("It is turned off at Kaleyra: no results come.")
    if address is None:
        yield _(
            "Its URL is no address of this console, or one that was ended. Copy the present one from the page of the account’s results."
        )
    elif address.account != account:
        yield _("Its URL is the address of another account.")
    elif not address.is_current:
        yield _(
            "Its URL is the address before the current one. Enter the current one, then end the old one."
        )
    if address and parts.path != endpoints.path_of(address):
        yield _("Its URL does not end as it should: copy it again, with the slash at its end.")
    if not is_loopback(
        parts.netloc
    ):  # the practice pod's comes over whatever name of this machine, in clear
        if parts.netloc.lower() != console.lower():
            yield _("Its URL names another host than the one you have opened this console at.")
        if parts.scheme != "https":
            yield _("Its URL does not begin with https: its secret goes over the wire in clear.")
    if profile.http_method != "POST":
        yield _("Its method is not POST.")
