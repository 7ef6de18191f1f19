"""The address that Kaleyra posts to, however somebody has written it there: nothing is lost."""

import gzip
import json
import logging
from urllib.parse import unquote

import pytest
from django.test import Client

from invocations.kaleyra import log_text
from invocations.kaleyra.log_text import without_secrets
from invocations.models import Callback, encryption
from invocations.results import endpoints
from tests.stored_results import read_results
from tests.views.results.conftest import RESULT

BODY = json.dumps(RESULT)
WRITTEN = [
    "/callbacks/{}/",
    "/callbacks/{}",
    "/callbacks/{}//",
    "/callbacks/{}///",
    "/callbacks/{}%20",
    "/callbacks/{}/%20",
    "/callbacks/%20{}/",
    "/callbacks/{}%09%0A",
    "/callbacks/{}%C2%A0",
    "/callbacks//{}/",
    "/%2Fcallbacks/{}/",
    "/callbacks/callbacks/{}/",
    "/callbacks/{0}/callbacks/{0}/",
    "/callbacks/{0}/https://console.example.com/callbacks/{0}/",
    "/callbacks/{}/more/",
    "/callbacks/{}.",
    "/callbacks/%22{}%22/",
    "/callbacks/%3C{}%3E",
    "/callbacks/{}?source=kaleyra",
    "/callbacks/{}/?",
    "/callbacks/{}/index.html",
]


@pytest.fixture
def post_to(address):
    """post_to("/callbacks/{}", …): a post with the secret to the address written like this."""
    strict = Client(enforce_csrf_checks=True)

    def post_to(written, body=BODY, secret=address.secret, **options):
        given = {"content_type": "application/json"} | options
        headers = given.pop("headers", {}) | {"X-Callback-Secret": secret}
        return strict.post(written.format(address.token), body, headers=headers, **given)

    return post_to


@pytest.mark.parametrize("written", WRITTEN)
def test_a_result_is_stored_however_its_address_is_written(post_to, written):
    answer = post_to(written)
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    read_results()
    assert Callback.objects.get().workflow_invocation_id == "A"


@pytest.mark.parametrize("written", WRITTEN)
def test_a_wrong_secret_is_refused_in_plain_text_and_never_redirected(post_to, written):
    answer = post_to(written, secret="wrong")
    assert (answer.status_code, answer.content) == (401, b"not known here\n")
    assert answer.headers["Content-Type"] == "text/plain" and not answer.cookies
    assert not Callback.objects.exists()


@pytest.mark.parametrize(
    "written",
    [
        *("/callbacks", "/callbacks/", "/callbacks/x", "/callbacks/{}x/", "/callbacks/{0}{0}/"),
        *("/callbacks/%00", "/callbacks/" + "x" * 5000, "/callbacks/{}/" + "y" * 43),
    ],
)
def test_a_wrong_token_is_refused_in_plain_text(post_to, written):
    answer = post_to(written)
    assert (answer.status_code, answer.content) == (401, b"not known here\n")


@pytest.mark.parametrize("method", ["get", "head", "put", "delete"])
@pytest.mark.parametrize("written", ["/callbacks/{}", "/callbacks/{}//", "/callbacks"])
def test_other_methods_are_refused_and_not_redirected(client, address, method, written):
    assert getattr(client, method)(written.format(address.token)).status_code == 405


def test_it_is_not_redirected_to_https_without_its_slash_either(post_to, settings):
    settings.HTTPS_ONLY = settings.SECURE_SSL_REDIRECT = True
    assert post_to("/callbacks/{}").status_code == 403
    assert post_to("/callbacks/{}", secure=True).status_code == 200


@pytest.mark.parametrize(
    "content_type",
    [
        *("", "text/plain", "application/json; charset=utf-16", "*/*", "application/json;"),
        *("application/x-www-form-urlencoded", "multipart/form-data", "multipart/form-data; b=x"),
    ],
)
def test_any_content_type_is_read(post_to, content_type):
    assert post_to("/callbacks/{}", content_type=content_type).status_code == 200
    read_results()
    assert Callback.objects.get().workflow_invocation_id == "A"


def test_a_compressed_body_is_read_within_bounds(post_to):
    content, zipped = json.dumps(RESULT).encode(), {"Content-Encoding": "gzip"}
    assert post_to("/callbacks/{}", gzip.compress(content), headers=zipped).status_code == 200
    assert Callback.objects.get().body == content.decode()
    assert post_to("/callbacks/{}", content).status_code == 200
    assert Callback.objects.get().times == 2
    for unread in (gzip.compress(content)[:-3], gzip.compress(b"x" * 50_000_000)):
        assert post_to("/callbacks/{}", unread, headers=zipped).status_code == 200
        assert Callback.objects.latest("pk").problem == "compressed"


@pytest.mark.parametrize(
    "written", [*WRITTEN, "/callbacks/x/{}", "/callback/{}/", "/my-callbacks/{}"]
)
def test_no_log_line_holds_the_token(post_to, address, caplog, monkeypatch, written):
    caplog.set_level(logging.DEBUG)
    # A web server finds the address by its digest, so it does not know the token.
    monkeypatch.setattr(log_text, "_credentials", {})
    monkeypatch.setattr(encryption, "remember_credential", lambda secret: None)
    post_to(written, secret="wrong")
    assert address.token not in caplog.text and "callback" in caplog.text
    path = unquote(written.format(address.token))
    for line in (f"Not Found: {path}", f'"POST {path} HTTP/1.1" 401', f"({path!r})"):
        assert address.token not in without_secrets(line)


@pytest.mark.parametrize("written", WRITTEN)
def test_the_key_check_recognises_it(address, written):
    assert endpoints.token_from_path(written.format(address.token)) == address.token
