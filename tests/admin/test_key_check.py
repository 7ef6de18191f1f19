"""Checking a key: one GET for the callback profiles, and what the page shows of the answer."""

import time
from types import SimpleNamespace

import pytest
import responses
from django.urls import reverse

from invocations.kaleyra import profiles
from invocations.kaleyra.client import KaleyraClient
from invocations.kaleyra.connection import NoAnswer, NotSent
from invocations.models import Account, ApiKey
from invocations.monitoring import key_check
from invocations.results import endpoints
from invocations.results.endpoints import SECRET_HEADER
from tests.conftest import KEY
from tests.views.pages import words_of

HOST = "127.0.0.1:8001"
PROFILES_URL = f"http://{HOST}/v1/HXPRACTICE01IN/callback/profiles"


@pytest.fixture
def receiver():
    """Replaces the practice pod: `responses` answers instead."""
    return SimpleNamespace(api_domain=HOST)


@pytest.fixture
def kaleyra_http():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mocked:
        yield mocked


@pytest.fixture
def list_profiles(kaleyra_http):
    """list_profiles([profile, …]): Kaleyra lists these callback profiles.

    list_profiles(status=401, …): it answers with an error.
    """

    def list_profiles(listed=(), status=200, code="RBC024"):
        content = {"code": code, "message": "", "data": list(listed), "error": {}, "status": status}
        kaleyra_http.upsert(responses.GET, PROFILES_URL, json=content, status=status)

    list_profiles()
    return list_profiles


@pytest.fixture
def key(account, list_profiles):
    return account.primary_key


def profile(url, secret="", status=profiles.ProfileState.ACTIVE):
    """One callback profile as Kaleyra lists it."""
    return {
        "profile_id": "IN_09b3dfa7-0000-4000-8000-000000000001",
        "title": "Fallback console",
        "http_method": "POST",
        "url": url,
        "headers": {SECRET_HEADER: secret},
        "enc": {"algo": "", "key": "", "IV": ""},
        "status": int(status),
    }


@pytest.fixture
def at_kaleyra(account, list_profiles):
    """at_kaleyra("http://127.0.0.1:8000"): a callback profile for the account's address there."""

    def at_kaleyra(console="http://127.0.0.1:8000", path=None, status=profiles.ProfileState.ACTIVE):
        address = endpoints.ensure_address(account, by=None)
        url = console + (path or endpoints.path_of(address))
        list_profiles([profile(url, address.secret, status)])
        return address

    return at_kaleyra


def check_page_text(browser, key):
    return words_of(browser.post(reverse("check_key", args=[key.pk])))


def test_the_page_of_a_key_has_the_check_button(ada, rosa, key):
    page = reverse("admin:invocations_apikey_change", args=[key.pk])
    assert reverse("check_key", args=[key.pk]) in ada.get(page).content.decode()
    assert reverse("check_key", args=[key.pk]) not in rosa.get(page).content.decode()
    assert "/check/" not in ada.get(reverse("admin:invocations_apikey_add")).content.decode()


def test_one_get_shows_that_a_key_works_and_nothing_is_sent(ada, key, kaleyra_http):
    page_text = check_page_text(ada, key)
    assert (
        "The key works." in page_text
        and "No callback profile at Kaleyra posts to the results address" in page_text
    )
    [call] = kaleyra_http.calls
    assert (call.request.method, call.request.url) == ("GET", f"{PROFILES_URL}?limit=25&offset=0")
    assert call.request.headers["api-key"] == KEY and not call.request.body
    key.refresh_from_db()
    assert key.last_accepted_at and key.last_checked_at and not key.last_refused_at


def test_a_refused_key_is_shown_and_recorded(ada, key, list_profiles):
    list_profiles(status=401, code="RBC001")
    page_text = check_page_text(ada, key)
    assert "Kaleyra refuses the key." in page_text
    key.refresh_from_db()
    assert key.last_refused_at and not key.last_accepted_at


def test_the_profile_that_posts_here_is_shown_without_its_secrets(ada, key, at_kaleyra):
    address = at_kaleyra()
    response = ada.post(reverse("check_key", args=[key.pk]))
    page_text = words_of(response)
    assert (
        "Fallback console" in page_text
        and "POST to http://127.0.0.1:8000, this console" in page_text
        and "Active" in page_text
    )
    assert "No callback profile" not in page_text
    for secret in (address.token, address.secret, key.key):
        assert secret not in response.content.decode()


def test_an_auto_disabled_profile_is_shown(ada, key, at_kaleyra):
    at_kaleyra(status=profiles.ProfileState.AUTO_DISABLED)
    page_text = check_page_text(ada, key)
    assert "Auto-disabled" in page_text and "results no longer come" in page_text


def test_a_profile_with_the_previous_address_is_shown(ada, key, at_kaleyra):
    at_kaleyra()
    endpoints.rotate_address(key.account, by=None)
    assert "is the old address" in check_page_text(ada, key)


def test_a_profile_with_an_ended_address_is_shown(ada, key, at_kaleyra):
    at_kaleyra("http://127.0.0.1:80", path="/callbacks/ended/")
    page_text = words_of(
        ada.post(reverse("check_key", args=[key.pk]), headers={"host": "127.0.0.1:80"})
    )
    assert "is not an address of this console, or it is one that was ended" in page_text


