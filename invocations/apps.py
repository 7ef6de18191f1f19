"""The Django app, and the admin site that replaces Django's."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _
from simple_history.signals import post_create_historical_record


class InvocationsConfig(AppConfig):
    name = "invocations"
    verbose_name = _("Set-up")

    def ready(self) -> None:
        from . import checks, key_checks  # noqa: F401  registers the system checks

        # Not in admin/__init__.py: ConsoleSite is in that package, so importing it would register
        # the pages while the site is still being created.
        # Registers the pages.
        from .access import lockout, session_signals
        from .admin import accounts, api_keys, people, pods, workflows  # noqa: F401
        from .audit import people as people_trail
        from .audit import sign_ins, versions
        from .forms.required import name_what_to_do
        from .models import frozen_counts, immutable, seen_keys, trail_triggers
        from .results import pending_worker

        name_what_to_do()
        sign_ins.connect()  # first: a sign-in that cannot be recorded leaves nothing
        session_signals.connect()
        lockout.connect()
        pending_worker.wake_at_the_first_request()
        people_trail.connect()
        post_create_historical_record.connect(versions.record_change, dispatch_uid="trail")
        post_migrate.connect(immutable.create_triggers, sender=self)
        post_migrate.connect(frozen_counts.create_trigger, sender=self)
        post_migrate.connect(trail_triggers.create_triggers, sender=self)
        post_migrate.connect(seen_keys.note_lookup_key, sender=self)


class ConsoleAdminConfig(AdminConfig):
    default_site = "invocations.admin.site.ConsoleSite"
