"""The WSGI application. Raises `SystemExit` if a setting is missing or wrong."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fallback_console.settings")
application = get_wsgi_application()

from fallback_console import gunicorn_errors  # noqa: E402
from invocations import checks  # noqa: E402  needs get_wsgi_application()

# Unlike manage.py, a web server does not run the system checks.
checks.refuse_wrong_settings()
gunicorn_errors.bear_the_same_headers()
