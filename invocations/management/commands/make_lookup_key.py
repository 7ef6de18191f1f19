"""`manage.py make_lookup_key`: prints the line LOOKUP_KEY=… for `.env`. Changes nothing."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = (
        "Prints the line for .env that sets LOOKUP_KEY to the key in use, which is derived from the"
        " oldest encryption key until then. Nothing has to be made anew, and that encryption key"
        " may be thrown away after `manage.py rotate_keys`."
    )
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.LOOKUP_KEY:
            raise CommandError("Set FIELD_ENCRYPTION_KEYS first.")
        self.stdout.write(f"LOOKUP_KEY={settings.LOOKUP_KEY}")
