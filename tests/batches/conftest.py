"""Fixtures of messages, shared with the tests of sending."""

from __future__ import annotations

from tests.sending.conftest import waiting

__all__ = ["waiting"]
