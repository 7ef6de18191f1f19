"""Exceptions without the values that their messages may hold, for logs and error reports.

A message may quote a phone number, a template value or a note: `int()` quotes its argument, a
template's error quotes its whole context, and PostgreSQL quotes the row that it refused. A value
cannot be recognised in a text, so only the messages of some exceptions are kept.
"""

from __future__ import annotations

import traceback
from types import TracebackType

from invocations.kaleyra.log_text import LEFT_OUT, without_secrets

_KEPT = {
    "builtins.OSError",
    "builtins.ImportError",
    "builtins.NameError",
    "builtins.KeyboardInterrupt",
    "django.core.exceptions.BadRequest",
    "django.core.exceptions.ImproperlyConfigured",
    "django.core.exceptions.SuspiciousOperation",
    "django.db.utils.InterfaceError",
    "django.db.utils.OperationalError",
    "psycopg.InterfaceError",
    "psycopg.OperationalError",
    "sqlite3.OperationalError",
    "celery.beat.SchedulingError",
    "kombu.exceptions.KombuError",
    "redis.exceptions.RedisError",
    "amqp.exceptions.AMQPError",
}
"""Exceptions whose messages speak of this installation, with those derived from them."""
_FIRST_LINE_KEPT = {
    "django.db.utils.IntegrityError",
    "django.db.utils.ProgrammingError",
    "psycopg.IntegrityError",
    "psycopg.ProgrammingError",
    "sqlite3.IntegrityError",
}
"""The first line names the constraint or the column. Later ones (DETAIL) quote the row."""
_NEVER_KEPT = ("requests.", "urllib3.", "smtplib.")
"""Packages whose exceptions are OSErrors, and quote headers, addresses or answers."""


def text_of(error: BaseException) -> str:
    """The message of `error`, as far as it cannot hold a value."""
    names = {f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__}
    if type(error).__module__.startswith(_NEVER_KEPT) or not names & (_KEPT | _FIRST_LINE_KEPT):
        return LEFT_OUT
    try:
        text = str(error)
    except Exception:  # an exception of a library may fail to describe itself
        return LEFT_OUT
    return without_secrets(text if names & _KEPT else text.partition("\n")[0])


def without_values(error: BaseException) -> BaseException:
    """A stand-in for `error`: the same name and traceback, and `text_of` as its message.

    So are its causes. For whatever prints exceptions: it gets no reference to the original.
    """
    return _stand_in(error, {})


def _stand_in(error: BaseException, made: dict[int, BaseException]) -> BaseException:
    if id(error) in made:
        return made[id(error)]
    kind = type(error)
    named = type(kind.__name__, (Exception,), {"__module__": kind.__module__})
    named.__qualname__ = kind.__qualname__
    stand_in: BaseException = named(text_of(error))
    made[id(error)] = stand_in
    stand_in.__traceback__ = error.__traceback__
    if error.__cause__:
        stand_in.__cause__ = _stand_in(error.__cause__, made)
    if error.__context__:
        stand_in.__context__ = _stand_in(error.__context__, made)
    stand_in.__suppress_context__ = error.__suppress_context__
    return stand_in


def traceback_of(error: BaseException, frames: TracebackType | None = None) -> str:
    """The traceback as Python prints it, without values, and without numbers in lines of code."""
    shown = without_values(error)
    lines = traceback.format_exception(type(shown), shown, frames or error.__traceback__)
    return without_secrets("".join(lines).rstrip("\n"))
