"""Where an admin mends what stops sending."""

from __future__ import annotations

from typing import NamedTuple

from django.urls import reverse
from django.utils.translation import gettext as _

from invocations.history.meanings import Text
from invocations.models import Account, ApiKey, permissions
from invocations.sending.attempt import NoKey, read_key

OF_THE_KEY = ("credentials", "key", "unreadable_key")
OF_THE_HOST = ("redirect", "certificate", "address")
"""Reasons of the answer table, by what an admin mends."""


class Remedy(NamedTuple):
    """Where the cause of a pause is mended: the words and the address of a link, and the right that its page asks for.

    `asked`: what who lacks that right does instead.
    """

    label: Text
    address: str
    permission: str
    asked: Text


def key_problem(account: Account) -> str:
    """Why nothing could leave with the account's primary key, as a reason of the answer table; empty if it is usable."""
    try:
        read_key(primary_key_of(account))
    except NoKey as missing:
        return missing.reason
    return ""


def remedy_for(account: Account, reason: str) -> Remedy:
    """The page on which an admin mends what `reason` (of the answer table) says of the account."""
    key = primary_key_of(account)
    if key is None:
        add = reverse("admin:invocations_apikey_add", query={"account": account.pk})
        return Remedy(
            _("Store an API key"),
            add,
            permissions.ADD_KEY,
            _("Ask an admin to store an API key."),
        )
    if reason in OF_THE_KEY:
        address, right = (
            reverse("admin:invocations_apikey_change", args=[key.pk]),
            permissions.CHANGE_KEY,
        )
        if reason == "credentials":
            return Remedy(
                _("Check the API key, or replace it"),
                address,
                right,
                _("Ask an admin to check the API key, or to replace it."),
            )
        return Remedy(
            _("Enter the API key again"),
            address,
            right,
            _("Ask an admin to enter the API key again."),
        )
    if reason in OF_THE_HOST:
        address = reverse("admin:invocations_pod_change", args=[account.pod_id])
        return Remedy(
            _("Check the pod’s host"),
            address,
            permissions.CHANGE_POD,
            _("Ask an admin to check the pod’s host."),
        )
    address = reverse("admin:invocations_account_change", args=[account.pk])
    return Remedy(
        _("Open the account"),
        address,
        permissions.CHANGE_ACCOUNT,
        _("Ask an admin to let the account go on."),
    )


def kill_switch_remedy() -> Remedy:
    """Where the brake is taken off."""
    return Remedy(
        _("Look at the brake"),
        reverse("stop"),
        permissions.STOP,
        _("Ask an admin to let all sending go on."),
    )


def primary_key_of(account: Account) -> ApiKey | None:
    return next((key for key in account.api_keys.all() if key.is_primary), None)
