"""Where Kaleyra posts results: who is let in, what is answered and what is logged."""

import base64
import io
import logging
import uuid
from datetime import timedelta

import pytest
from django.db import InterfaceError, OperationalError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from invocations.kaleyra.callback_body import MAX_CALLBACK_BYTES
from invocations.models import Account, Callback, CallbackAddress, Invocation
from invocations.results import endpoints, inbox
from invocations.sending.deliver import deliver
from tests.stored_results import read_results
from tests.views.results.conftest import RESULT


def visible_parts(response):
    """All that a client sees, but the Content-Security-Policy, whose order varies."""
    return (
        response.status_code,
        response.content,
        sorted(item for item in response.headers.items() if item[0] != "Content-Security-Policy"),
    )


def basic(password, user="kaleyra"):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def test_a_result_with_the_secret_is_stored_and_answered_at_once(post, address):
    answer = post()
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert Callback.objects.get().account == address.account
    assert not answer.cookies and "no-store" in answer.headers["Cache-Control"]


def test_basic_authentication_accepts_any_user_name(post, address):
    assert post(secret=None, headers=basic(address.secret, "whoever")).status_code == 200


def test_during_a_rotation_both_addresses_work_and_then_only_the_new_one(post, address):
    new = endpoints.rotate_address(address.account, None)
    assert post().status_code == post(token=new.token, secret=new.secret).status_code == 200
    endpoints.end_previous_address(address.account)
    assert post().status_code == 401 and post(token=new.token, secret=new.secret).status_code == 200


def test_every_wrong_token_or_secret_gets_the_same_answer(post, address):
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
    answers = [visible_parts(post(**each)) for each in wrong]
    assert all(answer == answers[0] for answer in answers)
    assert answers[0][:2] == (401, b"not known here\n")
    assert not Callback.objects.exists()
    assert not CallbackAddress.objects.filter(last_used_at__isnull=False).exists()


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
def test_other_methods_than_post_are_refused(client, address, method):
    there = reverse("callback", args=[address.token])
    answer = getattr(client, method)(there, headers={"X-Callback-Secret": address.secret})
    assert answer.status_code == 405


def test_plain_http_is_refused_and_not_redirected_where_the_console_is_https_only(post, settings):
    settings.HTTPS_ONLY = settings.SECURE_SSL_REDIRECT = True
    assert post().status_code == 403 and not Callback.objects.exists()
    assert post(secure=True).status_code == 200


def test_a_post_needs_no_csrf_token_and_gets_no_session(address):
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post(
        reverse("callback", args=[address.token]),
        "{}",
        content_type="text/plain",
        headers={"X-Callback-Secret": address.secret},
    )
    assert answer.status_code == 200 and not strict.cookies


def test_a_posted_result_completes_its_message(post, recorded, priya):
    invocation = recorded()
    deliver(invocation.pk)
    invocation.refresh_from_db()
    post(RESULT | {"workflowInvocationId": invocation.workflow_invocation_id})
    read_results()
    invocation.refresh_from_db()
    assert (invocation.delivery, invocation.deciding_channel) == ("completed", 1)
    assert priya.get(f"/history/{invocation.request_id}/").status_code == 200


def test_known_and_unknown_ids_get_the_same_answer(post, recorded):
    row = recorded()
    Invocation.objects.update(workflow_invocation_id="A", status="accepted")
    assert visible_parts(post()) == visible_parts(post(RESULT | {"workflowInvocationId": "B"}))
    read_results()
    assert row.callbacks.count() == 1


def test_the_self_test_is_accepted_and_not_stored(post, address):
    assert post({"selfTest": "a nonce"}).status_code == 200
    address.refresh_from_db()
    assert address.last_used_at and not Callback.objects.exists()


def test_the_last_use_is_recorded_but_not_at_every_post(post, address):
    post()
    first = CallbackAddress.objects.get().last_used_at
    post()
    assert abs(first - timezone.now()) < timedelta(minutes=1)
    assert CallbackAddress.objects.get().last_used_at == first


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
@pytest.mark.parametrize(
    "where", [(endpoints, "authorised_address"), (inbox, "store_result"), (endpoints, "note_use")]
)
def test_an_unavailable_database_is_answered_503(post, monkeypatch, caplog, error, where):
    def away(*args):
        raise error(f"could not insert {RESULT}")

    monkeypatch.setattr(*where, away)
    assert post().status_code == 503 and "workflowInvocationId" not in caplog.text


def test_a_secret_that_cannot_be_decrypted_is_answered_503(post, address):
    # The secret is encrypted for the row with the old id.
    CallbackAddress.objects.update(id=uuid.uuid4())
    assert post().status_code == 503 and not Callback.objects.exists()


def test_no_log_line_holds_the_token_the_secret_or_the_body(post, client, address, caplog):
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    loggers = [logging.getLogger(name) for name in ("", "django", "django.request")]
    for logger in loggers:
        logger.addHandler(handler)
    try:
        post(secret="wrong-secret")
        post(b"x" * (MAX_CALLBACK_BYTES + 1))
        post(RESULT | {"to": "919876543210"})
        client.get(reverse("callback", args=[address.token]))
        client.post(f"/callbacks/{address.token}/more/")
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
    logged = lines.getvalue() + caplog.text
    assert "Unauthorized" in logged and "Method Not Allowed" in logged
    assert not any(
        secret in logged
        for secret in (address.token, address.secret, "wrong-secret", "919876543210")
    )
