"""The key of all digests by which numbers, values and results are found (LOOKUP_KEY).

It is not one of the encryption keys, so that these can be changed and thrown away. An installation
that has not set it gets one that is derived from its oldest encryption key. Once that line stands
in `.env`, the encryption key may go: the derivation cannot be turned round.
"""

from __future__ import annotations

import base64
import secrets

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32


def fresh() -> str:
    """A new random key, for an installation that has stored nothing yet."""
    return base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def derived(encryption_keys: list[str]) -> str:
    """The key of an installation that has set none; "" without encryption keys.

    `encryption_keys`: newest first. The oldest decides, so a key that is added changes nothing.
    """
    if not encryption_keys:
        return ""
    derivation = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=b"lookup key")
    return base64.urlsafe_b64encode(derivation.derive(encryption_keys[-1].encode())).decode()
