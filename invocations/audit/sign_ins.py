"""Writes a row of the trail for each sign-in, refused sign-in and sign-out, whatever the door."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed

from invocations.audit import verbs
from invocations.audit.keys import trail_key
from invocations.audit.record import record

SHOWN_OF_UNKNOWN = 2


def connect() -> None:
    """From now on each is recorded."""
    user_logged_in.connect(_signed_in, dispatch_uid="trail")
    user_login_failed.connect(_refused, dispatch_uid="trail")
    user_logged_out.connect(_signed_out, dispatch_uid="trail")


def _signed_in(user: User, **kwargs: Any) -> None:
    record(verbs.SIGNED_IN, by=user)


def _signed_out(user: User | None, **kwargs: Any) -> None:
    if user is not None:
        record(verbs.SIGNED_OUT, by=user)


def _refused(credentials: Mapping[str, Any], **kwargs: Any) -> None:
    """A name that nobody has may be a password typed into the wrong field: it is not stored."""
    typed = str(credentials.get("username") or "")
    person = User.objects.filter(username=typed).first() if "\0" not in typed else None
    facts = {"name": typed} if person else unknown_name(typed)
    record(verbs.SIGN_IN_REFUSED, by=None, about=person, facts=facts)


def unknown_name(typed: str) -> dict[str, str]:
    """Its first two letters, and a digest by which attempts with the same name are recognised."""
    digest = hmac.digest(trail_key(), b"name\0" + typed.encode("utf-8", "replace"), hashlib.sha256)
    begins = "".join(c for c in typed[:SHOWN_OF_UNKNOWN] if c.isprintable())
    return {"begins": begins, "digest": digest.hex()[:16]}
