"""Checks an API key at Kaleyra without sending a message, by listing the callback profiles.

That GET is documented and changes nothing. It also shows whether a callback profile posts to this
console, and whether it is still enabled.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from invocations.kaleyra.address import is_loopback
from invocations.kaleyra.connection import NoAnswer, NotSent
from invocations.kaleyra.profiles import KeyCheck, KeyVerdict, Profile, ProfileState
from invocations.models import Account, ApiKey, CallbackAddress, Target
from invocations.results import endpoints
from invocations.sending.attempt import NoKey, client_for, read_key

CHECK_EVERY = timedelta(seconds=5)
NO_CONNECTION = ("address", "connect_timeout", "name", "refused")
"""Why there was no connection. The check does not tell them apart: with a pod's host and port an
admin could scan the network of this machine."""
NO_CONNECTION_TAKES = 1.0
"""Seconds that a check without a connection takes at least, whatever the reason is."""


class CheckOutcome(StrEnum):
    WORKS = "works"
    REFUSED = "refused"
    UNREADABLE = "unreadable"
    """The answer was no list of callback profiles."""
    UNREACHABLE = "unreachable"
    """Kaleyra could not be asked, or did not answer."""
    TOO_SOON = "too_soon"
    """The last check was less than `CHECK_EVERY` ago."""


@dataclass(frozen=True)
class ProfileFound:
    """A callback profile at Kaleyra. Of its URL only the host: the rest may contain a secret."""

    title: str
    goes_to: str
    http_method: str
    state: ProfileState
    posts_here: bool
    doubts: list[Promise]


@dataclass(frozen=True)
class KeyCheckResult:
    """The result of a check.

    `reason`: why there is no readable answer, a key of `history.reasons.REASONS` or
    "unreachable"; else empty.
    """

    outcome: CheckOutcome
    reason: str = ""
    http_status: int | None = None
    profiles: tuple[ProfileFound, ...] = ()

    @property
    def one_posts_here(self) -> bool:
        return any(profile.posts_here for profile in self.profiles)


def check_key(key: ApiKey, console: str) -> KeyCheckResult:
    """Asks Kaleyra with `key`, at most once in `CHECK_EVERY`, and stores when it was accepted.

    `console`: the host of this console, as people open it.
    """
    now, began = timezone.now(), time.monotonic()
    may_check = Q(last_checked_at__isnull=True) | Q(last_checked_at__lt=now - CHECK_EVERY)
    if not ApiKey.objects.filter(may_check, pk=key.pk).update(last_checked_at=now):
        return KeyCheckResult(CheckOutcome.TOO_SOON)
    target = _target_of(key.account)
    try:
        text = read_key(key, target.api_domain, target.sid)
        answer = client_for(target, text).callback_profiles()
    except NoKey as error:
        return KeyCheckResult(CheckOutcome.UNREACHABLE, error.reason)
    except (NotSent, NoAnswer) as error:
        if error.reason not in NO_CONNECTION:
            return KeyCheckResult(CheckOutcome.UNREACHABLE, error.reason)
        time.sleep(max(0.0, began + NO_CONNECTION_TAKES - time.monotonic()))
        return KeyCheckResult(CheckOutcome.UNREACHABLE, "unreachable")
    return _stored_check(key, answer, console)


def _target_of(account: Account) -> Target:
    """Not stored: a check posts nothing, so it has no workflow."""
    return Target(api_domain=account.pod.api_domain, sid=account.sid)


def _stored_check(key: ApiKey, answer: KeyCheck, console: str) -> KeyCheckResult:
    row = ApiKey.objects.filter(pk=key.pk)
    http_status = answer.http_status
    if answer.verdict is KeyVerdict.REFUSED:
        row.update(last_refused_at=timezone.now())
        return KeyCheckResult(CheckOutcome.REFUSED, http_status=http_status)
    if answer.verdict is KeyVerdict.UNREADABLE:
        reason = "redirect" if 300 <= http_status < 400 else ""
        return KeyCheckResult(CheckOutcome.UNREADABLE, reason, http_status)
    row.update(last_accepted_at=timezone.now())
    profiles = tuple(_profile_found(each, key.account, console) for each in answer.profiles)
    _store_profile_state(key.account, answer.profiles)
    return KeyCheckResult(CheckOutcome.WORKS, http_status=http_status, profiles=profiles)


def _store_profile_state(account: Account, profiles: Iterable[Profile]) -> None:
    """Whether a profile that posts to the current address is on. Without one nothing is stored:
    the list may be longer than the part that was read.
    """
    address = endpoints.current_address(account)
    states = {each.state for each in profiles if address and _address_in(each.url) == address}
    if address and states:
        is_on = bool(states & {ProfileState.ACTIVE, ProfileState.UNKNOWN})
        states_here = CallbackAddress.ProfileState
        address.profile_state = states_here.ON if is_on else states_here.OFF
        address.profile_seen_at = timezone.now()
        address.save(update_fields=["profile_state", "profile_seen_at"])


def _profile_found(profile: Profile, account: Account, console: str) -> ProfileFound:
    try:
        parts = urlsplit(profile.url)
        goes_to = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    except ValueError:
        return ProfileFound(profile.title, "", profile.http_method, profile.state, False, [])
    has_own_address = _account_of_path(parts.path) == account
    posts_here = has_own_address or parts.netloc.lower() == console.lower()
    doubts = list(_doubts(profile, account, console)) if posts_here else []
    return ProfileFound(
        profile.title, goes_to, profile.http_method, profile.state, posts_here, doubts
    )


def _account_of_path(path: str) -> Account | None:
    address = endpoints.address_by_token(endpoints.token_from_path(path))
    return address.account if address else None


def _address_in(url: str) -> CallbackAddress | None:
    """The address of this console that `url` ends in, whatever its host."""
    try:
        path = urlsplit(url).path
    except ValueError:
        return None
    return endpoints.address_by_token(endpoints.token_from_path(path))


def _doubts(profile: Profile, account: Account, console: str) -> Iterator[Promise]:
    """What is wrong with a callback profile that posts to this console, or was meant to."""
    parts = urlsplit(profile.url)
    address = endpoints.address_by_token(endpoints.token_from_path(parts.path))
    if profile.state is ProfileState.AUTO_DISABLED:
        yield _(
            "Kaleyra has auto-disabled it: results no longer come. "
            "Fix what is named here, then turn it on at Kaleyra."
        )
    elif profile.state is ProfileState.DISABLED:
        yield _("It is turned off at Kaleyra: no results come.")
    if address is None:
        yield _(
            "Its URL is not an address of this console, or it is one that was ended. "
            "Copy the current one from the results address page of the account."
        )
    elif address.account != account:
        yield _("Its URL is the address of another account.")
    elif not address.is_current:
        yield _(
            "Its URL is the old address. Enter the current one there, then end the old one here."
        )
    if address and parts.path != endpoints.path_of(address):
        yield _("Its URL does not end as it should: copy it again, with the slash at its end.")
    # The practice pod posts over http, to any name of this machine.
    if not is_loopback(parts.netloc):
        if parts.netloc.lower() != console.lower():
            yield _("Its URL names another host than the one at which you opened this console.")
        if parts.scheme != "https":
            yield _("Its URL does not begin with https: its secret is sent unencrypted.")
    if profile.http_method != "POST":
        yield _("Its method is not POST.")
