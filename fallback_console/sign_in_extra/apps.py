"""Wires the extra into the console, where it is on."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig, apps
from django.core.management import call_command
from django.db.models.signals import post_delete, post_init, post_migrate, post_save
from django.utils.translation import gettext_lazy as _

OURS_ALONE = ("account", "mfa", "socialaccount")
"""Apps of allauth whose admin pages are taken away: they show secrets, and pass by our rules."""


class SignInExtraConfig(AppConfig):
    name = "fallback_console.sign_in_extra"
    verbose_name = _("Second factor and single sign-on")

    def ready(self) -> None:
        from fallback_console.sign_in_extra import checks, proofs  # noqa: F401  registers checks

        _take_away_admin_pages()
        proofs.offer_ways()
        # Not of this app: Django sends it only for apps with models.
        post_migrate.connect(make_cache_table, sender=apps.get_app_config("invocations"))
        if apps.is_installed("allauth.mfa"):
            _watch_factors()


def _take_away_admin_pages() -> None:
    from django.contrib import admin

    for model in list(admin.site._registry):
        if model._meta.app_label in OURS_ALONE:
            admin.site.unregister(model)


def _watch_factors() -> None:
    from allauth.mfa.models import Authenticator
    from allauth.mfa.signals import authentication_failed

    from fallback_console.sign_in_extra import records, secrets
    from invocations.models import key_rotation

    key_rotation.ELSEWHERE.append(secrets.rotate_secrets)
    post_init.connect(secrets.know_their_place, sender=Authenticator)
    post_save.connect(records.factor_added, sender=Authenticator)
    post_delete.connect(records.factor_removed, sender=Authenticator)
    authentication_failed.connect(records.second_factor_refused)


def make_cache_table(using: str = "default", **of_signal: Any) -> None:
    """The shared cache of limits and used codes; nothing where it stands already."""
    call_command("createcachetable", database=using, verbosity=0)
