"""Where the deed under way came from: set by a middleware or by manage.py, read by `record`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@dataclass(frozen=True)
class Origin:
    """`ip`: of the browser; empty for a command. `session`: the start of a digest of its key.

    `os_user`: who runs a command; empty for a request and for the console's own processes.
    `person`: who is signed in at the browser, or Django's anonymous user.
    """

    ip: str = ""
    session: str = ""
    os_user: str = ""
    person: Any = None


_current: ContextVar[Origin | None] = ContextVar("origin", default=None)


def current_origin() -> Origin:
    return _current.get() or Origin()


def current_person() -> User | None:
    """Who is signed in at the browser whose request is answered; None outside a request."""
    person = current_origin().person
    return person if person is not None and person.is_authenticated else None


@contextmanager
def coming_from(origin: Origin) -> Iterator[None]:
    """`record` writes `origin` into the rows of this block."""
    token = _current.set(origin)
    try:
        yield
    finally:
        _current.reset(token)
