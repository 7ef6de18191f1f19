"""Keeps numbers, keys, values and callback tokens out of logs, whichever handler writes them.

Handlers come from `LOGGING`, and also from Django, Celery, gunicorn and error reporters, which add
their own at any time. So the redaction is in `logging.Handler.handle`, through which every record
goes to every handler, `logging.lastResort` too. Uncaught exceptions of processes and threads, which
Python prints without a logger, are redacted by hooks.

What cannot be recognised in a text, as a name or a note, must not get into a record: `HELD` keeps
the loggers of libraries quiet that write contexts, SQL parameters or arguments of tasks.
"""

from __future__ import annotations

import logging
import logging.config
import re
import sys
import threading
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from fallback_console.error_text import text_of, traceback_of, without_values
from invocations.kaleyra.log_text import LEFT_OUT, remember_credential, without_secrets

HELD = (
    "django",
    "django.db.backends",  # SQL with its parameters
    "django.template",  # contexts
    "django.utils.autoreload",
    "amqp",
    "asyncio",
    "axes",  # four lines for each sign-in
    "billiard",
    "celery",  # names, arguments and results of tasks
    "celery.app.trace",
    "celery.beat",
    "celery.task",
    "celery.worker",
    "celery.worker.strategy",
    "h2",
    "hpack",
    "httpcore",
    "httpx",
    "kombu",
    "multiprocessing",
    "psycopg",
    "redis",
    "requests",
    "urllib3",  # URLs, and what it could not parse of an answer
)
"""Loggers of libraries. They write warnings and errors only, whatever LOG_LEVEL is."""


def levels_by_logger(level: str) -> dict[str, dict[str, str]]:
    """The `loggers` of `LOGGING` for LOG_LEVEL `level`."""
    held = {name: {"level": "WARNING"} for name in HELD}
    own = {name: {"level": level} for name in ("fallback_console", "invocations")}
    return held | own | {"urllib3": {"level": "ERROR"}}


def root_level(level: str) -> str:
    """For loggers that `levels_by_logger` does not name: DEBUG is for the console's own."""
    return "INFO" if level == "DEBUG" else level


def configure(configuration: dict[str, Any]) -> None:
    """The console's `LOGGING_CONFIG`: Django calls it with `LOGGING`."""
    redact_every_handler()
    logging.captureWarnings(True)
    logging.config.dictConfig(configuration)
    sys.excepthook = _print_uncaught
    threading.excepthook = _print_uncaught_in_thread


# --- records --------------------------------------------------------------------------------------

_handle = logging.Handler.handle
_EMPTY_RECORD = logging.makeLogRecord({})
_STANDARD = {*_EMPTY_RECORD.__dict__, "message", "asctime", "taskName", "is_redacted"}
_SHORT = (bool, float, type(None))
_LONGEST_NUMBER = 9_999_999


def redact_every_handler() -> None:
    """Makes every handler of this process, present or future, redact what it gets."""
    logging.Handler.handle = _handle_redacted  # type: ignore[method-assign,assignment]
    # Python's own prints the exception that was being handled when the line was logged.
    logging.Handler.handleError = _report_unwritten  # type: ignore[method-assign,assignment]


def _handle_redacted(handler: logging.Handler, record: logging.LogRecord) -> bool:
    redact(record)
    return _handle(handler, record)


def _report_unwritten(handler: logging.Handler, record: logging.LogRecord) -> None:
    """Says on stderr, without values, that `handler` could not write a line."""
    error = sys.exc_info()[1]
    if error is None or not logging.raiseExceptions or sys.stderr is None:
        return
    line = f"{record.levelname} {record.name} of {record.pathname}:{record.lineno}"
    try:
        print(f"A log line could not be written ({line}):\n{traceback_of(error)}", file=sys.stderr)
    except OSError:
        pass  # stderr is closed


