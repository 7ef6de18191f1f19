"""The API key that an account sends with, and why it may not be usable."""

from __future__ import annotations

from invocations.models import Account, ApiKey
from invocations.sending.attempt import NoKey, read_key


def primary_key_of(account: Account) -> ApiKey | None:
    """The account's primary key, from `account.api_keys`, which may be prefetched."""
    return next((key for key in account.api_keys.all() if key.is_primary), None)


def key_problem(account: Account) -> str:
    """Why the primary key is not usable, as a reason in `sending.outcomes.TABLE`; else empty.

    Needs the account's pod: a key is usable for the host and SID that it was entered for.
    """
    try:
        read_key(primary_key_of(account), account.pod.api_domain, account.sid)
    except NoKey as error:
        return error.reason
    return ""
