"""Settings of the tests. They set every variable, so that no `.env` changes a test."""

import os

os.environ.update(
    SECRET_KEY="only-for-tests-only-for-tests-only-for-tests-only-for-tests",
    FIELD_ENCRYPTION_KEYS="dGVzdC1rZXktdGVzdC1rZXktdGVzdC1rZXktdGVzdC0=",
    ALLOWED_HOSTS="localhost,127.0.0.1,testserver",
    DATABASE_URL=os.environ.get(
        "TEST_DATABASE_URL", "sqlite:////tmp/fallback-console-tests.sqlite3"
    ),
    DEBUG="False",
    SANDBOX="True",
    HTTPS_ONLY="False",
    BEHIND_PROXY="False",
    PROXY_COUNT="1",
    HTTPS_PROXY_URL="",
    CA_BUNDLE="",
    CSRF_TRUSTED_ORIGINS="",
    DUPLICATE_ANSWER_PATTERN="",
    CELERY_BROKER_URL=os.environ.get("TEST_BROKER_URL", ""),
    EXPORTS_DIR="",
    DISPATCHER_STATE_DIR=os.environ.get("TEST_DISPATCHER_STATE_DIR", ""),
    EMAIL_URL="",
    ALERT_EMAILS="",
    DEFAULT_FROM_EMAIL="console@example.com",
    CONSOLE_URL="",
    METRICS_TOKEN="",
    TIME_ZONE="UTC",
    LOG_LEVEL="WARNING",
    SECOND_FACTOR=os.environ.get("TEST_SECOND_FACTOR", "off"),
    SSO_ISSUER=os.environ.get("TEST_SSO_ISSUER", ""),
    SSO_CLIENT_ID=os.environ.get("TEST_SSO_CLIENT", ""),
    SSO_CLIENT_SECRET=os.environ.get("TEST_SSO_CLIENT", ""),
    SSO_GROUPS=os.environ.get("TEST_SSO_GROUPS", ""),
    SSO_GROUPS_CLAIM="groups",
)

from fallback_console.settings import *  # noqa: F403
from fallback_console.settings import STORAGES

STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WHITENOISE_AUTOREFRESH = True  # else it warns that nobody has run collectstatic
