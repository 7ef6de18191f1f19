"""Checks whether a single value from the environment can be used."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from cryptography.fernet import Fernet


def is_fernet_key(key: str) -> bool:
    try:
        Fernet(key)
    except (ValueError, TypeError):
        return False
    return True


def is_web_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        # Reading `port` validates it.
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def is_email_address(address: str) -> bool:
    return bool(re.fullmatch(r"[^@\s<>,]+@[^@\s<>,]+", address))


def is_header_token(token: str) -> bool:
    """Whether `token` can follow "Bearer " in an Authorization header: visible ASCII, no blanks."""
    return token.isascii() and token.isprintable() and " " not in token
