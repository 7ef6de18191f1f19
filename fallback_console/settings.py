"""All settings. The only reader of the environment: every name read here stands in `.env.example` and README's table.

A value that is missing or wrong does not stop this module; it is noted in `SETTINGS_PROBLEMS`, and
`invocations.checks` names it, with a hint, before anything starts (`manage.py check`, and `wsgi.py` for the server).
"""

from __future__ import annotations

import logging
import re
import warnings
from email.utils import parseaddr
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import environ
from cryptography.fernet import Fernet
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent


class SettingProblem(NamedTuple):
    """One setting that cannot be used: its name, what is wrong, and what to do."""

    name: str
    wrong: str
    hint: str


SETTINGS_PROBLEMS: list[SettingProblem] = []

env = environ.Env()
ENV_FILE = BASE_DIR / ".env"
if ENV_FILE.is_file():
    for number, line in enumerate(
        ENV_FILE.read_text(encoding="utf-8", errors="replace").splitlines(), start=1
    ):
        if line and not re.match(r"#|(export )?[A-Za-z_0-9]+=", line):
            SETTINGS_PROBLEMS.append(
                SettingProblem(
                    ".env",
                    f"has a line {number} that is not NAME=value.",
                    "No blanks around the =; # begins a comment.",
                )
            )
    logging.getLogger("environ.environ").setLevel(
        logging.ERROR
    )  # it would log such a line, and with it a password
    environ.Env.read_env(ENV_FILE)


def _flag(name: str, default: bool) -> bool:
    raw = env.str(name, default=str(default)).strip().lower()
    if raw in {"true", "1", "yes", "on"}:
        return True
    if raw not in {"false", "0", "no", "off", ""}:
        SETTINGS_PROBLEMS.append(
            SettingProblem(
                name, "is neither True nor False.", f"Write {name}=True or {name}=False."
            )
        )
    return False


