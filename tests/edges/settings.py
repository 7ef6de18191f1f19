"""Settings of a console that is open to the world: HTTPS alone, hashed static files."""

import os
from importlib import reload
from pathlib import Path

import tests.settings  # sets the other variables
from fallback_console import settings as of_the_console

HOST = "console.example.com"
os.environ.update(
    HTTPS_ONLY="True", ALLOWED_HOSTS=HOST, SANDBOX="False", TIME_ZONE="UTC", LOG_LEVEL="WARNING"
)
reload(of_the_console)

from fallback_console.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = tests.settings.PASSWORD_HASHERS
STATIC_ROOT = Path(os.environ["TEST_STATIC_ROOT"])
