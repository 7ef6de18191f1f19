"""Django's settings. Values that differ between installations come from the environment.

Each variable read here is listed in `.env.example` and in the README's table. One that is missing
or wrong does not stop this module: it is added to `SETTINGS_PROBLEMS`, which `invocations.checks`
reports with a hint before anything starts (`manage.py check`, and `wsgi.py` for the web server).
"""

from __future__ import annotations

import os
from pathlib import Path
from zoneinfo import available_timezones

from django.urls import reverse_lazy

from fallback_console.databases import beside_database
from fallback_console.environment import Environment
from fallback_console.logs import levels_by_logger, remember_credentials_of, root_level
from fallback_console.sign_in_extra.configuration import settings_of_extra
from fallback_console.sign_in_extra.defaults import *  # noqa: F403
from fallback_console.sign_in_settings import *  # noqa: F403
from fallback_console.unfold_settings import UNFOLD as UNFOLD
from fallback_console.variables import SettingProblem

# Every entry point reads this module before it makes a file: the database with its journal, exports
# and backups are for the console's own user alone.
os.umask(0o077)

BASE_DIR = Path(__file__).resolve().parent.parent

env = Environment(BASE_DIR / ".env")
SETTINGS_PROBLEMS: list[SettingProblem] = env.problems

# --- identity of this installation --------------------------------------------------------------

SECRET_KEY = env.secret_key("SECRET_KEY")
DEBUG = env.flag("DEBUG", default=False)
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS", may_be_empty=DEBUG)

SANDBOX = env.flag("SANDBOX", default=False)
"""Allows http to a pod on a loopback host of this machine. Never in production."""

# --- encryption at rest -------------------------------------------------------------------------

FIELD_ENCRYPTION_KEYS = env.encryption_keys("FIELD_ENCRYPTION_KEYS", secret_key=SECRET_KEY)

LOOKUP_KEY = env.lookup_key("LOOKUP_KEY", encryption_keys=FIELD_ENCRYPTION_KEYS)
"""Of the digests by which stored things are found. It stays when encryption keys change."""
LOOKUP_KEY_IS_SET = bool(env.text("LOOKUP_KEY"))

# --- connection to Kaleyra ----------------------------------------------------------------------

HTTPS_PROXY_URL = env.web_url("HTTPS_PROXY_URL", example="http://proxy.example.com:3128")
CA_BUNDLE = env.file("CA_BUNDLE")

EXTRA_API_DOMAINS = env.api_domains("EXTRA_API_DOMAINS")
"""Hosts beside Kaleyra's documented four that API keys may be sent to."""

DUPLICATE_ANSWER_PATTERN = env.text("DUPLICATE_ANSWER_PATTERN")
"""A regular expression for Kaleyra's message that a request ID was used before. Kaleyra does not
document the wording."""
DUPLICATE_ANSWER = env.pattern("DUPLICATE_ANSWER_PATTERN")

# --- database, broker, files --------------------------------------------------------------------

DATABASES = {
    "default": env.database("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'db.sqlite3'}")
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Some indexes include more columns, on PostgreSQL only (`Invocation.Meta.indexes`). W040 reports
# that SQLite ignores them, which the user of SQLite need not act on.
SILENCED_SYSTEM_CHECKS = ["models.W040"]

CELERY_BROKER_URL = env.broker("CELERY_BROKER_URL", database=DATABASES["default"])
"""Empty: no Celery. `manage.py dispatch` does the same work."""

# Which messages people in Support read who have no right to see other people's: their own, or all.
SUPPORT_SEES = env.one_of("SUPPORT_SEES", {"own", "all"}, default="all", hint="Use own or all.")
EXPORTS_DIR = env.folder("EXPORTS_DIR", default=BASE_DIR / "exports")
"""Where long exports are written. Every web server and every dispatcher needs the same folder."""

DISPATCHER_STATE_DIR = env.folder(
    "DISPATCHER_STATE_DIR", default=beside_database(DATABASES["default"], otherwise=BASE_DIR)
)
"""Where a dispatcher keeps what it knows of the database, to notice a restored backup. Each machine
has its own, and it is not part of any backup."""

# --- apps, middleware, templates ----------------------------------------------------------------

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.simple_history",
    "invocations.apps.ConsoleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "axes",
    "crispy_forms",
    "csp",
    "simple_history",
    "invocations.apps.InvocationsConfig",
]