def _web_address(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return (
            parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        )  # asking for a port checks it
    except ValueError:
        return False


def _mail_address(address: str) -> bool:
    return bool(re.fullmatch(r"[^@\s<>,]+@[^@\s<>,]+", address))


# --- who we are -------------------------------------------------------------------------------------------------------

SECRET_KEY = env.str("SECRET_KEY", default="")
if len(SECRET_KEY) < 40:
    SETTINGS_PROBLEMS.append(
        SettingProblem(
            "SECRET_KEY",
            "is missing or shorter than 40 characters.",
            'Make one: python -c "import secrets; print(secrets.token_urlsafe(50))"',
        )
    )
    SECRET_KEY = "not-a-secret-the-start-is-refused-by-the-system-checks"

DEBUG = _flag("DEBUG", False)
ALLOWED_HOSTS: list[str] = [
    host.strip() for host in env.str("ALLOWED_HOSTS", default="").split(",") if host.strip()
]
if not ALLOWED_HOSTS and not DEBUG:
    SETTINGS_PROBLEMS.append(
        SettingProblem(
            "ALLOWED_HOSTS",
            "is empty.",
            "Name the hosts the console answers to, comma separated: ALLOWED_HOSTS=console.example.com",
        )
    )

SANDBOX = _flag("SANDBOX", False)
"""Lets a pod on this machine (a loopback host) be reached over http. Never in production."""

# --- secrets at rest --------------------------------------------------------------------------------------------------

FIELD_ENCRYPTION_KEYS: list[str] = [
    key.strip() for key in env.str("FIELD_ENCRYPTION_KEYS", default="").split(",") if key.strip()
]


def _fernet_key(key: str) -> bool:
    try:
        Fernet(key)
    except (ValueError, TypeError):
        return False
    return True


if not FIELD_ENCRYPTION_KEYS or not all(_fernet_key(key) for key in FIELD_ENCRYPTION_KEYS):
    SETTINGS_PROBLEMS.append(
        SettingProblem(
            "FIELD_ENCRYPTION_KEYS",
            "is missing, or one of its keys is not 32 bytes in URL-safe base64.",
            'Make one: python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())". '
            "Newest first, comma separated.",
        )
    )
    FIELD_ENCRYPTION_KEYS = []
elif SECRET_KEY in FIELD_ENCRYPTION_KEYS:
    SETTINGS_PROBLEMS.append(
        SettingProblem(
            "FIELD_ENCRYPTION_KEYS",
            "contains the SECRET_KEY.",
            "Use a key of its own, so that each can be changed alone.",
        )
    )

# --- the way to Kaleyra -----------------------------------------------------------------------------------------------

HTTPS_PROXY_URL = env.str("HTTPS_PROXY_URL", default="")
if HTTPS_PROXY_URL and not _web_address(HTTPS_PROXY_URL):
    SETTINGS_PROBLEMS.append(
        SettingProblem(
            "HTTPS_PROXY_URL",
            "is not an http:// or https:// address.",
            "For example http://proxy.example.com:3128, or leave it out.",
        )
    )

CA_BUNDLE = env.str("CA_BUNDLE", default="")
if CA_BUNDLE and not Path(CA_BUNDLE).is_file():
    SETTINGS_PROBLEMS.append(
        SettingProblem(
            "CA_BUNDLE",
            "names no file.",
            "Give the path of a PEM file with certificate authorities, or leave it out for the usual ones.",
        )
    )

DUPLICATE_ANSWER_PATTERN = env.str("DUPLICATE_ANSWER_PATTERN", default="")
"""A regular expression for how Kaleyra says that a request id was used before. Its words are not documented."""
try:
    DUPLICATE_ANSWER = (
        re.compile(DUPLICATE_ANSWER_PATTERN, re.IGNORECASE) if DUPLICATE_ANSWER_PATTERN else None
    )
except re.error:
    DUPLICATE_ANSWER = None
    SETTINGS_PROBLEMS.append(
        SettingProblem(
            "DUPLICATE_ANSWER_PATTERN",
            "is no regular expression.",
            "Python’s syntax, or leave it out for the usual words.",
        )
    )

# --- data -------------------------------------------------------------------------------------------------------------


def _database() -> dict[str, Any]:
    try:
        with warnings.catch_warnings(action="ignore"):  # they would show the password
            database: dict[str, Any] = env.db_url(
                "DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'db.sqlite3'}"
            )
        known = database.get("ENGINE") in {
            "django.db.backends.sqlite3",
            "django.db.backends.postgresql",
        }
    except Exception:
        # Whatever the parser stumbled over holds a password: it is named in the problem, never shown.
        known = False
    if not known:
        SETTINGS_PROBLEMS.append(
            SettingProblem(
                "DATABASE_URL",
                "is neither a SQLite nor a PostgreSQL address.",
                "For example sqlite:////var/lib/console/db.sqlite3 or postgres://user:password@host:5432/name",
            )
        )
        database = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
    if database["ENGINE"] == "django.db.backends.sqlite3":
        # IMMEDIATE and a timeout: writers queue instead of failing with "database is locked".
        # FULL: a committed invocation survives a power cut (SQLite documentation, "PRAGMA synchronous").
        database["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        }
    else:
        # Kept for a minute by each thread of the web server, and asked first whether it still works.
        database = {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True} | database
        given = database.get("OPTIONS", {})
        database["OPTIONS"] = {
            "connect_timeout": 5,
            **given,
            # synchronous_commit: what is committed survives a crash, whatever the server's own setting; a later -c wins.
            # The timeout: a process that is frozen inside a transaction does not keep its rows from the others for ever.
            "options": f"{given.get('options', '')} -c idle_in_transaction_session_timeout=60s -c synchronous_commit=on".strip(),
        }
    return database


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Some indexes carry more columns, for PostgreSQL (`Invocation.Meta.indexes`). That SQLite does without is no problem of its user.
SILENCED_SYSTEM_CHECKS = ["models.W040"]

# --- many machines ----------------------------------------------------------------------------------------------------

CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="")
"""Empty: no Celery. The dispatcher (`manage.py dispatch`) does the work."""
if CELERY_BROKER_URL and urlsplit(CELERY_BROKER_URL).scheme not in {
    "redis",
    "rediss",
    "amqp",
    "amqps",
}:
    SETTINGS_PROBLEMS.append(
        SettingProblem(
            "CELERY_BROKER_URL",
            "is neither a Redis nor a RabbitMQ address.",
            "For example redis://host:6379/0 or amqp://user:password@host//",
        )
    )
elif CELERY_BROKER_URL and DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    SETTINGS_PROBLEMS.append(
        SettingProblem(
            "CELERY_BROKER_URL",
            "is set, and the database is SQLite, which serves one machine.",
            "Set DATABASE_URL to PostgreSQL, or leave the broker out: `manage.py dispatch` does the same work without one.",
        )
    )

# --- files ------------------------------------------------------------------------------------------------------------

EXPORTS_DIR = Path(env.str("EXPORTS_DIR", default="") or BASE_DIR / "exports")
"""Where long exports are written. Every web server and every dispatcher must reach the same folder."""
if env.str("EXPORTS_DIR", default="") and not EXPORTS_DIR.is_dir():
    SETTINGS_PROBLEMS.append(
        SettingProblem(
            "EXPORTS_DIR",
            "names no folder.",
            "Make it, readable by the console alone, or leave it out for one beside the code.",
        )
    )

# --- rooms ------------------------------------------------------------------------------------------------------------

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
    "crispy_forms",
    "csp",
    "simple_history",
    "invocations.apps.InvocationsConfig",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "fallback_console.middleware.show_times_in_the_users_zone",
    "fallback_console.middleware.keep_pages_out_of_caches",
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
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- people -----------------------------------------------------------------------------------------------------------

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = reverse_lazy("admin:login")
LOGIN_REDIRECT_URL = reverse_lazy("admin:index")
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
# Messages stay on the server: a cookie is readable on the way and by whoever sits at the machine next.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_COOKIE_AGE = 12 * 60 * 60

# --- the browser ------------------------------------------------------------------------------------------------------

HTTPS_ONLY = _flag("HTTPS_ONLY", True)
"""Off only where the console is served on this machine alone (`make run`)."""

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS_ONLY
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS_ONLY else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS_ONLY
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if _flag("BEHIND_PROXY", False) else None
)
# Who posts a result over http would repeat its secret at every redirect: the page itself refuses.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^callbacks/"]
CSRF_TRUSTED_ORIGINS: list[str] = [
    o.strip() for o in env.str("CSRF_TRUSTED_ORIGINS", default="").split(",") if o.strip()
]
if not all(_web_address(origin) for origin in CSRF_TRUSTED_ORIGINS):
    SETTINGS_PROBLEMS.append(
        SettingProblem(
            "CSRF_TRUSTED_ORIGINS",
            "holds an entry without http:// or https://.",
            "For example https://console.example.com",
        )
    )
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"

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
    }
}

