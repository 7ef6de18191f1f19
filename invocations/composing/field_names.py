"""The name of a place for a value: of its field in the send form, and wherever places are told
apart.
"""

from __future__ import annotations


def field_name(position: int, key: str) -> str:
    """`position`: of the channel. Keys may hold any sign; names and ids of a form hold letters,
    digits, - and _ only.
    """
    return f"value{position}-{safe_name(key)}"


def safe_name(key: str) -> str:
    """A key as a part of a field's name."""
    return "".join(c if c.isascii() and c.isalnum() else f"_{ord(c):x}_" for c in key)
