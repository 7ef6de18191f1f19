"""Slows the guessing of passwords, and lets nobody lock a colleague out (django-axes).

Failures are counted for the pair of username and address, or of username and known browser; and for
each address over all names. Names are stored as digests, and nothing else of what was typed is.
The count comes after the check, so that parallel guesses may pass a few more than `MAX_FAILURES`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from axes.backends import AxesStandaloneBackend
from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_client_username
from axes.models import AccessAttempt, AccessFailureLog
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.signals import pre_save
from django.http import HttpRequest
from django.utils import timezone

from invocations.access.client_address import network_of
from invocations.access.known_browser import known_as, name_digest
from invocations.access.limits import (
    COOL_OFF,
    LOGS_KEPT_FOR,
    MAX_FAILURES,
    MAX_FAILURES_OF_ADDRESS,
)
from invocations.audit import verbs
from invocations.audit.record import record

_NO_ADDRESS = "0.0.0.0"  # noqa: S104  an entry of a table: whoever has no valid address is counted together
_KNOWN = "known browser "


class Backend(AxesStandaloneBackend):
    """Refuses who is locked out, before any password is looked at: the first of the backends."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> None:
        """Raises `PermissionDenied`. Without a request (a command, a test) nobody is locked out."""
        if request is not None:
            super().authenticate(request, **credentials)


class Counter(AxesDatabaseHandler):
    """`AXES_HANDLER`."""

    def is_allowed(self, request: Any, credentials: dict[str, Any] | None = None) -> bool:
        _place(request, credentials)
        if not _is_known(request) and _failures_of_address(request.axes_ip_address).count() >= (
            MAX_FAILURES_OF_ADDRESS
        ):
            return False
        return bool(super().is_allowed(request, credentials))

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: Any = None, **kwargs: Any
    ) -> None:
        if request is None:
            return
        was_locked = request.axes_locked_out
        _place(request, credentials)
        super().user_login_failed(sender, credentials, request, **kwargs)
        if request.axes_locked_out and not was_locked:
            # A name that nobody has may be a password: it is not written.
            person = User.objects.filter(username=credentials.get("username", "")).first()
            by_browser = "known browser" if _is_known(request) else "address"
            record(verbs.LOCKED_OUT, by=None, about=person, facts={"counted_by": by_browser})

    def user_logged_in(self, sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
        _place(request, {"username": user.get_username()})
        super().user_logged_in(sender, request, user, **kwargs)

    def remove_out_of_limit_failure_logs(self, **kwargs: Any) -> int:
        """None: they go by their age (`drop_old`). Axes would remove the newest."""
        return 0


def username_in(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """`AXES_USERNAME_CALLABLE`: the digest in place of the name."""
    given = credentials if credentials else request.POST
    return name_digest(str(given.get("username") or ""))


def counted_by(request: Any, credentials: dict[str, Any] | None = None) -> list[list[str]]:
    """`AXES_LOCKOUT_PARAMETERS`: the columns of which a row has its count."""
    if _is_known(request):
        return [["username", "user_agent"]]
    return [["username", "ip_address", "user_agent"]]


def _place(request: Any, credentials: dict[str, Any] | None) -> None:
    """Sets the columns of this request in the tables of axes.

    `user_agent` names the known browser. What browsers say of themselves is not stored: whoever
    guesses could begin anew with each other name.
    """
    address = request.axes_ip_address
    known = known_as(request, get_client_username(request, credentials))
    request.axes_ip_address = network_of(address) if address else _NO_ADDRESS
    request.axes_user_agent = f"{_KNOWN}{known}" if known else ""
    request.axes_http_accept = ""


def _is_known(request: Any) -> bool:
    return str(request.axes_user_agent).startswith(_KNOWN)


def _failures_of_address(address: str) -> Any:
    since = timezone.now() - COOL_OFF
    return AccessFailureLog.objects.filter(ip_address=address, attempt_time__gt=since)


def connect() -> None:
    """Called once, when the app is ready."""
    pre_save.connect(forget_what_was_typed, sender=AccessAttempt)


def forget_what_was_typed(sender: Any, instance: AccessAttempt, **kwargs: Any) -> None:
    """Before a row of axes is saved: nothing of the form is stored, not even its CSRF token."""
    instance.get_data = instance.post_data = ""


def locked_until(request: Any, credentials: dict[str, Any] | None) -> datetime:
    """When the next password is looked at. The same for names that nobody has."""
    columns = {"username": username_in(request, credentials)}
    columns["user_agent"] = request.axes_user_agent
    if not _is_known(request):
        columns["ip_address"] = request.axes_ip_address
    newest = AccessAttempt.objects.filter(**columns).order_by("-attempt_time").first()
    counted = [newest.attempt_time] if newest else []
    of_address = _failures_of_address(request.axes_ip_address).order_by("-attempt_time")
    if not _is_known(request):
        limit = MAX_FAILURES_OF_ADDRESS
        counted += of_address.values_list("attempt_time", flat=True)[limit - 1 : limit]
    newest_failure: datetime = max([*counted, timezone.now() - COOL_OFF])
    return newest_failure + COOL_OFF


def is_locked_out(username: str, now: datetime) -> bool:
    """Whether somebody is kept from signing in with this name, anywhere."""
    rows = AccessAttempt.objects.filter(username=name_digest(username))
    counted = rows.filter(attempt_time__gt=now - COOL_OFF, failures_since_start__gte=MAX_FAILURES)
    return bool(counted.exists())


def unlock(person: User, *, by: User | None) -> int:
    """Forgets the failures with this name, from everywhere. Returns how many were counted."""
    rows = AccessAttempt.objects.filter(username=name_digest(person.get_username()))
    with transaction.atomic():
        counted: int = sum(rows.values_list("failures_since_start", flat=True))
        rows.delete()
        if counted:
            record(verbs.UNLOCKED, by=by, about=person, facts={"failures": counted})
    return counted


def forget_address(address: str) -> int:
    """Forgets the failures from an address, whichever names were tried. Returns how many."""
    place = network_of(address)
    with transaction.atomic():
        AccessAttempt.objects.filter(ip_address=place).delete()
        forgotten = AccessFailureLog.objects.filter(ip_address=place).delete()[0]
        record(verbs.UNLOCKED, by=None, facts={"address": address, "failures": forgotten})
    return int(forgotten)


def drop_old(now: datetime) -> int:
    """Deletes what is not counted any more, with each heartbeat. Returns how many rows."""
    attempts = AccessAttempt.objects.filter(attempt_time__lt=now - COOL_OFF).delete()[0]
    logs = AccessFailureLog.objects.filter(attempt_time__lt=now - LOGS_KEPT_FOR).delete()[0]
    deleted: int = attempts + logs
    return deleted
