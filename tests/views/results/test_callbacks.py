"""Where Kaleyra posts results: who is let in, what is answered, and that nothing posted breaks it."""

import base64
import io
import json
import logging
import uuid
from datetime import timedelta

import pytest
from django.db import InterfaceError, OperationalError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from invocations.kaleyra.callback_body import MAX_CALLBACK_BYTES
from invocations.models import Account, Callback, CallbackAddress, Invocation
from invocations.results import endpoints
from invocations.results import inbox as results
from invocations.sending.deliver import deliver

REPORT = {
    "workflowInvocationId": "A",
    "executionStatus": "COMPLETED",
    "result": {"channel1": {"statusCode": "DELIVERED"}},
}


@pytest.fixture
def address(account):
    return endpoints.ensure_address(account, None)


@pytest.fixture
def post(address, client):
    """post(body, **headers): to the account's address, with the right secret unless another is given."""

    def post(body=REPORT, token=address.token, secret=address.secret, **extra):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"X-Callback-Secret": secret} if secret is not None else {}
        given = {
            "content_type": "application/json",
            "headers": headers | extra.pop("headers", {}),
        } | extra
        return client.post(reverse("callback", args=[token]), raw, **given)

    return post


def looks(answer):
    """All that can be told from it. The policy's order is not ours."""
    return (
        answer.status_code,
        answer.content,
        sorted(item for item in answer.headers.items() if item[0] != "Content-Security-Policy"),
    )


def basic(password, user="kaleyra"):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


# --- who is let in ----------------------------------------------------------------------------------------------------


def test_a_result_with_the_secret_is_kept_and_answered_at_once(post, address):
    answer = post()
    assert (answer.status_code, answer.content) == (
        200,
        b"ok\n",
    ) and Callback.objects.get().account == address.account
    assert not answer.cookies and "no-store" in answer.headers["Cache-Control"]


def test_basic_with_any_user_will_do(post, address):
    assert post(secret=None, headers=basic(address.secret, "whoever")).status_code == 200


def test_while_it_is_rotated_both_addresses_let_in_and_then_the_new_one_alone(post, address):
    new = endpoints.rotate_address(address.account, None)
    assert post().status_code == post(token=new.token, secret=new.secret).status_code == 200
    endpoints.end_previous_address(address.account)
    assert post().status_code == 401 and post(token=new.token, secret=new.secret).status_code == 200


def test_everybody_else_gets_one_and_the_same_answer(post, address):
    other = endpoints.ensure_address(
        Account.objects.create(title="Other", pod=address.account.pod, sid="HX0000000001"), None
    )
    wrong = [
        *[
            {"secret": secret}
            for secret in (
                None,
                "",
                "wrong",
                address.secret[:-1],
                address.secret + " x",
                other.secret,
                address.token,
            )
        ],
        *[{"secret": None, "headers": basic(password)} for password in ("", "wrong", other.secret)],
        *[
            {"secret": None, "headers": {"Authorization": text}}
            for text in ("Basic", "Basic ====", "Bearer " + address.secret, "Basic \xff")
        ],
        *[
            {"token": token}
            for token in (
                "wrong",
                other.token,
                address.token[:-1],
                "%00",
                "x" * 5000,
                "ü",
                address.secret,
            )
        ],
    ]
    answers = [looks(post(**each)) for each in wrong]
    assert all(answer == answers[0] for answer in answers) and answers[0][:2] == (
        401,
        b"not known here\n",
    )
    assert (
        not Callback.objects.exists()
        and not CallbackAddress.objects.filter(last_used_at__isnull=False).exists()
    )


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
def test_only_a_post_is_taken(client, address, method):
    there = reverse("callback", args=[address.token])
    assert (
        getattr(client, method)(there, headers={"X-Callback-Secret": address.secret}).status_code
        == 405
    )


def test_over_http_it_is_refused_and_never_redirected_where_the_console_is_https_only(
    post, settings
):
    settings.HTTPS_ONLY = settings.SECURE_SSL_REDIRECT = True
    assert post().status_code == 403 and not Callback.objects.exists()
    assert post(secure=True).status_code == 200


def test_a_machine_needs_no_form_token_and_gets_no_session(address):
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post(
        reverse("callback", args=[address.token]),
        "{}",
        content_type="text/plain",
        headers={"X-Callback-Secret": address.secret},
    )
    assert answer.status_code == 200 and not strict.cookies


# --- what is posted ---------------------------------------------------------------------------------------------------

ODD = [
    b"",
    b"null",
    b"[[[",
    b"[" * 100_000,
    b"\xff\xfe\x00",
    b"\x1f\x8b\x08\x00gzip",
    b'{"workflowInvocationId":"\\ud800\\u0000","result":{"channel1":{"statusCode":NaN}}}',
    b'{"workflowInvocationId":"' + b"x" * 200_000 + b'"}',
    b'{"workflowInvocationId":"A","timestamp":"9999-12-31T23:59:59-12:00","result":{"channel1":{"createdAt":"0001-01-01T00:00:00+14:00"}}}',
    json.dumps(
        {
            "workflowInvocationId": "A",
            "result": {
                f"channel{n}": {"statusCode": "<script>\u202e", "to": "9" * 60} for n in range(50)
            },
        }
    ).encode(),
]


