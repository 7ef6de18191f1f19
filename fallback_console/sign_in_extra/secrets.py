"""The secrets of second factors at rest: allauth would keep them in plain text.

They lie inside a JSON column of allauth's, so they are no `EncryptedTextField`. Each token is bound
to its person: moved to another row it opens nothing. `ENCRYPTED_JSON` is for whoever looks for all
that is encrypted (`rotate_keys`).
"""

from __future__ import annotations

from typing import Any

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
