"""The lookup key in the environment, the checks of keys, and who may read what is made."""

import base64
import os
import stat
import subprocess
import sys
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from django.core.checks import run_checks
from django.utils import timezone

from fallback_console import lookup_key
from invocations.models import Pod, SeenKey
from invocations.models.encryption import fingerprints
from invocations.models.seen_keys import note_keys, note_lookup_key

from .environments import GOOD, KEY, ROOT, start

OTHER = Fernet.generate_key().decode()


def ids(tags=("database", "settings")):
    found = run_checks(tags=list(tags), databases=["default"])
    return {message.id for message in found if message.id.startswith("console.")}


@pytest.fixture
def seen(db, monkeypatch):
    """What the database has noted at its first migration."""
    monkeypatch.setattr("invocations.models.seen_keys._noted", [])
    SeenKey.objects.all().delete()
    note_lookup_key("default")


def test_a_derived_key_stays_when_keys_are_added_and_is_32_bytes():
    derived = lookup_key.derived([KEY])
    assert derived == lookup_key.derived([OTHER, KEY]) != lookup_key.derived([OTHER])
    for key in (derived, lookup_key.fresh()):
        assert len(base64.urlsafe_b64decode(key)) == 32
    assert lookup_key.fresh() != lookup_key.fresh() and lookup_key.derived([]) == ""


def test_without_one_the_check_says_how_and_the_line_keeps_the_key():
    code, said = start("manage.py", "check", LOOKUP_KEY="")
    assert code == 0 and "make_lookup_key" in said
    code, line = start("manage.py", "make_lookup_key", LOOKUP_KEY="")
    assert (code, line.strip()) == (0, f"LOOKUP_KEY={lookup_key.derived([KEY])}")


def test_another_lookup_key_than_that_of_the_database_is_an_error(seen, settings):
    assert "console.E024" not in ids()
    settings.LOOKUP_KEY = OTHER
    note_lookup_key("default")
    assert "console.E024" in ids()


def test_an_old_key_is_named_after_thirty_days(seen, settings):
    month_ago = timezone.now() - timedelta(days=31)
    settings.FIELD_ENCRYPTION_KEYS = [OTHER, KEY]
    note_keys(timezone.now())
    assert "console.W025" not in ids()
    SeenKey.objects.filter(fingerprint=fingerprints()[0]).update(first_seen_at=month_ago)
    assert "console.W025" in ids()
    settings.FIELD_ENCRYPTION_KEYS = [OTHER]
    assert "console.W025" not in ids()


def test_a_key_is_noted_once_and_its_time_stays(seen, settings):
    settings.FIELD_ENCRYPTION_KEYS = [KEY]
    note_keys(timezone.now() - timedelta(days=3))
    settings.FIELD_ENCRYPTION_KEYS = [OTHER, KEY]
    note_keys(timezone.now())
    rows = SeenKey.objects.filter(kind="encryption")
    assert rows.count() == 2
    assert rows.get(fingerprint=fingerprints()[1]).first_seen_at < timezone.now() - timedelta(2)
    assert not any(KEY[:8] in str(vars(row)) for row in rows)


def test_a_region_whose_host_gets_no_key_is_named(seen, settings):
    assert "console.W026" not in ids()
    Pod.objects.create(code="X", title="X", api_domain="api.example.com")
    assert "console.W026" in ids()
    settings.EXTRA_API_DOMAINS = ["api.example.com"]
    assert "console.W026" not in ids()


def test_the_database_and_its_journal_are_for_their_owner_alone(tmp_path):
    path = tmp_path / "console.sqlite3"
    words = ("manage.py", "migrate", "contenttypes", "--verbosity", "0")
    code, said = start(*words, DATABASE_URL=f"sqlite:///{path}")
    assert code == 0, said
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()}
    assert modes and set(modes.values()) == {0o600}, modes


@pytest.mark.parametrize("module", ["fallback_console.wsgi", "fallback_console.celery"])
def test_every_entry_point_makes_private_files(module, tmp_path):
    broker = {"CELERY_BROKER_URL": "redis://127.0.0.1:1/0"} if "celery" in module else {}
    environment = os.environ | GOOD | broker | {"PYTHONWARNINGS": "ignore"}
    environment["DJANGO_SETTINGS_MODULE"] = "fallback_console.settings"
    script = f"import os, {module}; print(oct(os.umask(0)))"
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, text=True, capture_output=True
    )
    assert ended.stdout.strip() == "0o77", ended.stderr