def redact(record: logging.LogRecord) -> None:
    """Redacts message, arguments, exception, stack and extra fields of `record`, once."""
    if getattr(record, "is_redacted", False):
        return
    if not isinstance(record.exc_info, tuple):
        record.exc_info = None
    error = record.exc_info[1] if record.exc_info else None
    message = _message(record)
    if str(record.name).startswith("django.db.backends"):
        # First: what is redacted may take the quote of a text in the SQL with it.
        message = _without_parameters(message)
    record.msg, record.args = without_secrets(_without_quotes(message, error)), None
    if error is not None and record.exc_info:
        record.exc_text = traceback_of(error, record.exc_info[2])
        stand_in = without_values(error)
        record.exc_info = type(stand_in), stand_in, record.exc_info[2]
    elif record.exc_text:
        record.exc_text = without_secrets(record.exc_text)
    if record.stack_info:
        record.stack_info = without_secrets(record.stack_info)
    for name in record.__dict__.keys() - _STANDARD:
        record.__dict__[name] = _redacted_extra(record.__dict__[name])
    record.is_redacted = True


def _message(record: logging.LogRecord) -> str:
    """The message. Exceptions among its arguments are replaced by `error_text.text_of`."""
    arguments: Any = record.args
    if isinstance(arguments, Mapping):
        arguments = {name: _argument(value) for name, value in arguments.items()}
    elif isinstance(arguments, tuple):
        arguments = tuple(_argument(value) for value in arguments)
    try:
        message = str(_argument(record.msg))
        return message % arguments if arguments else message
    except Exception:  # logging itself would print the arguments to stderr
        return f"A log line of {record.pathname}:{record.lineno} could not be written."


class _Text(str):
    def __repr__(self) -> str:
        return str(self)


def _argument(value: Any) -> Any:
    return _Text(text_of(value)) if isinstance(value, BaseException) else value


def _without_quotes(message: str, error: BaseException | None) -> str:
    """`message` without the text of the exception logged with it, unless that may be shown."""
    for each in _chain(error):
        if (shown := text_of(each)) != LEFT_OUT:
            continue
        try:
            texts = {str(each), repr(each), *(str(part) for part in each.args)}
        except Exception:
            return shown
        for text in sorted(texts, key=len, reverse=True):
            message = message.replace(text, shown) if len(text) > 3 else message
    return message


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


_SQL_TEXT = re.compile(r"'(?:[^']|'')*'")


def _without_parameters(statement: str) -> str:
    """What `django.db.backends` logs at DEBUG, without the texts in the SQL and the parameters."""
    sql, is_statement, rest = statement.partition("; args=")
    if not is_statement:
        return statement
    return f"{_SQL_TEXT.sub('…', sql)}; args=…; alias={rest.rpartition('; alias=')[2]}"


def _redacted_extra(value: Any) -> Any:
    if isinstance(value, str):
        return without_secrets(value)
    if isinstance(value, _SHORT) or (isinstance(value, int) and abs(value) <= _LONGEST_NUMBER):
        return value
    return f"[{type(value).__name__} left out]"


# --- what Python prints without a logger ----------------------------------------------------------


def _print_uncaught(
    kind: type[BaseException], error: BaseException, frames: TracebackType | None
) -> None:
    print(traceback_of(error, frames), file=sys.stderr)


def _print_uncaught_in_thread(uncaught: threading.ExceptHookArgs) -> None:
    if uncaught.exc_value is None or uncaught.exc_type is SystemExit:
        return
    thread = uncaught.thread.name if uncaught.thread else "?"
    print(f"Exception in thread {thread}:", file=sys.stderr)
    _print_uncaught(uncaught.exc_type, uncaught.exc_value, uncaught.exc_traceback)


# --- credentials in the settings ------------------------------------------------------------------

SHORTEST_PASSWORD = 12
"""A shorter one, as `postgres`, may be a word of many log lines. No message quotes it."""


def remember_credentials_of(*, secrets: list[str], urls: list[str]) -> None:
    """Makes logs leave out `secrets`, and the passwords in `urls`."""
    for url in urls:
        try:
            secrets = [*secrets, urlsplit(url).password or ""]
        except ValueError:
            continue  # no URL: the settings say so
    for secret in secrets:
        if len(secret) >= SHORTEST_PASSWORD:
            remember_credential(secret)
