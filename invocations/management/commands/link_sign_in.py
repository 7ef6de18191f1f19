"""Joins a person of the console to an account at the provider of single sign-on."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError, transaction

from invocations.audit import verbs
from invocations.audit.record import record


class Command(BaseCommand):
    help = (
        "From now on NAME signs in with single sign-on alone, as the account SUBJECT. "
        "The password stops working."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the username here")
        parser.add_argument("subject", help="the provider's `sub` of the person")

    def handle(self, *args: Any, name: str, subject: str, **options: Any) -> None:
        if not apps.is_installed("allauth.socialaccount"):
            raise CommandError("SSO_ISSUER is not set: there is no provider.")
        person = User.objects.filter(username=name).first()
        if person is None:
            raise CommandError(f"Nobody is called {name}.")
        if person.is_superuser:
            raise CommandError(f"{name} is a superuser, who must get in without the provider.")
        accounts = apps.get_app_config("socialaccount").get_model("SocialAccount")._default_manager
        try:
            with transaction.atomic():
                accounts.create(
                    user=person, provider=settings.SSO_PROVIDER_ID, uid=subject, extra_data={}
                )
                person.set_unusable_password()
                person.save(update_fields=["password"])
                record(verbs.SIGN_IN_LINKED, by=None, about=person, facts={"subject": subject})
        except IntegrityError:
            raise CommandError("Somebody is joined to this account already.") from None
        self.stdout.write(f"{name} now signs in with single sign-on.")
