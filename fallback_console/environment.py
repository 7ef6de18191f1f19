"""Turns variables of the environment into the values that the settings need, and validates them.

Each method of `Environment` takes the name of a variable and returns its value in the type that the
setting needs. A value that is missing or wrong does not raise: the method adds a `SettingProblem`
and returns something that lets Django start far enough to run `invocations.checks`, which reports
every problem. A problem never contains the value: it may be a password.
"""

from __future__ import annotations

import re
import warnings
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fallback_console import lookup_key
from fallback_console.databases import POSTGRESQL, SQLITE, with_durable_commits
from fallback_console.validation import is_email_address, is_fernet_key, is_header_token, is_web_url
from fallback_console.variables import Variables
from invocations.kaleyra.address import API_DOMAIN, is_public

SHORTEST_SECRET_KEY = 40
PLACEHOLDER_SECRET_KEY = "not-a-secret-the-start-is-refused-by-the-system-checks"

SHORTEST_TOKEN = 20

BROKER_SCHEMES = {"redis", "rediss", "amqp", "amqps"}

EMAIL_PORTS = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465, "consolemail": 0}
"""Default port by scheme. django-environ accepts other schemes, which are refused here: its `smtps`
means STARTTLS."""


class Environment(Variables):
    """The variables whose values are more than texts, lists and flags."""

    # --- secrets --------------------------------------------------------------------------------

    def secret_key(self, name: str) -> str:
        key = self.text(name)
        if len(key) >= SHORTEST_SECRET_KEY:
            return key
        self.add_problem(
            name,
            f"is missing or shorter than {SHORTEST_SECRET_KEY} characters.",
            'Make one: python -c "import secrets; print(secrets.token_urlsafe(50))"',
        )
        return PLACEHOLDER_SECRET_KEY

    def encryption_keys(self, name: str, *, secret_key: str) -> list[str]:
        """Fernet keys, newest first. None of them may be `secret_key`."""
        keys = self.items(name)
        if not keys or not all(is_fernet_key(key) for key in keys):
            make_one = (
                "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"
            )
            self.add_problem(
                name,
                "is missing, or one of its keys is not 32 bytes in URL-safe base64.",
                f'Make one: python -c "{make_one}". Newest first, comma separated.',
            )
            return []
        if secret_key in keys:
            self.add_problem(
                name,
                "contains the SECRET_KEY.",
                "Use a key of its own, so that each can be changed alone.",
            )
        return keys

    def lookup_key(self, name: str, *, encryption_keys: list[str]) -> str:
        """32 bytes in base64; derived from the oldest encryption key if the variable is empty."""
        key = self.text(name).strip()
        if not key:
            return lookup_key.derived(encryption_keys)
        if not is_fernet_key(key):  # the same form
            self.add_problem(
                name,
                "is not 32 bytes in URL-safe base64.",
                "`manage.py make_lookup_key` prints the line for .env.",
            )
        elif key in encryption_keys:
            self.add_problem(
                name,
                "is one of FIELD_ENCRYPTION_KEYS.",
                "Use a key of its own: `manage.py make_lookup_key` prints the line for .env.",
            )
        return key

    def api_domains(self, name: str) -> list[str]:
        """Hosts in small letters, each with or without a port; none on this machine."""
        hosts = self.items(name)
        if not all(re.search(API_DOMAIN, host) and is_public(host) for host in hosts):
            self.add_problem(
                name,
                "holds an entry that is not a public host.",
                "Hosts in small letters, comma separated: api.xx.kaleyra.io",
            )
            return []
        return hosts

    def bearer_token(self, name: str) -> str:
        token = self.text(name)
        if token and (len(token) < SHORTEST_TOKEN or not is_header_token(token)):
            self.add_problem(
                name,
                f"is shorter than {SHORTEST_TOKEN} characters, "
                "or holds blanks or signs outside ASCII.",
                'Make one: python -c "import secrets; print(secrets.token_urlsafe(32))"',
            )
        return token

    # --- hosts and URLs -------------------------------------------------------------------------

    def hosts(self, name: str, *, may_be_empty: bool) -> list[str]:
        hosts = self.items(name)
        if not hosts and not may_be_empty:
            self.add_problem(
                name,
                "is empty.",
                "Name the hosts the console answers to, comma separated: "
                f"{name}=console.example.com",
            )
        return hosts

    def origins(self, name: str) -> list[str]:
        origins = self.items(name)
        if not all(is_web_url(origin) for origin in origins):
            self.add_problem(
                name,
                "holds an entry without http:// or https://.",
                "For example https://console.example.com",
            )
        return origins

    def web_url(self, name: str, *, example: str) -> str:
        url = self.text(name)
        if url and not is_web_url(url):
            self.add_problem(
                name,
                "is not an http:// or https:// address.",
                f"For example {example}, or leave it out.",
            )
        return url

    def database(self, name: str, *, default: str) -> dict[str, Any]:
        """The value for `DATABASES["default"]`; SQLite in memory if the URL is wrong."""
        try:
            with warnings.catch_warnings(action="ignore"):  # they would show the password
                database: dict[str, Any] = self._env.db_url(name, default=default)
            is_known = database.get("ENGINE") in {SQLITE, POSTGRESQL}
        except Exception:
            # Whatever the parser raises may quote the URL and its password, so it goes no further.
            is_known = False
        if not is_known:
            self.add_problem(
                name,
                "is neither a SQLite nor a PostgreSQL address.",
                "For example sqlite:////var/lib/console/db.sqlite3 "
                "or postgres://user:password@host:5432/name",
            )
            database = {"ENGINE": SQLITE, "NAME": ":memory:"}
        return with_durable_commits(database)

    def broker(self, name: str, *, database: dict[str, Any]) -> str:
        """The URL of Celery's broker. Several machines cannot share a `database` in SQLite."""
        url = self.text(name)
        if url and urlsplit(url).scheme not in BROKER_SCHEMES:
            self.add_problem(
                name,
                "is neither a Redis nor a RabbitMQ address.",
                "For example redis://host:6379/0 or amqp://user:password@host//",
            )
        elif url and database["ENGINE"] == SQLITE:
            self.add_problem(
                name,
                "is set, and the database is SQLite, which serves one machine.",
                "Set DATABASE_URL to PostgreSQL, or leave the broker out: "
                "`manage.py dispatch` does the same work without one.",
            )
        return url

    # --- files ----------------------------------------------------------------------------------

    def file(self, name: str) -> str:
        path = self.text(name)
        if path and not Path(path).is_file():
            self.add_problem(
                name,
                "names no file.",
                "Give the path of a PEM file with certificate authorities, "
                "or leave it out for the usual ones.",
            )
        return path

    def folder(self, name: str, *, default: Path) -> Path:
        """An existing folder, or `default`, which need not exist yet."""
        given = self.text(name)
        folder = Path(given or default)
        if given and not folder.is_dir():
            self.add_problem(
                name,
                "names no folder.",
                "Make it, readable by the console alone, or leave it out for one beside the code.",
            )
        return folder

    # --- email ----------------------------------------------------------------------------------

    def email_server(self, name: str) -> dict[str, Any]:
        """Django's EMAIL_… settings for the server, or nothing if the URL is empty or wrong."""
        url = self.text(name)
        if not url:
            return {}
        try:
            scheme = urlsplit(url).scheme
            server: dict[str, Any] = self._env.email_url(name)
            if server["EMAIL_HOST"] or scheme == "consolemail":
                return server | {"EMAIL_PORT": server["EMAIL_PORT"] or EMAIL_PORTS[scheme]}
        except Exception:  # noqa: S110  it may quote the URL and its password; reported below
            pass
        self.add_problem(
            name,
            "is no address of a mail server.",
            "For example smtp+tls://user:password@mail.example.com:587 (STARTTLS), "
            "or smtp+ssl://… (port 465), or smtp://… (neither).",
        )
        return {}

    def recipients(self, name: str, *, server: str) -> list[str]:
        """Email addresses. They need a value in the variable named `server`."""
        addresses = self.items(name)
        if not all(is_email_address(address) for address in addresses):
            self.add_problem(
                name,
                "holds an entry that is no mail address.",
                "Comma separated: ops@example.com, support@example.com",
            )
        elif addresses and not self.text(server):
            self.add_problem(
                name,
                f"is set without an {server}.",
                f"Name the mail server in {server} as well.",
            )
        return addresses

    def sender(self, name: str, *, default: str) -> str:
        """An email address, with or without a display name: `Console <console@example.com>`."""
        sender = self.text(name, default)
        if not is_email_address(parseaddr(sender)[1]):
            self.add_problem(
                name, "is no mail address.", "For example Fallback console <console@example.com>"
            )
        return sender
