"""Shows a person's second factors, or removes them all, where SECOND_FACTOR is on."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from invocations.access.sessions import end_sessions


class Command(BaseCommand):
    help = "Shows the second factors of a person; --remove takes them away, for a lost phone."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the username")
        parser.add_argument("--remove", action="store_true", help="remove them all")

    def handle(self, *args: Any, name: str, remove: bool, **options: Any) -> None:
        if not apps.is_installed("allauth.mfa"):
            raise CommandError("SECOND_FACTOR is off: nobody has a second factor.")
        person = User.objects.filter(username=name).first()
        if person is None:
            raise CommandError(f"Nobody is called {name}.")
        factors = (
            apps.get_app_config("mfa")
            .get_model("Authenticator")
            ._default_manager.filter(user=person)
        )
        kinds = ", ".join(sorted(factors.values_list("type", flat=True))) or "none"
        if not remove:
            self.stdout.write(f"Second factors of {name}: {kinds}.")
            return
        with transaction.atomic():
            for factor in factors:
                factor.delete()
            ended = end_sessions([person.pk], "second_factor")
        self.stdout.write(f"Removed from {name}: {kinds}. Sessions ended: {ended}.")
