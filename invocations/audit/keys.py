"""The key of the trail's MACs."""

from __future__ import annotations

from functools import lru_cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


def trail_key() -> bytes:
    """Derived from the lookup key, which is not rotated with the encryption keys: the chain of
    old rows must still be verifiable after a rotation.
    """
    return _derived(settings.LOOKUP_KEY)


@lru_cache(maxsize=4)
def _derived(secret: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"audit").derive(secret.encode())
