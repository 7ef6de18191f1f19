"""What scripts, service managers and brokers name keeps its name: commands, tasks and settings."""

import re
import runpy
import shlex
import shutil

import pytest
from celery import current_app
from django.core.management import get_commands, load_command_class

import invocations.tasks  # noqa: F401  registers the tasks
from tests.console.environments import SETTINGS

COMMAND_LINES = [
    "demo --api-domain 127.0.0.1:8100 --at http://127.0.0.1:8000/",
    "dispatch --once --threads 4",
    "invoke 'Order delayed' --recipient 918061234501 --recipient2 918061234502 --param 01=Asha"
    " --param1 02=KF-1 --param2 02=KF-2 --request-id 5d59451d-e360-4a5b-bbe4-48382247b3b0"
    " --not-before 2027-03-01T09:00+05:30 --not-after 2027-03-01T10:00+05:30 --reference CARE-1"
    " --dry-run --json",
    "reconcile --at-most 5",
    "sandbox --host 127.0.0.1 --port 8100 --console http://127.0.0.1:8000 --log requests.jsonl",
]
"""The commands of the version before, each with all of its options."""

ENV_FILE = """\
SECRET_KEY=a-secret-of-more-than-forty-characters-0123456789abcdef
FIELD_ENCRYPTION_KEYS=dGVzdC1rZXktdGVzdC1rZXktdGVzdC1rZXktdGVzdC0=
ALLOWED_HOSTS=console.example.com
SANDBOX=True
HTTPS_ONLY=False
DEBUG=True
DATABASE_URL=postgres://user:password@db.example.com:5432/name
BEHIND_PROXY=True
CSRF_TRUSTED_ORIGINS=https://console.example.com
HTTPS_PROXY_URL=http://proxy.example.com:3128
CA_BUNDLE={folder}/ca.crt
DUPLICATE_ANSWER_PATTERN=request.?id.*already
CELERY_BROKER_URL=redis://127.0.0.1:6379/0
EXPORTS_DIR={folder}
EMAIL_URL=smtp+tls://user:password@mail.example.com:587
DEFAULT_FROM_EMAIL=Fallback console <console@example.com>
ALERT_EMAILS=ops@example.com,support@example.com
CONSOLE_URL=https://console.example.com
METRICS_TOKEN=a-token-of-more-than-20-characters
LOG_LEVEL=ERROR
"""
"""A .env file with every variable that the version before read."""


@pytest.fixture
def read_settings(tmp_path, monkeypatch):
    """The settings of a console beside whose code this .env file lies."""
    for name in re.findall(r"^([A-Z_]+)=", ENV_FILE, re.MULTILINE):
        monkeypatch.delenv(name, raising=False)  # and restores it: django-environ sets them all
    (tmp_path / "ca.crt").touch()
    (tmp_path / ".env").write_text(ENV_FILE.format(folder=tmp_path))
    (tmp_path / "fallback_console").mkdir()
    return runpy.run_path(shutil.copy(SETTINGS, tmp_path / "fallback_console"))


@pytest.mark.parametrize("line", COMMAND_LINES, ids=lambda line: line.split()[0])
def test_a_command_of_the_version_before_takes_all_of_its_options(line):
    name, *words = shlex.split(line)
    parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
    parser.allow_abbrev = False
    assert parser.parse_args(words)


def test_the_tasks_in_a_queue_of_the_version_before_are_registered():
    names = {"invocations.deliver_due", "invocations.sweep", "invocations.write_exports"}
    assert names <= set(current_app.tasks)


def test_an_env_file_of_the_version_before_is_read_without_a_problem(read_settings):
    assert read_settings["SETTINGS_PROBLEMS"] == []


def test_every_variable_of_the_version_before_still_sets_what_it_set(read_settings, tmp_path):
    expected = {
        "SECRET_KEY": "a-secret-of-more-than-forty-characters-0123456789abcdef",
        "FIELD_ENCRYPTION_KEYS": ["dGVzdC1rZXktdGVzdC1rZXktdGVzdC1rZXktdGVzdC0="],
        "ALLOWED_HOSTS": ["console.example.com"],
        "SANDBOX": True,
        "SESSION_COOKIE_SECURE": False,
        "DEBUG": True,
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
        "CSRF_TRUSTED_ORIGINS": ["https://console.example.com"],
        "HTTPS_PROXY_URL": "http://proxy.example.com:3128",
        "CA_BUNDLE": f"{tmp_path}/ca.crt",
        "DUPLICATE_ANSWER_PATTERN": "request.?id.*already",
        "CELERY_BROKER_URL": "redis://127.0.0.1:6379/0",
        "EXPORTS_DIR": tmp_path,
        "EMAIL_HOST": "mail.example.com",
        "DEFAULT_FROM_EMAIL": "Fallback console <console@example.com>",
        "ALERT_EMAILS": ["ops@example.com", "support@example.com"],
        "CONSOLE_URL": "https://console.example.com",
        "METRICS_TOKEN": "a-token-of-more-than-20-characters",
        "LOG_LEVEL": "ERROR",
    }
    assert {name: read_settings[name] for name in expected} == expected
    assert read_settings["DATABASES"]["default"]["HOST"] == "db.example.com"
