"""Results as they come in at the address of an account, read at once."""

from __future__ import annotations

from django.utils import timezone

from invocations.models import Account, Callback
from invocations.results import inbox, pending


def store_result(account: Account, body: bytes) -> Callback:
    """The result as it is once a dispatcher has read it."""
    pk = inbox.store_result(account, body)
    read_results()
    return Callback.objects.get(pk=pk)


def read_results() -> None:
    """What a dispatcher does within moments."""
    pending.read_all(timezone.now())
