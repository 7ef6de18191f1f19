"""At LOG_LEVEL=DEBUG, no page, send, callback, command or error writes a number, value or key."""

import base64
import contextlib
import io
import json
import logging
import re
import runpy
import uuid
from urllib.parse import quote

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse

from fallback_console import logs
from invocations.kaleyra.payload import Send
from invocations.kaleyra.template_params import VERIFICATION_CODE
from invocations.models import ApiKey, Channel, Invocation, Parameter, WorkflowInstance
from invocations.results import endpoints
from invocations.sending.record import record
from invocations.views.history import history as history_view
from tests.console.environments import SETTINGS
from tests.views.addresses import MATRIX, SETUP, address_of
from tests.views.pages import Page, send_form

pytestmark = pytest.mark.django_db(transaction=True)

KEY = "canary-key-c0ffee1c0ffee2c0ffee3"
NUMBER, TYPED = "919876543202", "+91 98765 43202"
CODE, VALUE, NOTE = "49302761", "Kanarienvogel & Söhne", "Canary’s note: rang “twice”"
TEXTS = [KEY, CODE, VALUE, NOTE]


def spellings(text):
    """As a log may write it."""
    forms = [text, quote(text), quote(text, safe=""), json.dumps(text)[1:-1], ascii(text)[1:-1]]
    forms += [repr(text.encode())[2:-1], base64.b64encode(text.encode()).decode().rstrip("=")]
    return {form for form in forms if len(form) > 7}


def seen_in(written, world):
    """What of the canaries `written` holds, in any spelling; a masked number is none."""
    texts = [*TEXTS, world.address.token, world.address.secret]
    found = {text for text in texts for form in spellings(text) if form in written}
    glued = re.sub(r"%20|\\x?a0|[^\w\n]|_", "", written)
    encoded = [base64.b64encode(form.encode()).decode() for form in (NUMBER, TYPED)]
    if NUMBER in glued or NUMBER[2:] in glued or any(form in written for form in encoded):
        found.add(NUMBER)
    return found


@pytest.fixture
def canaries(world, account):
    """`world`, with a workflow, an invocation, a key and a callback address that hold canaries."""
    ApiKey.objects.update(is_primary=False)
    ApiKey.objects.create(account=account, title="canary", key=KEY, is_primary=True)
    account.refresh_from_db()
    channel = Channel.objects.get(workflow_instance=world.workflow, position=1)
    Parameter.objects.create(channel=channel, key=VERIFICATION_CODE, is_sensitive=True)
    params = {"01": VALUE, "02": "x", "03": "y", VERIFICATION_CODE: CODE}
    world.sends = [Send(NUMBER, params)] * 2
    world.row, _ = record(
        world.workflow, world.sends, request_id=uuid.uuid4(), created_by=None, note=NOTE
    )
    world.address = endpoints.ensure_address(account, None)
    return world


@pytest.fixture
def every_logger():
    """Whether each logger is at DEBUG, also those that LOG_LEVEL=DEBUG leaves at WARNING."""
    return False


@pytest.fixture
def written(capfd, monkeypatch, settings, every_logger):
    """written(): what handlers got, and what went to stdout and stderr, since the last call.

    The console logs as with LOG_LEVEL=DEBUG. Somebody else's handler gets each line, too.
    """
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    connection.force_debug_cursor = True
    handlers = list(logging.root.handlers)
    levels = {
        name: logging.getLogger(name).level for name in ["", *logging.root.manager.loggerDict]
    }
    logs.configure(runpy.run_path(str(SETTINGS))["LOGGING"])
    stream = io.StringIO()
    foreign = logging.StreamHandler(stream)
    for own in [*logging.root.handlers, *logging.getLogger("django").handlers]:
        own.setStream(stream)
    for logger in map(logging.getLogger, levels):
        if logger is logging.root or not logger.propagate:
            logger.addHandler(foreign)
        if every_logger:
            logger.setLevel(logging.DEBUG)

    def so_far():
        said = capfd.readouterr()
        return stream.getvalue() + said.out + said.err

    yield so_far
    connection.force_debug_cursor = False
    logs.configure(settings.LOGGING)
    logging.root.handlers = handlers
    for name, level in levels.items():
        logging.getLogger(name).removeHandler(foreign)
        logging.getLogger(name).setLevel(level)


