"""What the redaction takes out of a log record, whichever logger and handler it goes through."""

import io
import json
import logging
import sys
import threading

import pytest

from fallback_console import logs
from fallback_console.error_text import LEFT_OUT
from invocations.kaleyra import log_text

from .environments import start

NUMBER = "918061234581"
TOKEN = "Zk3_abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKL"
"""As long as that of a callback address."""


@pytest.fixture
def logged():
    """logged(record or exception logger call): what a handler of somebody else's writes."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger = logging.getLogger("somebody.else.entirely")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)

    def logged(*args, level=logging.ERROR, **kwargs):
        logger.log(level, *args, **kwargs)
        return stream.getvalue().rstrip("\n")

    yield logged
    logger.removeHandler(handler)


@pytest.mark.parametrize(
    "spelled",
    [
        "918061234581",
        "+91 80612 34581",
        "0091-80612-34581",
        "+91\u00a080612\u200934581",
        "'+91\\xa080612\\xa034581'",
        "%2B91%2080612%2034581",
        "91,80,61,23,45,81",
        "['9', '1', '8', '0', '6', '1', '2', '3']",
        "9|1|8|0|6|1|2|3|4|5|8|1",
        "OTE4MDYxMjM0NTgx",
        "۹۱۸۰۶۱۲۳۴۵۸۱",
        "\\u0669\\u0661 8061234581",
        "91\n8061\n234581",
    ],
)
def test_a_number_is_taken_out_in_any_spelling(logged, spelled):
    assert "80612" not in (text := logged("to %s!", spelled)) and "[" in text


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-28 21:10:23,123 invocation 9db24eba-0000-41be-97a5-3ac45551ec1b attempt 3",
        "dispatched: 120 sent, 3 unknown in 4567 ms",
        "connecting to 127.0.0.1:8000 and to 192.168.101.120 for 0:00:10.123456",
        "account 12 is paused: key refused",
        "attempt 1 of 38699369-0195-4b85-ac25-bf797d9e99b3 broke",
    ],
)
def test_times_ids_and_counts_stay(logged, text):
    assert logged(text) == text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("POST /callbacks/a-token_1/?x=1 HTTP/1.1", "POST /callbacks/…/?… HTTP/1.1"),
        ("%2Fcallbacks%2Fa-token", "%2Fcallbacks%2F…"),
        ("GET /history/?q=Asha%20Rao", "GET /history/?…"),
        ("{'api-key': 'ABC12345'}", "{'api-key': '[left out]'}"),
        ("('Authorization', 'Basic a2FsOng=')", "('Authorization', 'Basic [left out]')"),
        ("amqp://user:word@host//", "amqp://[left out]@host//"),
        (f"Not Found: /callback/{TOKEN}/", "Not Found: /callback/[left out]/"),
        (f"Unauthorized: /callbacks//{TOKEN}", "Unauthorized: /callbacks//[left out]"),
    ],
)
def test_tokens_queries_headers_and_passwords_are_taken_out(logged, text, written):
    assert logged("%s", text) == written


def test_a_credential_that_the_process_has_used_is_known_in_each_spelling(logged):
    secret = 'key-"öf"-the/process'
    log_text.remember_credential(secret)
    text = logged("%s %s", secret, json.dumps(secret))
    assert "process" not in text and text.count("[credential]") == 2


def test_an_exceptions_text_is_left_out_unless_it_can_hold_no_value(logged):
    name = "Asha Rao"
    try:
        try:
            int(name)
        except ValueError as error:
            raise RuntimeError(f"for {name}") from error
    except RuntimeError as error:
        text = logged("failed: %s, %r, for Asha Rao", error, error, exc_info=True)
    assert "Asha" not in text and "RuntimeError: [left out]" in text and "int(name)" in text
    assert "connection refused" in logged("%s", ConnectionError("connection refused"))


def test_a_database_error_keeps_its_first_line_only(logged):
    from django.db import IntegrityError

    text = logged("%s", IntegrityError('violates "one_primary_key"\nDETAIL: Key (a)=(Asha)'))
    assert text == 'violates "one_primary_key"'


def test_extra_fields_and_the_stack_are_redacted():
    record = logging.makeLogRecord(
        {"msg": "x", "to": NUMBER, "count": 12, "params": ("Asha",), "stack_info": f"at {NUMBER}"}
    )
    logging.StreamHandler(io.StringIO()).handle(record)
    assert (record.to, record.count) == ("[number ending in 4581]", 12)
    assert record.params == "[tuple left out]" and NUMBER not in record.stack_info


def test_a_line_that_cannot_be_formatted_is_reported_without_its_arguments(logged, capsys):
    assert "could not be written" in logged("%d", "Asha Rao")
    assert "Asha" not in capsys.readouterr().err


def test_a_handler_that_fails_reports_it_without_what_was_being_handled(capsys, monkeypatch):
    closed, name = io.StringIO(), "Asha Rao"
    closed.close()
    try:
        int(name)
    except ValueError:
        logging.StreamHandler(closed).handle(logging.makeLogRecord({"msg": "x"}))
    said = capsys.readouterr().err
    assert "could not be written" in said and "Asha" not in said


def test_the_last_resort_is_redacted_too(capsys):
    logging.lastResort.handle(logging.makeLogRecord({"msg": NUMBER, "levelno": 40}))
    assert NUMBER not in capsys.readouterr().err


def test_an_uncaught_exception_is_printed_without_its_text(capsys):
    thread = threading.Thread(name="worker")
    name = "Asha Rao"
    try:
        int(name)
    except ValueError:
        kind, error, frames = sys.exc_info()
    logs._print_uncaught(kind, error, frames)
    logs._print_uncaught_in_thread(threading.ExceptHookArgs((kind, error, frames, thread)))
    said = capsys.readouterr().err
    assert said.count("ValueError: [left out]") == 2 and "in thread worker" in said


def test_warnings_and_uncaught_exceptions_of_a_process_are_redacted():
    script = (
        "import django, warnings; django.setup();"
        f"warnings.warn('for {NUMBER}'); raise KeyError(__name__)"
    )
    code, said = start("-c", script, LOG_LEVEL="DEBUG")
    assert code == 1 and "py.warnings" in said and "KeyError: " + LEFT_OUT in said
    assert NUMBER not in said and "__main__" not in said


def test_debug_is_for_the_consoles_own_loggers():
    script = (
        "import django, logging; django.setup();"
        "print([name for name in ('invocations.x', 'django.template', 'celery.worker', 'kombu',"
        " 'urllib3', 'a.library') if logging.getLogger(name).isEnabledFor(10)])"
    )
    assert "['invocations.x']" in start("-c", script, LOG_LEVEL="DEBUG")[1]