# --- telling people and machines ------------------------------------------------------------------------------------

DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="fallback-console@localhost")
ALERT_EMAILS: list[str] = [
    each.strip() for each in env.str("ALERT_EMAILS", default="").split(",") if each.strip()
]
"""Who is told when an incident opens and when it is over. Empty: nobody."""
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
EMAIL_TIMEOUT = 10
EMAIL_PORTS = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465, "consolemail": 0}
"""By the scheme of EMAIL_URL. Others that django-environ knows are not offered: its `smtps` means STARTTLS."""


def _mail_server() -> dict[str, Any]:
    """Django's settings for EMAIL_URL."""
    if not env.str("EMAIL_URL", default=""):
        return {}
    try:
        scheme = urlsplit(env.str("EMAIL_URL")).scheme
        server: dict[str, Any] = env.email_url("EMAIL_URL")
        if server["EMAIL_HOST"] or scheme == "consolemail":
            return server | {"EMAIL_PORT": server["EMAIL_PORT"] or EMAIL_PORTS[scheme]}
    except Exception:  # noqa: S110  whatever the parser stumbled over holds a password: it is named in the problem, never shown
        pass
    SETTINGS_PROBLEMS.append(
        SettingProblem(
            "EMAIL_URL",
            "is no address of a mail server.",
            "For example smtp+tls://user:password@mail.example.com:587 (STARTTLS), or smtp+ssl://… (port 465), or smtp://… (neither).",
        )
    )
    return {}


