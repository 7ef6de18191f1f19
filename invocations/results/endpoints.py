"""The addresses that Kaleyra posts an account's results to: create, rotate, end, authorise.

Kaleyra signs nothing: its page "account-settings-callback-profiles" offers extra headers and Basic
authentication. So a post is accepted if it has two secrets: the token in the path, and the secret
in the header `SECRET_HEADER` or as the password of Basic authentication.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import logging
import re
import secrets
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import unquote

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from invocations.audit import verbs
from invocations.audit.origin import current_person
from invocations.audit.record import record
from invocations.models import Account, CallbackAddress
from invocations.models.encryption import digests

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)

SECRET_HEADER = "X-Callback-Secret"
BASIC_USER = "kaleyra"
"""The user name that the set-up page suggests. Any is accepted: only the password is checked."""
SECRET_BYTES = 32
SHORTEST_TOKEN, MAX_TOKEN_LENGTH = 20, 100
USE_RECORDED_EVERY = timedelta(seconds=10)
"""How exact `last_used_at` is: many results at once must not all write to one row."""
READ_AGAIN_AFTER = 0.5
"""Seconds for which a process goes on with an address that it has read. One that was ended or
changed elsewhere is accepted no longer than that."""
_read_lately: dict[str, tuple[float, CallbackAddress]] = {}
"""By digest of the token: when the address was read, and the address. Not of wrong tokens."""


class PreviousStillValid(Exception):
    """The previous address is still valid, and may be in use: another rotation would end it."""


def current_address(account: Account) -> CallbackAddress | None:
    """The address that Kaleyra should post to, or None."""
    return account.callback_addresses.filter(is_current=True).first()


def previous_address(account: Account) -> CallbackAddress | None:
    """The address that the current one replaced, or None once it has been ended."""
    return account.callback_addresses.filter(is_current=False).first()


def ensure_address(account: Account, by: User | None) -> CallbackAddress:
    """The current address of the account, created if it has none."""
    with transaction.atomic():
        Account.objects.select_for_update().get(pk=account.pk)
        return current_address(account) or _create(account, by)


def rotate_address(account: Account, by: User | None) -> CallbackAddress:
    """A new current address. The old one stays valid until `end_previous_address`.

    Raises `PreviousStillValid` if an older one has not been ended yet.
    """
    with transaction.atomic():
        Account.objects.select_for_update().get(pk=account.pk)
        if previous_address(account):
            raise PreviousStillValid
        account.callback_addresses.filter(is_current=True).update(is_current=False)
        _read_lately.clear()
        return _create(account, by)


def end_previous_address(account: Account) -> bool:
    """Leaves only the current address valid. Returns whether there was another."""
    with transaction.atomic():
        ended, _rows = account.callback_addresses.filter(is_current=False).delete()
        if ended:
            facts = {"account": account.title}
            record(verbs.CALLBACK_SECRET_ENDED, by=current_person(), about=account, facts=facts)
    _read_lately.clear()
    if ended:
        logger.warning("account %s: the previous callback address was ended", account.pk)
    return bool(ended)


def _create(account: Account, by: User | None) -> CallbackAddress:
    token = secrets.token_urlsafe(SECRET_BYTES)
    if by:  # without a user it is the practice account's address, made by `manage.py demo`
        logger.warning("account %s has a new callback address", account.pk)
    facts = {"account": account.title}
    record(verbs.CALLBACK_SECRET_MADE, by=by, about=account, facts=facts)
    return CallbackAddress.objects.create(
        account=account,
        token=token,
        token_digest=_digests(token)[0],
        secret=secrets.token_urlsafe(SECRET_BYTES),
        created_by=by,
    )


def _digests(token: str) -> list[str]:
    return digests(token, "callback token")


# --- authorise a post -----------------------------------------------------------------------------


def address_by_token(token: str) -> CallbackAddress | None:
    """The address with this token, and its account.

    Found by keyed digest, so that neither the index nor the response time reveals a token.
    """
    if len(token) > MAX_TOKEN_LENGTH:
        return None
    addresses = CallbackAddress.objects.filter(token_digest__in=_digests(token))
    columns = ("token", "secret", "last_used_at", "account__title")
    return addresses.select_related("account").only(*columns).first()


def authorised_address(token: str, headers: Mapping[str, str]) -> CallbackAddress | None:
    """The address that a post with this token and these headers is for, or None.

    `headers`: a mapping that ignores upper and lower case. Raises `Unreadable` if no encryption key
    opens the stored secret: a fault of this console, not of the caller.
    """
    address = _address_read_lately(token)
    if address is None:
        return None
    expected = address.secret.encode()
    given = [headers.get(SECRET_HEADER, ""), _basic_password(headers.get("Authorization", ""))]
    matches = [hmac.compare_digest(each.encode("utf-8", "replace"), expected) for each in given]
    return address if any(matches) else None


def _address_read_lately(token: str) -> CallbackAddress | None:
    """As `address_by_token`, but reads the same address twice a second at most."""
    if len(token) > MAX_TOKEN_LENGTH:
        return None
    digest = _digests(token)[0]
    read_at, known = _read_lately.get(digest, (0.0, None))
    if known and time.monotonic() - read_at < READ_AGAIN_AFTER:
        return known
    if address := address_by_token(token):
        _read_lately[digest] = time.monotonic(), address
    return address


def note_use(address: CallbackAddress) -> None:
    """Sets `last_used_at`, unless that was done within `USE_RECORDED_EVERY`."""
    now = timezone.now()
    limit = now - USE_RECORDED_EVERY
    if address.last_used_at is None or address.last_used_at < limit:
        is_old = Q(last_used_at__isnull=True) | Q(last_used_at__lt=limit)
        CallbackAddress.objects.filter(is_old, pk=address.pk).update(last_used_at=now)
        address.last_used_at = now


def _basic_password(header: str) -> str:
    """The password in an `Authorization: Basic …` header (RFC 7617), or empty."""
    scheme, _, credentials = header.strip().partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        user_and_password = base64.b64decode(credentials.strip(), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return ""
    return user_and_password.partition(":")[2]


# --- the path -------------------------------------------------------------------------------------


def path_of(address: CallbackAddress) -> str:
    """/callbacks/<token>/. Raises `Unreadable` if no encryption key opens the token."""
    return reverse("callback", args=[address.token])


_TOKEN = re.compile(rf"[A-Za-z0-9_-]{{{SHORTEST_TOKEN},{MAX_TOKEN_LENGTH}}}")


def token_as_written(text: str) -> str:
    """The token in the part of a path that follows /callbacks/; empty if there are none, or two.

    It may stand between blanks, slashes or other characters, and twice, as when the whole address
    was pasted behind itself.
    """
    found = set(_TOKEN.findall(text))
    return found.pop() if len(found) == 1 else ""


def token_from_path(path: str) -> str:
    """The token in the path of a URL that is `path_of`, however it is written; else empty."""
    _, callbacks, rest = unquote(path).partition(reverse("callback", args=["-"]).removesuffix("-/"))
    return token_as_written(rest) if callbacks else ""
