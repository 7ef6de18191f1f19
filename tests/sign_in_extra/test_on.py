"""Runs the tests of `on` in a process of their own, whose settings have the extra on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ON = Path(__file__).parent / "on"
ROOT = ON.parents[2]
PYTEST = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
SETTINGS = "--ds=tests.sign_in_extra.on.settings"


@pytest.mark.timeout(1300)
def test_with_the_extra_on(tmp_path):
    outside = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    ended = subprocess.run(
        [*PYTEST, SETTINGS, f"--output={tmp_path}", str(ON)],
        cwd=ROOT,
        env=outside,
        text=True,
        capture_output=True,
        timeout=1200,
    )
    assert ended.returncode == 0, ended.stdout[-8000:]
