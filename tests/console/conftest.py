"""settings.py, read from an environment."""

import runpy

import pytest

from .environments import GOOD, SETTINGS


@pytest.fixture
def read(monkeypatch):
    """read(DEBUG="perhaps"): the settings from an otherwise good environment."""

    def read(path=SETTINGS, **changes):
        for name, value in (GOOD | changes).items():
            monkeypatch.setenv(name, value) if value is not None else monkeypatch.delenv(name)
        return runpy.run_path(str(path))

    return read
