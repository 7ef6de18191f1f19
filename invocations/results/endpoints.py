"""The addresses that Kaleyra posts an account's results to: made, rotated, ended, found again, and who is let in there.

Kaleyra signs nothing (its page "account-settings-callback-profiles" offers extra headers and Basic authentication), so a post is
believed if it knows two secrets: the token in the path, and the secret in the header `SECRET_HEADER` or as Basic's password.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import logging
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from invocations.models import Account, CallbackAddress
from invocations.models.encryption import digests

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)

SECRET_HEADER = "X-Callback-Secret"
BASIC_USER = "kaleyra"
"""What the set-up page suggests. Any user is let in: the password is what counts."""
SECRET_BYTES = 32
LONGEST_TOKEN = 100
USE_IS_NOTED_EVERY = timedelta(seconds=10)
"""A flood of results must not turn into a flood of writes to one row."""


class PreviousStillValid(Exception):
    """The address before the current one still lets Kaleyra in. A further rotation would shut out whoever posts there."""


def current_address(account: Account) -> CallbackAddress | None:
    """The address that Kaleyra should post to."""
    return account.callback_addresses.filter(is_current=True).first()


def previous_address(account: Account) -> CallbackAddress | None:
    """The one it replaced, as long as nobody has ended it."""
    return account.callback_addresses.filter(is_current=False).first()


def ensure_address(account: Account, by: User | None) -> CallbackAddress:
    """The account's current address, made if it has none."""
    with transaction.atomic():
        Account.objects.select_for_update().get(pk=account.pk)
        return current_address(account) or _made(account, by)


def rotate_address(account: Account, by: User | None) -> CallbackAddress:
    """A new current address; the one before stays valid until `end_the_one_before`. Raises `StillTwo` if that was not done yet."""
    with transaction.atomic():
        Account.objects.select_for_update().get(pk=account.pk)
        if previous_address(account):
            raise PreviousStillValid
        account.callback_addresses.filter(is_current=True).update(is_current=False)
        return _made(account, by)


def end_previous_address(account: Account) -> bool:
    """From now on only the current address lets Kaleyra in. Returns whether there was another."""
    ended, _rows = account.callback_addresses.filter(is_current=False).delete()
    if ended:
        logger.warning(
            "account %s: the callback address before the current one was ended", account.pk
        )
    return bool(ended)


def _made(account: Account, by: User | None) -> CallbackAddress:
    token = secrets.token_urlsafe(SECRET_BYTES)
    if by:  # without a user it is the practice account's address, made by `manage.py demo`
        logger.warning("account %s has a new callback address", account.pk)
    return CallbackAddress.objects.create(
        account=account,
        token=token,
        token_digest=_digests(token)[0],
        secret=secrets.token_urlsafe(SECRET_BYTES),
        created_by=by,
    )


def _digests(token: str) -> list[str]:
    return digests(token, "callback token")


# --- who posts --------------------------------------------------------------------------------------------------------


def address_by_token(token: str) -> CallbackAddress | None:
    """The address with this token, with its account. By keyed digest, so that neither index nor clock tells of a token."""
    if len(token) > LONGEST_TOKEN:
        return None
    known = CallbackAddress.objects.filter(token_digest__in=_digests(token)).select_related(
        "account"
    )
    return known.only("token", "secret", "last_used_at", "account__title").first()


def authorised_address(token: str, headers: Mapping[str, str]) -> CallbackAddress | None:
    """The address that a post with this token and these headers may use, or None; `headers` finds names in any case.

    Raises `Unreadable` if no encryption key opens the stored secret: that is the console's fault, not the caller's.
    """
    address = address_by_token(token)
    if address is None:
        return None
    expected = address.secret.encode()
    given = [headers.get(SECRET_HEADER, ""), _basic_password(headers.get("Authorization", ""))]
    matches = [hmac.compare_digest(each.encode("utf-8", "replace"), expected) for each in given]
    return address if any(matches) else None


def note_use(address: CallbackAddress) -> None:
    """Notes that something was let in just now, to `USE_IS_NOTED_EVERY`."""
    now = timezone.now()
    seldom = now - USE_IS_NOTED_EVERY
    if address.last_used_at is None or address.last_used_at < seldom:
        unnoted = Q(last_used_at__isnull=True) | Q(last_used_at__lt=seldom)
        CallbackAddress.objects.filter(unnoted, pk=address.pk).update(last_used_at=now)


def _basic_password(header: str) -> str:
    """The password of an `Authorization: Basic …` header (RFC 7617), or nothing."""
    scheme, _, credentials = header.strip().partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return (
            base64.b64decode(credentials.strip(), validate=True).decode("utf-8").partition(":")[2]
        )
    except (binascii.Error, ValueError):
        return ""


# --- as it is given to others -----------------------------------------------------------------------------------------


def path_of(address: CallbackAddress) -> str:
    """/callbacks/<token>/. Raises `Unreadable` if no encryption key opens the token."""
    return reverse("callback", args=[address.token])


def token_from_path(path: str) -> str:
    """The token in a path that should be one of ours, with or without the slash at its end; else nothing."""
    before, _, token = path.rstrip("/").rpartition("/")
    return token if f"{before}/" == reverse("callback", args=["-"]).removesuffix("-/") else ""
