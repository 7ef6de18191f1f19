"""Runs each file of `on` in a process whose settings have the extra on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

ON = Path(__file__).parent / "on"
ROOT = ON.parents[2]
FILES = [] if settings.SIGN_IN_EXTRA else sorted(path.name for path in ON.glob("test_*.py"))


@pytest.mark.parametrize("name", FILES)
def test_with_the_extra_on(name):
    words = ["-m", "pytest", "-p", "no:cacheprovider", "--ds=tests.sign_in_extra.on.settings"]
    outside = {key: os.environ[key] for key in os.environ if not key.startswith("PYTEST_")}
    ended = subprocess.run(
        [sys.executable, *words, str(ON / name)],
        cwd=ROOT,
        env=outside,
        text=True,
        capture_output=True,
        timeout=600,
    )
    assert ended.returncode == 0, ended.stdout[-6000:]
