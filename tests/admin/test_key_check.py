"""Check this key: one harmless GET to the practice pod, and what the page says of it."""

import pytest
from django.urls import reverse

from invocations.kaleyra import profiles
from invocations.kaleyra.connection import NoAnswer, NotSent
from invocations.models import Account, ApiKey
from invocations.monitoring import key_check
from invocations.results import endpoints
from invocations.results.endpoints import SECRET_HEADER
from invocations.sandbox.flows import DefaultFlows, Profile
from invocations.sandbox.server import PracticePod
from tests.views.pages import words_of


class OneProfile(DefaultFlows):
    where = None

    def profile(self, sid):
        return self.where


@pytest.fixture
def flows():
    return OneProfile()


@pytest.fixture
def receiver(flows):
    with PracticePod(flows=flows) as pod:
        yield pod


@pytest.fixture
def key(account):
    return account.primary_key


@pytest.fixture
def at_kaleyra(account, flows):
    """at_kaleyra("http://127.0.0.1:8000"): a callback profile for the account's address there."""

    def at_kaleyra(console="http://127.0.0.1:8000", path=None):
        address = endpoints.ensure_address(account, by=None)
        flows.where = Profile(
            console + (path or endpoints.path_of(address)), {SECRET_HEADER: address.secret}
        )
        return address

    return at_kaleyra


def checked(browser, key):
    return words_of(browser.post(reverse("check_key", args=[key.pk])))


def renewed(key, value):
    key.key = value
    key.save()
    return key


def test_the_keys_page_has_the_button(ada, rosa, key):
    page = reverse("admin:invocations_apikey_change", args=[key.pk])
    assert reverse("check_key", args=[key.pk]) in ada.get(page).content.decode()
    assert reverse("check_key", args=[key.pk]) not in rosa.get(page).content.decode()
    assert "/check/" not in ada.get(reverse("admin:invocations_apikey_add")).content.decode()


def test_a_key_that_works_is_told_by_one_get_and_nothing_is_sent(ada, key, receiver):
    said = checked(ada, key)
    assert "The key works." in said and "No callback profile posts to this console" in said
    (asked,) = receiver.wait_for(1)
    assert (asked.method, asked.path) == (
        "GET",
        "/v1/HXPRACTICE01IN/callback/profiles?limit=25&offset=0",
    )
    assert receiver.accepted == [] and asked.body == b""
    key.refresh_from_db()
    assert key.last_accepted_at and key.last_checked_at and not key.last_refused_at


def test_a_refused_key_is_told_and_noted(ada, key):
    said = checked(ada, renewed(key, "practice-of-somebody-who-left-refused"))
    assert "Kaleyra refuses the key." in said
    key.refresh_from_db()
    assert key.last_refused_at and not key.last_accepted_at


def test_the_profile_that_posts_here_is_shown_without_its_secrets(ada, key, at_kaleyra):
    address = at_kaleyra()
    answer = ada.post(reverse("check_key", args=[key.pk]))
    said = words_of(answer)
    assert "Fallback console" in said
    assert "POST to http://127.0.0.1:8000, this console" in said
    assert "Active" in said
    assert "No callback profile" not in said
    for secret in (address.token, address.secret, key.key):
        assert secret not in answer.content.decode()


def test_a_profile_that_was_auto_disabled_is_told(ada, key, at_kaleyra):
    at_kaleyra()
    said = checked(ada, renewed(key, "practice-of-an-account-whose-profile-is-disabled"))
    assert "Auto-disabled" in said and "results no longer come" in said


def test_a_profile_with_the_address_before_the_current_one_is_told(ada, key, at_kaleyra):
    at_kaleyra()
    endpoints.rotate_address(key.account, by=None)
    assert "is the address before the current one" in checked(ada, key)


def test_a_profile_with_an_address_that_was_ended_is_told(ada, key, at_kaleyra):
    at_kaleyra("http://127.0.0.1:80", path="/callbacks/ended/")
    said = words_of(ada.post(reverse("check_key", args=[key.pk]), headers={"host": "127.0.0.1:80"}))
    assert "is no address of this console, or one that was ended" in said


def test_a_profile_of_another_account_and_a_missing_slash_are_told(ada, key, at_kaleyra):
    other = Account.objects.create(title="Other", pod=key.account.pod, sid="HXPRACTICE02IN")
    theirs = endpoints.path_of(endpoints.ensure_address(other, by=None))
    at_kaleyra("http://127.0.0.1:80", path=theirs.rstrip("/"))
    said = words_of(ada.post(reverse("check_key", args=[key.pk]), headers={"host": "127.0.0.1:80"}))
    assert "is the address of another account" in said and "with the slash at its end" in said


@pytest.mark.parametrize(
    ("method", "url", "told"),
    [
        ("GET", "https://console.example.com", "Its method is not POST."),
        ("POST", "http://console.example.com", "does not begin with https"),
        ("POST", "https://old.example.com", "names another host"),
    ],
)
def test_what_is_wrong_with_a_public_profile_is_told(account, key, method, url, told):
    path = endpoints.path_of(endpoints.ensure_address(account, by=None))
    said = profiles.KeyCheck(
        200,
        profiles.KeyVerdict.WORKS,
        (profiles.Profile("A", url + path, method, profiles.ProfileState.ACTIVE),),
    )
    (found,) = key_check._stored_check(key, said, "console.example.com").profiles
    assert [told in str(doubt) for doubt in found.doubts] == [True]


def test_a_profile_of_somebody_else_is_nobodys_business(ada, key, flows):
    flows.where = Profile("http://127.0.0.1:9/hook?token=canary")
    answer = ada.post(reverse("check_key", args=[key.pk]))
    assert "canary" not in answer.content.decode()
    assert "this console</p>" not in answer.content.decode()


def test_pressed_twice_it_asks_once(ada, key, receiver):
    checked(ada, key)
    assert "It was checked just now." in checked(ada, key)
    assert len(receiver.received) == 1
    ApiKey.objects.update(last_checked_at="2026-01-01T00:00Z")
    assert "The key works." in checked(ada, key)


@pytest.mark.parametrize(
    ("silence", "words"),
    [
        (NotSent("refused"), "the host did not take it"),
        (NoAnswer("timeout"), "No answer came in time"),
    ],
)
def test_silence_says_nothing_of_the_key(ada, key, monkeypatch, silence, words):
    def silent(self):
        raise silence

    monkeypatch.setattr("invocations.kaleyra.client.KaleyraClient.callback_profiles", silent)
    said = checked(ada, key)
    assert "Kaleyra could not be asked." in said and words in said
    key.refresh_from_db()
    assert not key.last_accepted_at and not key.last_refused_at


def test_a_key_that_cannot_be_read_is_told_without_asking(ada, key, receiver, settings):
    settings.FIELD_ENCRYPTION_KEYS = ["bG9zdC1sb3N0LWxvc3QtbG9zdC1sb3N0LWxvc3QtbG8="]
    assert "cannot be decrypted" in checked(ada, key)
    assert receiver.received == []


def test_the_change_is_no_version_in_the_history(ada, key):
    before = key.history.count()
    checked(ada, key)
    assert key.history.count() == before
