"""The door for the web server. Refuses to open while a setting is missing or wrong."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fallback_console.settings")
application = get_wsgi_application()

from invocations import checks  # noqa: E402  once Django is set up

checks.refuse_wrong_settings()  # a web server, unlike manage.py, runs no system checks by itself
