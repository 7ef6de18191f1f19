"""A good environment for settings.py, and the start of the console in it."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SETTINGS = ROOT / "fallback_console" / "settings.py"
OF_EXTRA = ROOT / "fallback_console" / "sign_in_extra" / "configuration.py"
KEY = "dGVzdC1rZXktdGVzdC1rZXktdGVzdC1rZXktdGVzdC0="
GOOD = {
    "SECRET_KEY": "a-secret-of-more-than-forty-characters-0123456789abcdef",
    "FIELD_ENCRYPTION_KEYS": KEY,
    "ALLOWED_HOSTS": "console.example.com",
    "DATABASE_URL": "postgres://console:canary-password@127.0.0.1:5432/console",
    "DEBUG": "False",
    "SANDBOX": "False",
    "HTTPS_ONLY": "True",
    "BEHIND_PROXY": "True",
    "CSRF_TRUSTED_ORIGINS": "https://console.example.com",
    "HTTPS_PROXY_URL": "",
    "CA_BUNDLE": "",
    "EMAIL_URL": "",
    "ALERT_EMAILS": "",
    "DEFAULT_FROM_EMAIL": "Console <console@example.com>",
    "CONSOLE_URL": "",
    "METRICS_TOKEN": "",
    "TIME_ZONE": "UTC",
    "LOG_LEVEL": "INFO",
    "SECOND_FACTOR": "off",
    "SSO_ISSUER": "",
    "SSO_CLIENT_ID": "",
    "SSO_CLIENT_SECRET": "",
    "SSO_GROUPS": "",
}


def start(*words, **changes):
    """A process as an operator starts it -> exit code and output."""
    # A clone has no collected static files, and whitenoise says so.
    given = {
        "DJANGO_SETTINGS_MODULE": "fallback_console.settings",
        "PYTHONWARNINGS": "ignore:No directory at",
    }
    environment = os.environ | GOOD | given | changes
    # The browser tests set it, and the deployment checks refuse it.
    environment.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)
    ended = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=environment,
        text=True,
        capture_output=True,
        timeout=60,
    )
    return ended.returncode, ended.stdout + ended.stderr


def names_that_settings_reads():
    text = SETTINGS.read_text() + OF_EXTRA.read_text()
    return set(re.findall(r'(?:\benv\.\w+|_flag)\(\s*"([A-Z_]+)"', text))