def test_a_profile_with_the_address_of_another_account_without_its_slash_is_shown(
    ada, key, at_kaleyra
):
    other = Account.objects.create(title="Other", pod=key.account.pod, sid="HXPRACTICE02IN")
    theirs = endpoints.path_of(endpoints.ensure_address(other, by=None))
    at_kaleyra("http://127.0.0.1:80", path=theirs.rstrip("/"))
    page_text = words_of(
        ada.post(reverse("check_key", args=[key.pk]), headers={"host": "127.0.0.1:80"})
    )
    assert (
        "is the address of another account" in page_text
        and "with the slash at its end" in page_text
    )


@pytest.mark.parametrize(
    ("method", "url", "shown"),
    [
        ("GET", "https://console.example.com", "Its method is not POST."),
        ("POST", "http://console.example.com", "does not begin with https"),
        ("POST", "https://old.example.com", "names another host"),
    ],
)
def test_faults_of_a_public_profile_are_shown(account, key, method, url, shown):
    path = endpoints.path_of(endpoints.ensure_address(account, by=None))
    answer = profiles.KeyCheck(
        200,
        profiles.KeyVerdict.WORKS,
        (profiles.Profile("A", url + path, method, profiles.ProfileState.ACTIVE),),
    )
    (found,) = key_check._stored_check(key, answer, "console.example.com").profiles
    assert [shown in str(doubt) for doubt in found.doubts] == [True]


def test_the_url_of_a_profile_that_posts_elsewhere_is_not_shown(ada, key, list_profiles):
    list_profiles([profile("http://127.0.0.1:9/hook?token=canary")])
    response = ada.post(reverse("check_key", args=[key.pk]))
    assert (
        "canary" not in response.content.decode()
        and "this console</p>" not in response.content.decode()
    )


def test_a_second_click_within_seconds_sends_no_request(ada, key, kaleyra_http):
    check_page_text(ada, key)
    assert "It was checked just now." in check_page_text(ada, key)
    assert len(kaleyra_http.calls) == 1
    ApiKey.objects.update(last_checked_at="2026-01-01T00:00Z")
    assert "The key works." in check_page_text(ada, key)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (NotSent("refused"), "There was no connection to the host of"),
        (NoAnswer("timeout"), "No answer came in time"),
    ],
)
def test_without_an_answer_the_state_of_the_key_is_unchanged(ada, key, monkeypatch, error, words):
    def silent(self):
        raise error

    monkeypatch.setattr("invocations.kaleyra.client.KaleyraClient.callback_profiles", silent)
    page_text = check_page_text(ada, key)
    assert "Kaleyra could not be asked." in page_text and words in page_text
    key.refresh_from_db()
    assert not key.last_accepted_at and not key.last_refused_at


def test_an_undecryptable_key_is_shown_without_a_request(ada, key, kaleyra_http, settings):
    settings.FIELD_ENCRYPTION_KEYS = ["bG9zdC1sb3N0LWxvc3QtbG9zdC1sb3N0LWxvc3QtbG8="]
    assert "cannot be decrypted" in check_page_text(ada, key)
    assert len(kaleyra_http.calls) == 0


def test_a_check_adds_no_version_to_the_history(ada, key):
    before = key.history.count()
    check_page_text(ada, key)
    assert key.history.count() == before


def test_a_check_tells_no_closed_port_from_an_address_that_is_refused(ada, key, monkeypatch):
    pages, seconds = [], []
    for reason in ("refused", "address", "connect_timeout", "name"):
        error = NotSent(reason)
        monkeypatch.setattr(KaleyraClient, "callback_profiles", lambda self, e=error: raise_(e))
        ApiKey.objects.update(last_checked_at=None)
        began = time.monotonic()
        pages.append(words_of(ada.post(reverse("check_key", args=[key.pk]))))
        seconds.append(time.monotonic() - began)
    assert "Kaleyra could not be asked." in pages[0] and len(set(pages)) == 1
    assert min(seconds) >= key_check.NO_CONNECTION_TAKES


def raise_(error):
    raise error


@pytest.mark.parametrize(
    ("state", "stored"),
    [
        (profiles.ProfileState.ACTIVE, "on"),
        (profiles.ProfileState.AUTO_DISABLED, "off"),
        (profiles.ProfileState.DISABLED, "off"),
    ],
)
def test_a_check_stores_whether_kaleyra_posts_to_the_address(ada, key, at_kaleyra, state, stored):
    address = at_kaleyra(status=state)
    check_page_text(ada, key)
    address.refresh_from_db()
    assert address.profile_state == stored and address.profile_seen_at


def test_a_profile_that_posts_elsewhere_stores_nothing(ada, key, list_profiles):
    address = endpoints.ensure_address(key.account, by=None)
    list_profiles([profile("https://elsewhere.example/hook")])
    check_page_text(ada, key)
    address.refresh_from_db()
    assert (address.profile_state, address.profile_seen_at) == ("", None)