MIDDLEWARE = [
    "fallback_console.headers.bear_the_same_headers",
    "fallback_console.middleware.answer_results_first",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "fallback_console.malformed.RefuseMalformedRequests",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "fallback_console.middleware.tell_the_trail_where_from",
    "invocations.access.presence.note_presence",
    "invocations.access.known_browser.remember_browser",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "fallback_console.middleware.show_times_in_the_users_zone",
    "fallback_console.middleware.count_anew_after_a_deed",
    "invocations.views.error_pages.explain_wrong_methods",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "fallback_console.urls"
WSGI_APPLICATION = "fallback_console.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = ["unfold_crispy"]
CRISPY_TEMPLATE_PACK = "unfold_crispy"

STATIC_URL = "static/"
WHITENOISE_ALLOW_ALL_ORIGINS = False
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- users and languages ------------------------------------------------------------------------

LOGIN_URL = reverse_lazy("admin:login")
LOGIN_REDIRECT_URL = reverse_lazy("admin:index")
LANGUAGE_CODE = "en"
# Only languages that the console's own texts exist in: Django and Unfold have translations into
# others, and a page would mix both.
LANGUAGES = [("en", "English")]
FORMAT_MODULE_PATH = "fallback_console.formats"
TIME_ZONE = env.one_of(
    "TIME_ZONE",
    available_timezones(),
    default="UTC",
    hint="Use a name of the IANA time zone database, such as Asia/Kolkata.",
)
"""Of emails, and of whoever has chosen no zone and whose browser tells none."""
USE_TZ = True
# Messages stay on the server: a cookie can be read in transit and by the browser's next user.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- browser security ---------------------------------------------------------------------------

HTTPS_ONLY = env.flag("HTTPS_ONLY", default=True)
"""False only where the console is opened on this machine alone (`make run`)."""

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS_ONLY
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS_ONLY else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS_ONLY
BEHIND_PROXY = env.flag("BEHIND_PROXY", default=False)
PROXY_COUNT = int(
    env.one_of(
        "PROXY_COUNT", map(str, range(1, 10)), default="1", hint="A number from 1 to 9, mostly 1."
    )
)
"""How many proxies in front add to X-Forwarded-For (`invocations.access.client_address`)."""
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
# No redirect to https: a client that posts results over http would send its secret in clear with
# every request, and a redirect would hide that. The callback view refuses http itself.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^callbacks\b"]
CSRF_TRUSTED_ORIGINS = env.origins("CSRF_TRUSTED_ORIGINS")
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "invocations.views.error_pages.csrf_failure"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# A browser takes such a name over https alone, for this host and every path, so that no other host
# of the domain can set it.
SESSION_COOKIE_NAME = "__Host-sessionid" if HTTPS_ONLY else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if HTTPS_ONLY else "csrftoken"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "object-src": ["'none'"],
        "report-uri": [reverse_lazy("policy_report")],
        "report-to": ["policy"],
    }
}
USED_BROWSER_FEATURES = ["clipboard-write", "unload"]  # Copy buttons; the admin's pop-ups
"""Of `fallback_console.permissions_policy`, for our own pages. All others are off."""

# --- email and monitoring -----------------------------------------------------------------------

EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
EMAIL_TIMEOUT = 10
# EMAIL_HOST, EMAIL_PORT and so on, and another EMAIL_BACKEND, if there is an EMAIL_URL.
vars().update(env.email_server("EMAIL_URL"))
PASSWORD_RESET_BY_EMAIL = EMAIL_BACKEND != "django.core.mail.backends.dummy.EmailBackend"
PASSWORD_RESET_TIMEOUT = 60 * 60
ALERT_EMAILS = env.recipients("ALERT_EMAILS", server="EMAIL_URL")
"""Receive an email when an incident opens and when it ends. Empty: nobody does."""
DEFAULT_FROM_EMAIL = env.sender("DEFAULT_FROM_EMAIL", default="fallback-console@localhost")

CONSOLE_URL = env.web_url("CONSOLE_URL", example="https://console.example.com")
"""The address at which people open the console, for the links in emails."""
METRICS_TOKEN = env.bearer_token("METRICS_TOKEN")
"""The bearer token that /metrics requires. Empty: /metrics refuses everybody."""

# --- logs and error reports ---------------------------------------------------------------------

DEFAULT_EXCEPTION_REPORTER = "fallback_console.error_reports.ReporterWithoutValues"
DEFAULT_EXCEPTION_REPORTER_FILTER = "fallback_console.error_reports.TracebackOnlyFilter"
LOG_LEVEL = env.one_of(
    "LOG_LEVEL",
    ["DEBUG", "INFO", "WARNING", "ERROR"],
    default="INFO",
    hint="Use DEBUG, INFO, WARNING or ERROR.",
)
LOGGING_CONFIG = "fallback_console.logs.configure"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line", "level": LOG_LEVEL}
    },
    "root": {"handlers": ["stderr"], "level": root_level(LOG_LEVEL)},
    "loggers": {
        **levels_by_logger(LOG_LEVEL),
        "django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
    },
}
remember_credentials_of(
    secrets=[
        SECRET_KEY,
        *FIELD_ENCRYPTION_KEYS,
        LOOKUP_KEY,
        METRICS_TOKEN,
        DATABASES["default"].get("PASSWORD", ""),
    ],
    urls=[HTTPS_PROXY_URL, CELERY_BROKER_URL, env.text("EMAIL_URL")],
)

# Second factor and single sign-on: nothing unless the environment asks for them.
vars().update(settings_of_extra(env, vars()))
