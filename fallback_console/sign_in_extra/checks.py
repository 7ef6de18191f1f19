"""System checks of the extra. They run only where it is on."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import DatabaseError

SCRIPT = "mfa/js/webauthn.js"


@register
def check_scripts_were_collected(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Each page with a passkey would fail: the list of collected files does not know its script.

    No error: `migrate`, which is run before, would stop at it.
    """
    manifest = settings.STATIC_ROOT / "staticfiles.json"
    is_listed = "Manifest" in settings.STORAGES["staticfiles"]["BACKEND"]
    if settings.SECOND_FACTOR == "off" or not is_listed or not manifest.is_file():
        return []
    if SCRIPT in json.loads(manifest.read_text(encoding="utf-8"))["paths"]:
        return []
    text = "SECOND_FACTOR was switched on after the static files were collected."
    return [Warning(text, hint="Run: manage.py collectstatic --noinput", id="console.W030")]


@register(Tags.database)
def check_groups_exist(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A group of SSO_GROUPS that the console does not have gives nobody any right."""
    from django.contrib.auth.models import Group

    try:
        known = set(Group.objects.values_list("name", flat=True))
    except DatabaseError:
        return []  # nothing is migrated yet
    missing = sorted(set(settings.SSO_GROUPS.values()) - known) if known else []
    if not missing:
        return []
    text = f"SSO_GROUPS names groups that the console does not have: {', '.join(missing)}."
    return [Warning(text, hint="Groups are listed under People.", id="console.W031")]
