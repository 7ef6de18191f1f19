#!/usr/bin/env python
"""The command line. `.venv/bin/python manage.py help` lists the commands."""

import getpass
import os
import sys

from invocations.audit.origin import Origin, coming_from

SERVERS = {"check_batches", "dispatch", "runserver", "sandbox"}
"""What they do is the console's own deed; of any other command the trail names who runs it."""


def operating_system_user() -> str:
    """Whoever runs this; empty for a server, and where the system has no name for the user."""
    if SERVERS.intersection(sys.argv[1:2]):
        return ""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fallback_console.settings")
    from django.core.management import execute_from_command_line

    with coming_from(Origin(os_user=operating_system_user())):
        execute_from_command_line(sys.argv)
