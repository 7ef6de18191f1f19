"""The door for the web server. Refuses to open while a setting is missing or wrong."""

from __future__ import annotations

import os

from django.core.checks import Tags, run_checks
from django.core.checks.messages import ERROR
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fallback_console.settings")
application = get_wsgi_application()

# A web server, unlike manage.py, runs no system checks by itself.
problems = [problem for problem in run_checks(tags=[Tags.security, "settings"]) if problem.level >= ERROR]
if problems:
    raise SystemExit("The console does not start.\n" + "\n".join(str(problem) for problem in problems))
