"""The secrets of second factors at rest: allauth would keep them in plain text.

They lie inside a JSON column of allauth's, so they are no `EncryptedTextField`. Each token is bound
to its person: moved to another row it opens nothing. `ENCRYPTED_JSON` is for whoever looks for all
that is encrypted (`rotate_keys`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.db import transaction

from invocations.models.encryption import Unreadable, decrypt, encrypt

ENCRYPTED_JSON = {("mfa", "authenticator"): ("data", ("secret", "seed"))}
"""By app and model: the JSON column and its keys whose values are tokens."""

COLUMN, KEYS = ENCRYPTED_JSON["mfa", "authenticator"]


class SealedText(str):
    """A token as it stands in the database, with the place it must be bound to."""

    place = ""


def place_of(person_id: Any) -> str:
    return f"mfa_authenticator.{COLUMN}:{person_id}"


def seal(text: str, person_id: Any) -> str:
    return encrypt(text, place_of(person_id))


def unseal(token: str) -> str:
    """The text of a token that `know_their_place` has seen. Raises `Unreadable`."""
    if not isinstance(token, SealedText):
        raise Unreadable("A secret of a second factor was not read from its row.")
    return decrypt(token, token.place)


def know_their_place(instance: Any, **of_signal: Any) -> None:
    """Receives `post_init` of each authenticator: allauth hands on a token without its row."""
    content = instance.__dict__.get(COLUMN)
    if not isinstance(content, dict):
        return
    for key in KEYS:
        if isinstance(content.get(key), str):
            content[key] = token = SealedText(content[key])
            token.place = place_of(instance.user_id)


def rotate_secrets(rotated: Callable[[str], str | None]) -> int:
    """Encrypts the secrets of all second factors anew, and returns how many rows changed.

    `rotated` gives the new token for an old one; None where it is new already. One short
    transaction for each row, so that it may be stopped and run again at any time.
    """
    factors = apps.get_app_config("mfa").get_model("Authenticator")._default_manager
    changed = 0
    for pk in list(factors.order_by("pk").values_list("pk", flat=True)):
        with transaction.atomic():
            content = factors.select_for_update().values_list(COLUMN, flat=True).filter(pk=pk)
            data: dict[str, Any] = content.first() or {}
            tokens = {key: rotated(data[key]) for key in KEYS if isinstance(data.get(key), str)}
            renewed = {key: token for key, token in tokens.items() if token is not None}
            if renewed:
                factors.filter(pk=pk).update(**{COLUMN: data | renewed})
                changed += 1
    return changed
