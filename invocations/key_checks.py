"""System checks of keys: the lookup key, old encryption keys, hosts, and who may read the files."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections
from django.utils import timezone

MAKE_LINE = "`manage.py make_lookup_key` prints the line for .env."


@register("settings")
def the_lookup_key_is_set(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Warns while the lookup key hangs on the oldest encryption key, which must stay until then."""
    if settings.LOOKUP_KEY_IS_SET or not settings.FIELD_ENCRYPTION_KEYS:
        return []
    return [
        Warning(
            "LOOKUP_KEY is not set: it is derived from the oldest of FIELD_ENCRYPTION_KEYS.",
            hint=f"{MAKE_LINE} Until then that key must not be removed.",
            id="console.W023",
        )
    ]


@register(Tags.database)
def the_lookup_key_is_that_of_the_database(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """An error if stored numbers, results and messages would not be found."""
    from invocations.models import seen_keys  # the models are not loaded yet at import

    return [
        Error(
            "LOOKUP_KEY is not the key that this database's digests were made with.",
            hint="Put the former one back: with another, numbers are not found and results are"
            " refused.",
            id="console.E024",
        )
        for alias in databases or ()
        if seen_keys.is_another_lookup_key(alias)
    ]


@register(Tags.database)
def old_keys_are_dropped(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Warns of an old encryption key that was to be replaced a month ago."""
    from invocations.models import seen_keys

    if not settings.FIELD_ENCRYPTION_KEYS:
        return []
    found: list[CheckMessage] = []
    for alias in databases or ():
        age = seen_keys.newest_key_is_known_for(alias, timezone.now())
        if age and age > seen_keys.OLD_KEYS_MAY_STAY:
            found.append(
                Warning(
                    f"FIELD_ENCRYPTION_KEYS has had an old key for {age.days} days.",
                    hint="Run `manage.py rotate_keys`, then remove the keys behind the first.",
                    id="console.W025",
                )
            )
    return found


@register(Tags.database)
def hosts_may_have_keys(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Names each region whose host gets no key."""
    from invocations.models import Pod
    from invocations.models.validators import may_have_keys

    found: list[CheckMessage] = []
    for alias in databases or ():
        if Pod._meta.db_table not in connections[alias].introspection.table_names():
            continue  # before the first `migrate`
        for host in Pod.objects.using(alias).order_by("pk").values_list("api_domain", flat=True):
            if not may_have_keys(host):
                text = f"No API key is sent to {host}, the host of a region."
                hint = (
                    "A host of Kaleyra's: name it in EXTRA_API_DOMAINS. On this machine: SANDBOX."
                )
                found.append(Warning(text, hint=hint, id="console.W026"))
    return found


@register(Tags.database)
def the_database_file_is_private(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Warns of a SQLite file, made by an earlier version, that others on this machine can read."""
    found: list[CheckMessage] = []
    for alias in databases or ():
        connection = connections[alias]
        path = Path(str(connection.settings_dict["NAME"]))
        if connection.vendor != "sqlite" or not path.is_file():
            continue
        if stat.S_IMODE(path.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
            hint = f"chmod 600 {path}*"
            text = f"Other users of this machine can open {path.name}."
            found.append(Warning(text, hint=hint, id="console.W027"))
    return found
