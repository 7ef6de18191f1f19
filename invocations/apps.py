"""Tells Django about the app and about its one admin site."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class InvocationsConfig(AppConfig):
    name = "invocations"
    verbose_name = _("Set-up")

    def ready(self) -> None:
        from . import checks  # noqa: F401  registers the system checks

        # Not in admin/__init__.py: the site itself is made from that package, and would be made twice.
        from .admin import accounts, api_keys, people, pods, workflows  # noqa: F401  registers the pages
        from .models import immutable

        post_migrate.connect(immutable.lay_the_rule, sender=self)


class ConsoleAdminConfig(AdminConfig):
    default_site = "invocations.admin.site.ConsoleSite"
