"""Security headers, caching, CSRF tokens and cookies."""

import uuid

import pytest
from django.test import Client

from fallback_console.headers import headers_of_every_response
from invocations.kaleyra.payload import Send
from invocations.sending.record import record
from invocations.views.history import history as history_view
from tests.views.conftest import DIGITS, NUMBER
from tests.views.pages import opened, send_form


def guarded(answer):
    expected = headers_of_every_response()
    expected.pop("Cache-Control")  # a page has its own
    return {name: answer.headers.get(name) for name in expected} == expected


def test_every_kind_of_answer_carries_the_headers(priya, nina, client, plain, monkeypatch):
    answers = {
        200: priya.get("/history/"),
        302: client.get("/history/"),
        403: nina.get("/history/"),
        404: priya.get("/nothing/"),
        405: priya.get(f"/send/{plain.pk}/preview/"),
    }
    monkeypatch.setattr(history_view, "list_page", None)
    priya.raise_request_exception = False
    answers[500] = priya.get("/history/")
    for status, answer in answers.items():
        assert answer.status_code == status and guarded(answer), status
        assert "no-store" in answer.headers["Cache-Control"], status
    assert "not sent" in answers[500].content.decode()
    assert "TypeError" not in answers[500].content.decode()


def test_pages_with_data_stay_out_of_caches(priya, plain):
    row = record(plain, [Send(DIGITS)] * 2, request_id=uuid.uuid4(), created_by=None)[0]
    form = send_form(priya, plain).fill(recipient=NUMBER)
    answers = [
        priya.get("/"),
        priya.get("/send/"),
        priya.get("/me/"),
        priya.get("/history/"),
        priya.get(f"/history/{row.request_id}/"),
        priya.get(f"/send/{plain.pk}/?again={row.request_id}"),
        priya.get(f"/send/{plain.pk}/?like={row.request_id}"),
        form.press(priya, "review"),
        form.press(priya, "params:add"),
        priya.post(f"/send/{plain.pk}/preview/", form.fields),
        form.fill(recipient="1").press(priya, "review"),
    ]
    assert {answer.headers["Cache-Control"] for answer in answers} == {"no-store"}


def test_the_empty_form_may_stay_in_the_browsers_memory_so_that_back_finds_it(priya, plain):
    assert priya.get(f"/send/{plain.pk}/").headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(
    "there",
    [
        "/send/{}/",
        "/send/{}/preview/",
        "/send/presets/1/remove/",
        "/workflows/{}/contract/",
        "/me/",
        "/history/",
        "/history/{id}/try-again/",
        "/logout/",
        "/login/",
    ],
)
def test_no_post_is_taken_without_its_token(sven, plain, receiver, there):
    row = record(plain, [Send(DIGITS)] * 2, request_id=uuid.uuid4(), created_by=None)[0]
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = sven.cookies
    answer = strict.post(there.format(plain.pk, id=row.request_id), {"status": "queued"})
    assert answer.status_code == 403
    assert "The form was not accepted" in answer.content.decode()
    assert guarded(answer)
    assert not receiver.received


def test_every_form_of_the_pages_carries_its_token(sven, plain):
    row = record(plain, [Send(DIGITS)] * 2, request_id=uuid.uuid4(), created_by=None)[0]
    for there in [
        f"/send/{plain.pk}/",
        f"/workflows/{plain.pk}/contract/",
        "/me/",
        "/history/",
        f"/history/{row.request_id}/",
    ]:
        forms = [form for form in opened(sven, there).forms if form.method == "post"]
        assert forms and all("csrfmiddlewaretoken" in form for form in forms), there


def test_cookies_are_kept_from_scripts_and_other_sites(client, priya):
    cookies = priya.get("/history/").cookies | {"sessionid": priya.cookies["sessionid"]}
    assert cookies["csrftoken"]["httponly"] and cookies["csrftoken"]["samesite"] == "Lax"
    assert sum(len(cookie.OutputString()) for cookie in cookies.values()) < 4096


def test_nothing_typed_gets_into_the_session(priya, plain, receiver):
    form = send_form(priya, plain).fill(
        recipient=NUMBER, note="secret-note", pasted='{"01": "secret-value"}'
    )
    form.press(priya, "paste")
    form.press(priya, "review")
    session = str(dict(priya.session))
    assert "secret" not in session and DIGITS not in session and "6123" not in session
