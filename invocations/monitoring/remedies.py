"""The admin page on which the cause of a pause is fixed."""

from __future__ import annotations

from typing import NamedTuple

from django.urls import reverse
from django.utils.translation import gettext as _

from invocations.history.meanings import Text
from invocations.models import Account, ApiKey, permissions
from invocations.sending.account_key import primary_key_of

KEY_REASONS = ("credentials", "key", "unreadable_key")
HOST_REASONS = ("redirect", "certificate", "address")
"""Reasons in `sending.outcomes.TABLE` that are fixed on the page of the API key, or of the pod."""


class Remedy(NamedTuple):
    """A link to the page on which the cause of a pause is fixed.

    `permission`: what that page requires. `asked`: the advice for people without it.
    """

    label: Text
    address: str
    permission: str
    asked: Text


def remedy_for(account: Account, reason: str) -> Remedy:
    """The page on which an admin fixes `reason`, a key of `sending.outcomes.TABLE`."""
    key = primary_key_of(account)
    if key is None:
        add = reverse("admin:invocations_apikey_add", query={"account": account.pk})
        return Remedy(
            _("Store an API key"),
            add,
            permissions.ADD_KEY,
            _("Ask an admin to store an API key."),
        )
    if reason in KEY_REASONS:
        return _key_remedy(key, reason)
    if reason in HOST_REASONS:
        address = reverse("admin:invocations_pod_change", args=[account.pod_id])
        return Remedy(
            _("Check the region’s host"),
            address,
            permissions.CHANGE_POD,
            _("Ask an admin to check the region’s host."),
        )
    address = reverse("account_hub", args=[account.pk])
    return Remedy(
        _("Open the account"),
        address,
        permissions.CHANGE_ACCOUNT,
        _("Ask an admin to resume the account."),
    )


def _key_remedy(key: ApiKey, reason: str) -> Remedy:
    address = reverse("admin:invocations_apikey_change", args=[key.pk])
    if reason == "credentials":
        return Remedy(
            _("Check the API key, or replace it"),
            address,
            permissions.CHANGE_KEY,
            _("Ask an admin to check the API key, or to replace it."),
        )
    return Remedy(
        _("Enter the API key again"),
        address,
        permissions.CHANGE_KEY,
        _("Ask an admin to enter the API key again."),
    )


def kill_switch_remedy() -> Remedy:
    """The page on which the kill switch is turned off."""
    return Remedy(
        _("See the stop"),
        reverse("stop"),
        permissions.STOP,
        _("Ask an admin to resume all sending."),
    )