vars().update(_mail_server())
if not all(_mail_address(address) for address in ALERT_EMAILS):
    SETTINGS_PROBLEMS.append(
        SettingProblem(
            "ALERT_EMAILS",
            "holds an entry that is no mail address.",
            "Comma separated: ops@example.com, support@example.com",
        )
    )
elif ALERT_EMAILS and not env.str("EMAIL_URL", default=""):
    SETTINGS_PROBLEMS.append(
        SettingProblem(
            "ALERT_EMAILS",
            "is set without an EMAIL_URL.",
            "Name the mail server in EMAIL_URL as well.",
        )
    )
if not _mail_address(parseaddr(DEFAULT_FROM_EMAIL)[1]):
    SETTINGS_PROBLEMS.append(
        SettingProblem(
            "DEFAULT_FROM_EMAIL",
            "is no mail address.",
            "For example Fallback console <console@example.com>",
        )
    )

CONSOLE_URL = env.str("CONSOLE_URL", default="")
"""Where people open the console: mails link to it."""
if CONSOLE_URL and not _web_address(CONSOLE_URL):
    SETTINGS_PROBLEMS.append(
        SettingProblem(
            "CONSOLE_URL",
            "is not an http:// or https:// address.",
            "For example https://console.example.com, or leave it out.",
        )
    )

METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
"""Who shows it as a bearer token may read /metrics. Empty: nobody may."""
if METRICS_TOKEN and (
    len(METRICS_TOKEN) < 20
    or not METRICS_TOKEN.isascii()
    or not METRICS_TOKEN.isprintable()
    or " " in METRICS_TOKEN
):
    SETTINGS_PROBLEMS.append(
        SettingProblem(
            "METRICS_TOKEN",
            "is shorter than 20 characters, or holds blanks or signs outside ASCII.",
            'Make one: python -c "import secrets; print(secrets.token_urlsafe(32))"',
        )
    )

# --- what is written down ---------------------------------------------------------------------------------------------

DEFAULT_EXCEPTION_REPORTER_FILTER = "fallback_console.error_reports.NothingButTheTrace"
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO").upper()
if LOG_LEVEL not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
    SETTINGS_PROBLEMS.append(
        SettingProblem("LOG_LEVEL", "is no log level.", "Use DEBUG, INFO, WARNING or ERROR.")
    )
    LOG_LEVEL = "INFO"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"no_tokens": {"()": "fallback_console.error_reports.NoTokens"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["no_tokens"]}
    },
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    # SQL at DEBUG carries the values of the statement; urllib3's warnings carry what it could not read of an answer.
    "loggers": {
        "django.db.backends": {"level": "WARNING"},
        "urllib3": {"level": "ERROR"},
        # Django names the path of what it refuses; no handler of anybody's gets the token in it.
        "django.request": {"filters": ["no_tokens"]},
        "django": {
            "handlers": ["stderr"],
            "level": "WARNING" if LOG_LEVEL == "INFO" else LOG_LEVEL,
            "propagate": False,
        },
    },
}

# --- the shell (django-unfold) ----------------------------------------------------------------------------------------

UNFOLD = {
    "SITE_TITLE": _("Fallback console"),
    "SITE_HEADER": _("Fallback console"),
    "SITE_SUBHEADER": _("WhatsApp, then SMS"),
    "SITE_SYMBOL": "forum",
    "SITE_URL": None,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": "invocations.admin.site.favicon"}
    ],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SCRIPTS": [
        "invocations.admin.site.shell_script",
        "invocations.admin.site.keyboard_script",
        "invocations.admin.site.console_script",
    ],
    "SIDEBAR": {
        "navigation": "invocations.admin.navigation.sidebar",
        "show_search": False,
        "show_all_applications": False,
    },
}
"""No colours here: Unfold would write them as an inline style, which the policy above forbids.
They are in static/console/tokens.css; `invocations.admin.site` lists the stylesheets.
"""