@pytest.mark.parametrize("raw", ODD)
@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "text/html",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "",
    ],
)
def test_whatever_is_let_in_is_kept_and_answered_200(post, sven, raw, content_type):
    assert post(raw, content_type=content_type).status_code == 200
    assert Callback.objects.count() == 1 and sven.get("/results/unmatched/").status_code == 200


@pytest.mark.django_db
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.binary(max_size=300)
    | st.text().map(
        lambda text: json.dumps(REPORT | {"workflowInvocationId": text, "x": text}).encode()
    )
)
def test_any_bytes_are(post, raw):
    before = Callback.objects.count()
    assert post(raw).status_code == 200 and Callback.objects.count() in {before, before + 1}


def test_a_compressed_body_is_kept_and_not_unpacked(post):
    assert post(b"\x1f\x8b\x08\x00", headers={"Content-Encoding": "gzip"}).status_code == 200
    assert Callback.objects.get().problem == "compressed"


def test_the_largest_body_is_taken_and_one_byte_more_is_not(post):
    assert (
        post(b"x" * MAX_CALLBACK_BYTES).status_code == 200
        and post(b"y" * (MAX_CALLBACK_BYTES + 1)).status_code == 413
    )
    assert Callback.objects.count() == 1


@pytest.mark.parametrize(
    ("length", "status"),
    [("10000000000", 413), ("9" * 5000, 413), ("1000", 400), ("-1", 200), ("x", 200)],
)
def test_a_length_that_lies(post, length, status):
    assert (
        post(b"{}", CONTENT_LENGTH=length, **{"wsgi.input": io.BytesIO(b"{}")}).status_code
        == status
    )


@pytest.mark.parametrize(("size", "status"), [(50, 200), (MAX_CALLBACK_BYTES + 1, 413)])
def test_a_body_in_chunks_is_read_to_its_end_or_to_the_limit(post, size, status):
    stream = io.BytesIO(b"x" * size)
    in_chunks = {"CONTENT_LENGTH": "", "wsgi.input_terminated": True, "wsgi.input": stream}
    assert post(b"", headers={"Transfer-Encoding": "chunked"}, **in_chunks).status_code == status
    assert [len(each.body) for each in Callback.objects.all()] == ([size] if status == 200 else [])


def test_a_connection_that_breaks_keeps_nothing(post):
    class Broken(io.BytesIO):
        def read(self, *size):
            raise OSError("reset")

    assert (
        post(b"{}", **{"wsgi.input": Broken()}).status_code == 400 and not Callback.objects.exists()
    )


# --- what follows -----------------------------------------------------------------------------------------------------


def test_the_message_knows_what_became_of_it(post, recorded, priya):
    invocation = recorded()
    deliver(invocation.pk)
    invocation.refresh_from_db()
    post(REPORT | {"workflowInvocationId": invocation.workflow_invocation_id})
    invocation.refresh_from_db()
    assert (invocation.delivery, invocation.deciding_channel) == ("completed", 1)
    assert priya.get(f"/history/{invocation.request_id}/").status_code == 200


def test_known_and_unknown_ids_get_the_same_answer(post, recorded):
    row = recorded()
    Invocation.objects.update(workflow_invocation_id="A", status="accepted")
    assert looks(post()) == looks(post(REPORT | {"workflowInvocationId": "B"}))
    assert row.callbacks.count() == 1


def test_the_self_test_is_let_in_and_kept_nowhere(post, address):
    assert post({"selfTest": "a nonce"}).status_code == 200
    address.refresh_from_db()
    assert address.last_used_at and not Callback.objects.exists()


def test_its_last_use_is_noted_and_not_at_every_post(post, address):
    post()
    first = CallbackAddress.objects.get().last_used_at
    post()
    assert (
        abs(first - timezone.now()) < timedelta(minutes=1)
        and CallbackAddress.objects.get().last_used_at == first
    )


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
@pytest.mark.parametrize("where", [(endpoints, "find"), (results, "keep"), (endpoints, "note_use")])
def test_a_database_that_is_away_is_said_to_be(post, monkeypatch, caplog, error, where):
    def away(*args):
        raise error(f"could not insert {REPORT}")

    monkeypatch.setattr(*where, away)
    assert post().status_code == 503 and "workflowInvocationId" not in caplog.text


def test_a_secret_that_no_key_opens_is_our_fault(post, address):
    CallbackAddress.objects.update(
        id=uuid.uuid4()
    )  # what is encrypted for another row cannot be opened in this one
    assert post().status_code == 503 and not Callback.objects.exists()


# --- what is written down ---------------------------------------------------------------------------------------------


def test_no_log_line_holds_the_token_the_secret_or_the_body(post, client, address, caplog):
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    loggers = [logging.getLogger(name) for name in ("", "django", "django.request")]
    for logger in loggers:
        logger.addHandler(handler)
    try:
        post(secret="wrong-secret")
        post(b"x" * (MAX_CALLBACK_BYTES + 1))
        post(REPORT | {"to": "919876543210"})
        client.get(reverse("callback", args=[address.token]))
        client.post(f"/callbacks/{address.token}/more/")
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
    said = lines.getvalue() + caplog.text
    assert "Unauthorized" in said and "Method Not Allowed" in said
    assert not any(
        secret in said for secret in (address.token, address.secret, "wrong-secret", "919876543210")
    )
