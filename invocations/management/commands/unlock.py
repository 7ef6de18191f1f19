"""`manage.py unlock`: lets somebody sign in again who typed too many wrong passwords."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from invocations.access import lockout
from invocations.access.client_address import valid_address


class Command(BaseCommand):
    help = "Lets somebody sign in at once who was locked out by too many wrong passwords."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", help="the username")
        parser.add_argument(
            "--address", help="forget the failures of this IP address, whichever names were tried"
        )

    def handle(self, *args: Any, name: str | None, address: str | None, **options: Any) -> None:
        if not name and not address:
            raise CommandError("Give a username, or --address.")
        if name:
            self._unlock(name)
        if address:
            self._forget(address)

    def _unlock(self, name: str) -> None:
        person = User.objects.filter(username=name).first()
        if person is None:
            raise CommandError(f"Nobody here is called {name}. Capital letters matter.")
        failures = lockout.unlock(person, by=None)
        said = f"{name} can sign in at once." if failures else f"{name} was not locked."
        self.stdout.write(said)

    def _forget(self, address: str) -> None:
        valid = valid_address(address)
        if valid is None:
            raise CommandError(f"{address} is no IP address.")
        self.stdout.write(f"Forgot {lockout.forget_address(valid)} failures from {valid}.")
