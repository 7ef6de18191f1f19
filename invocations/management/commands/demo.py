"""`manage.py demo`: sets up the practice pod and two example workflows, and a first admin.

It runs at each `make run`, so it adds only what is missing and changes nothing that users changed.
It adds an admin only where there is no user yet.
"""

from __future__ import annotations

import secrets
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.models import Group, User
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from simple_history.signals import pre_create_historical_record

from invocations.composing import template_fields
from invocations.history.change import SET_UP
from invocations.kaleyra.address import is_loopback
from invocations.models import Account, ApiKey, Channel, Parameter, Pod, WorkflowInstance
from invocations.models.encryption import Unreadable
from invocations.results import endpoints
from invocations.sandbox import PRACTICE_KEY_PREFIX, PRACTICE_SID

WORKFLOWS: tuple[dict[str, Any], ...] = (
    {
        "title": "Order delayed",
        "workflow_instance_id": "00112233-4455-6677-8899-aabbccddeeff",
        "description": "Tells a customer that an order needs longer.",
        "channels": (
            {
                "kind": "whatsapp",
                "delay_seconds": 30,
                "header_text": "Order {{1}}",
                "button_url": "https://kaveri.example/t/{{1}}",
                "template_text": "Hello {{1}}, your order {{2}} needs a little longer. "
                "It will now reach you on {{3}}. We are sorry for the wait.",
            },
            {
                "kind": "sms",
                "delay_seconds": 60,
                "template_text": "Hello {#var#}, your order {#var#} will now reach you on {#var#}. "
                "Kaveri Foods",
            },
        ),
    },
    {
        "title": "One-time passcode",
        "workflow_instance_id": "00112233-4455-6677-8899-aabbccddee01",
        "description": "Sends the code that the customer reads back to you.",
        "channels": (
            {
                "kind": "sms",
                "delay_seconds": 15,
                "is_otp": True,
                "template_text": "{#var#} is your code for Kaveri Foods. "
                "Share it with nobody but us.",
            },
            {
                "kind": "whatsapp",
                "delay_seconds": 30,
                "is_otp": True,
                "template_text": "{{1}} is your verification code.",
            },
        ),
    },
)

PARAMETER_FIELDS: dict[str, dict[str, Any]] = {
    "01": {"label": "First name", "sample": "Asha"},
    "02": {"label": "Order number", "sample": "KF-20418", "is_searchable": True},
    "03": {"label": "New delivery day", "sample": "Thu 26 November"},
    "#param_header#": {"label": "Order number", "sample": "KF-20418"},
    "#param_url#": {"label": "Order number", "sample": "KF-20418"},
    "#verification_code#": {"label": "Passcode", "sample": "482913", "is_sensitive": True},
}
"""Labels and samples of the examples' parameters, by key."""


class Command(BaseCommand):
    help = (
        "Adds the practice pod and two example workflows, and a first admin whose password is "
        "printed once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--api-domain",
            default="127.0.0.1:8100",
            help="where the practice pod listens (default: 127.0.0.1:8100)",
        )
        parser.add_argument("--at", default="", help="the console's address, for what is printed")

    def handle(self, *args: Any, api_domain: str, at: str, **options: Any) -> None:
        if not is_loopback(api_domain):
            raise CommandError("The practice pod is on this machine: give a loopback address.")
        with transaction.atomic(), _history_says_set_up():
            _set_up_practice(api_domain)
            password = _first_admin()
        if password:
            where = f" at {at}" if at else ""
            self.stdout.write(f"\n  Sign in{where} as admin with the password {password}")
            self.stdout.write("  It is shown only now.\n\n")
        elif at:
            self.stdout.write(f"\n  Sign in at {at}")
            self.stdout.write(
                "  Forgot the password? .venv/bin/python manage.py changepassword admin\n\n"
            )


@contextmanager
def _history_says_set_up() -> Iterator[None]:
    """Gives what is saved within the reason by which the changes tell it from a script's."""

    def give_reason(history_instance: Any, **_kwargs: Any) -> None:
        history_instance.history_change_reason = SET_UP

    pre_create_historical_record.connect(give_reason)
    try:
        yield
    finally:
        pre_create_historical_record.disconnect(give_reason)


def _set_up_practice(api_domain: str) -> None:
    pod, _made = Pod.objects.get_or_create(
        code="PRACTICE", defaults={"title": "Practice pod", "api_domain": api_domain}
    )
    if pod.api_domain != api_domain:
        pod.api_domain = api_domain
        pod.save()
    account, is_new = Account.objects.get_or_create(
        pod=pod, sid=PRACTICE_SID, defaults={"title": "Practice account"}
    )
    if is_new:
        _add_examples(account)
    _enter_practice_key_again(account)
    # An account that has an address was set up before: keep what users changed since.
    if endpoints.current_address(account) is None:
        endpoints.ensure_address(account, by=None)
        example_ids = [example["workflow_instance_id"] for example in WORKFLOWS]
        without_callback = account.workflow_instances.filter(
            workflow_instance_id__in=example_ids, expects_callback=False
        )
        for workflow in without_callback:
            workflow.expects_callback = True
            workflow.save()


def _enter_practice_key_again(account: Account) -> None:
    """If the pod listens elsewhere now: a key is usable only where it was entered for."""
    for key in account.api_keys.filter(is_primary=True):
        try:
            is_of_practice = key.key.startswith(PRACTICE_KEY_PREFIX)
        except Unreadable:
            is_of_practice = False
        if key.was_moved_away_from and is_of_practice:
            key.account = account
            key.key = PRACTICE_KEY_PREFIX + secrets.token_hex(12)
            key.save()


def _add_examples(account: Account) -> None:
    ApiKey.objects.create(
        account=account,
        title="Practice key",
        key=PRACTICE_KEY_PREFIX + secrets.token_hex(12),
        is_primary=True,
    )
    for example in WORKFLOWS:
        fields = {name: value for name, value in example.items() if name != "channels"}
        workflow = WorkflowInstance.objects.create(account=account, **fields)
        for position, channel_fields in enumerate(example["channels"], start=1):
            channel = Channel.objects.create(
                workflow_instance=workflow, position=position, **channel_fields
            )
            Parameter.objects.bulk_create(
                Parameter(channel=channel, key=key, **PARAMETER_FIELDS[key])
                for key in template_fields.keys_of(channel)
            )


def _first_admin() -> str | None:
    """The password of a new superuser `admin`; None, and no new user, if there is any user."""
    if User.objects.exists():
        return None
    password = secrets.token_urlsafe(12)
    user = User.objects.create_superuser("admin", password=password)
    user.groups.set(Group.objects.filter(name="Admin"))
    return password