def open_pages(sven, priya, canaries, names):
    posted = {"q": TYPED, "recipient": TYPED, "note": NOTE, "key": KEY, "own_number": TYPED}
    posted |= {"value1-01": VALUE, f"value1-{VERIFICATION_CODE}": CODE, "reason": NOTE}
    for name in sorted(names):
        there = address_of(name, canaries)
        sven.get(there)
        if name not in {"stop", "let_go_on", "remove_preset"} and not name.endswith("delete"):
            sven.post(there, posted)
    for there in ("/", "/search/?s=", "/autocomplete/?term=", "/jsi18n/", "/r/1/1/", "/auth/"):
        sven.get(there + quote(TYPED) if there.endswith("=") else there)
    sven.get(f"/history/{NUMBER}/?q={quote(TYPED)}&note={quote(NOTE)}")
    priya.post("/login/", {"username": TYPED, "password": KEY})
    priya.post("/me/", {"own_number": TYPED})


def send(priya, canaries):
    form = send_form(priya, canaries.workflow)
    form.fill(recipient=TYPED, note=NOTE, same_values="on", same_recipient="on")
    form.fill({"value1-01": VALUE, "value1-02": "x", "value1-03": "y"})
    form.fill(
        {f"value1-{VERIFICATION_CODE}": CODE} if f"value1-{VERIFICATION_CODE}" in form else {}
    )
    form.fill(pasted=json.dumps({"api-key": KEY, "input": {"send1": {"recipient": NUMBER}}}))
    form.press(priya, "paste")
    priya.post(f"/send/{canaries.workflow.pk}/preview/", form.fields)
    review = Page(form.press(priya, "review"))
    if any("send" in form.buttons for form in review.forms):
        review.form("send").press(priya, "send")


def post_callbacks(client, address):
    there = reverse("callback", args=[address.token])
    body = json.dumps({"to": NUMBER, "text": VALUE, "note": NOTE})
    for secret in (address.secret, KEY):
        client.post(
            there, body, content_type="application/json", headers={"X-Callback-Secret": secret}
        )
    client.get(there)
    client.post(f"{there}more/")


def run_commands(canaries):
    words = ["--recipient", NUMBER, "--param", f"01={VALUE}", "--param", f"02={CODE}"]
    for command in (
        ["invoke", canaries.workflow.title, *words, "--param", "03=x", "--json"],
        ["invoke", canaries.workflow.title, "--recipient", f"{NUMBER}x", "--param", f"01={NOTE}"],
        ["dispatch", "--once", "--threads", "1"],
        ["reconcile"],
    ):
        with contextlib.suppress(SystemExit, CommandError):
            call_command(*command)


def provoke_errors(sven, canaries, kaleyra_says, monkeypatch):
    sven.raise_request_exception = False

    def breaks(*args):
        raise ValueError(f"{NOTE} {VALUE} {TYPED}") from KeyError(KEY, CODE)

    def breaks_in_the_database(*args):
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM nowhere WHERE a = %s AND b = %s", [NOTE, NUMBER])

    for broken in (breaks, breaks_in_the_database):
        with monkeypatch.context() as patched:
            patched.setattr(history_view, "list_page", broken)
            assert sven.post("/history/", {"q": TYPED}).status_code == 500
    kaleyra_says(ConnectionError(f"to {NUMBER} with {KEY}: {VALUE}"))
    Invocation.objects.filter(status="queued").update(due_at=canaries.row.created_at)
    call_command("dispatch", "--once", "--threads", "1")
    for error in (ValueError(NOTE), ConnectionError(TYPED), RuntimeError(KEY)):
        try:
            raise error
        except Exception as caught:
            logging.getLogger("somebody.else").error(
                "%s and %r", caught, caught, exc_info=True, extra={"values": {"a": VALUE}}
            )


@pytest.fixture
def everything(sven, priya, canaries, client, kaleyra_says, monkeypatch, every_logger):
    """everything(): opens all pages, sends, posts results, runs commands, provokes errors."""

    def everything():
        # The admin's pages log 100,000 lines if each logger is at DEBUG.
        names = MATRIX.keys() if every_logger else MATRIX.keys() | SETUP
        open_pages(sven, priya, canaries, names)
        # Two of the pages make it a draft and take it off the send page.
        WorkflowInstance.objects.update(stage="live", is_active=True)
        send(priya, canaries)
        post_callbacks(client, canaries.address)
        run_commands(canaries)
        provoke_errors(sven, canaries, kaleyra_says, monkeypatch)

    return everything


@pytest.mark.parametrize("every_logger", [False, True], ids=["LOG_LEVEL=DEBUG", "every logger"])
def test_nothing_of_a_customer_is_logged(everything, canaries, written):
    everything()
    lines = written()
    assert "Internal Server Error: /history/" in lines and "ValueError" in lines
    assert seen_in(lines, canaries) == set()


def test_these_tests_notice_when_nothing_is_redacted(everything, canaries, written, monkeypatch):
    monkeypatch.setattr(logging.Handler, "handle", logs._handle)
    everything()
    assert {NUMBER, NOTE, KEY} <= seen_in(written(), canaries)
