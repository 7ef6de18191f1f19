"""Options of `manage.py import_batch`, from what was typed. Each raises `CommandError`."""

from __future__ import annotations

from collections.abc import Sequence

import phonenumbers
from django.core.management.base import CommandError


def pairs(given: Sequence[str], shape: str, *, last: bool = False) -> dict[str, str]:
    """`last`: it is split at the last =, for a heading may have one."""
    found: dict[str, str] = {}
    for text in given:
        name, sign, rest = text.rpartition("=") if last else text.partition("=")
        if not (sign and name and (rest or not last)):
            raise CommandError(f"“{text}” is not {shape}.")
        if name in found:
            raise CommandError(f"“{name}” is given twice.")
        found[name] = rest
    return found


def separator(text: str) -> str:
    sign = {"\\t": "\t", "tab": "\t"}.get(text, text)
    if len(sign) > 1 or sign in ('"', "\r", "\n"):
        raise CommandError("--separator is one sign, or tab.")
    return sign


def home(text: str | None) -> str | None:
    if text is None or text.lower() == "none":
        return text and ""
    region = text.upper()
    if region not in phonenumbers.SUPPORTED_REGIONS:
        raise CommandError("--home is a country such as IN, or none.")
    return region
