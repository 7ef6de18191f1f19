"""At sign-out the browser forgets what it kept of the pages."""

import pytest
from django.contrib.auth import logout
from django.http import HttpResponse
from django.test import RequestFactory

from fallback_console.headers import CLEARED_AT_SIGN_OUT, bear_the_same_headers


def test_sign_out_clears_cache_and_storage_and_no_other_sites_cookies(priya):
    answer = priya.post("/logout/")
    assert answer.status_code == 200
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'


@pytest.mark.django_db
def test_whichever_page_signs_somebody_out_does_so(priya):
    def signs_out(request):
        request.user, request.session = priya.person, priya.session
        logout(request)
        return HttpResponse()

    answer = bear_the_same_headers(signs_out)(RequestFactory().get("/"))
    assert answer.headers["Clear-Site-Data"] == CLEARED_AT_SIGN_OUT


def test_no_other_answer_clears_anything(priya, client):
    for browser, path in [(priya, "/"), (priya, "/history/"), (client, "/login/")]:
        assert "Clear-Site-Data" not in browser.get(path).headers
    assert "Clear-Site-Data" not in client.post("/logout/").headers
