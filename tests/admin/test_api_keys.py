"""Admin pages of API keys: entering keys and choosing the primary one."""

import pytest
from django.urls import reverse

from invocations.models import Account, ApiKey
from tests.admin.pages import messages_of

from .conftest import KEY

OTHER_KEY = "Banother0another0another0another8"
LIST = reverse("admin:invocations_apikey_changelist")
ADD = reverse("admin:invocations_apikey_add")


def change(key):
    return reverse("admin:invocations_apikey_change", args=[key.pk])


def add(browser, kaleyra, **fields):
    return browser.post(
        ADD,
        {"account": kaleyra.account.pk, "title": "second", "new_key": KEY, **fields},
        follow=True,
    )


def errors(response):
    return response.context["adminform"].form.errors


def test_the_first_key_of_an_account_becomes_primary(ada, kaleyra):
    account = Account.objects.create(title="New", pod=kaleyra.pod, sid="HX11111111IN")
    ada.post(ADD, {"account": account.pk, "title": "first", "new_key": KEY})
    assert ApiKey.objects.get(account=account).is_primary


def test_a_second_key_does_not_become_primary(ada, kaleyra):
    add(ada, kaleyra)
    assert not ApiKey.objects.get(title="second").is_primary
    kaleyra.key.refresh_from_db()
    assert kaleyra.key.is_primary


def test_a_new_primary_key_replaces_the_old_one(ada, kaleyra):
    add(ada, kaleyra, make_primary="on")
    assert list(ApiKey.objects.filter(is_primary=True).values_list("title", flat=True)) == [
        "second"
    ]
    assert kaleyra.key.history.first().history_user == ada.person


def test_a_second_key_can_be_made_primary_later(ada, kaleyra):
    add(ada, kaleyra)
    second = ApiKey.objects.get(title="second")
    ada.post(change(second), {"title": "second", "make_primary": "on"})
    assert list(ApiKey.objects.filter(is_primary=True)) == [second]


def test_a_primary_key_stays_primary_when_it_is_saved(ada, kaleyra):
    add(ada, kaleyra)
    ada.post(change(kaleyra.key), {"title": "renamed"})
    kaleyra.key.refresh_from_db()
    assert (kaleyra.key.title, kaleyra.key.is_primary) == ("renamed", True)


def test_blanks_around_a_key_are_stripped(ada, kaleyra):
    add(ada, kaleyra, new_key=f"  {KEY}\r\n")
    assert ApiKey.objects.get(title="second").key == KEY


@pytest.mark.parametrize(
    "damaged",
    ["Asecret key", "Asecret\tkey", "Asecret\nkey", "Asecretкey", "Asecret\x7fkey", "A" * 501],
)
def test_a_key_that_no_header_can_carry_is_refused_and_not_repeated(ada, kaleyra, damaged):
    response = add(ada, kaleyra, new_key=damaged)
    assert list(errors(response)) == ["new_key"]
    assert "secret" not in str(errors(response))
    assert damaged not in response.content.decode()
    assert ApiKey.objects.count() == 1


def test_a_new_record_needs_a_key(ada, kaleyra):
    assert "new_key" in errors(add(ada, kaleyra, new_key=""))


def test_an_empty_field_keeps_the_present_key(ada, kaleyra):
    ada.post(change(kaleyra.key), {"title": "console", "new_key": "", "kaleyra_owner": "Asha"})
    kept = ApiKey.objects.get()
    assert (kept.key, kept.last_four, kept.kaleyra_owner) == (KEY, "7Q2x", "Asha")


def test_a_new_key_replaces_the_present_one(ada, kaleyra):
    ada.post(change(kaleyra.key), {"title": "console", "new_key": OTHER_KEY})
    assert (ApiKey.objects.get().key, ApiKey.objects.get().last_four) == (OTHER_KEY, "her8")


def test_a_new_key_clears_the_last_refusal(ada, kaleyra):
    ApiKey.objects.update(last_refused_at="2026-01-01T00:00Z")
    ada.post(change(kaleyra.key), {"title": "console", "new_key": OTHER_KEY})
    assert ApiKey.objects.get().last_refused_at is None


def test_an_unusual_key_is_saved_with_a_warning(ada, kaleyra):
    assert "This one is not" in messages_of(add(ada, kaleyra, new_key="short-but-possible"))
    assert ApiKey.objects.get(title="second").key == "short-but-possible"


def test_a_usual_key_gets_no_warning(ada, kaleyra):
    assert "This one is not" not in messages_of(add(ada, kaleyra))


def test_the_account_of_a_key_cannot_be_changed(ada, kaleyra):
    other = Account.objects.create(title="Other", pod=kaleyra.pod, sid="HX22222222IN")
    ada.post(change(kaleyra.key), {"title": "console", "account": other.pk})
    assert ApiKey.objects.get().account == kaleyra.account


def test_a_repeated_title_in_an_account_is_refused(ada, kaleyra):
    add(ada, kaleyra)
    response = ada.post(change(kaleyra.key), {"title": "second"})
    assert "already exists" in str(errors(response))


def test_the_list_shows_the_last_four_characters(ada, kaleyra):
    assert "ends in 7Q2x" in ada.get(LIST).content.decode()


def test_a_key_whose_last_answer_was_a_refusal_is_marked(ada, kaleyra):
    ApiKey.objects.update(last_accepted_at="2026-01-01T00:00Z", last_refused_at="2026-01-02T00:00Z")
    assert "Refused by Kaleyra" in ada.get(LIST).content.decode()


@pytest.fixture
def lost_encryption_key(settings, kaleyra):
    settings.FIELD_ENCRYPTION_KEYS = ["bG9zdC1sb3N0LWxvc3QtbG9zdC1sb3N0LWxvc3QtbG8="]


@pytest.mark.usefixtures("lost_encryption_key")
def test_an_unreadable_key_is_shown_in_lists_and_on_its_page(ada, kaleyra):
    for address in [LIST, change(kaleyra.key), reverse("admin:invocations_account_changelist")]:
        assert "Cannot be read: enter it again" in ada.get(address).content.decode()


@pytest.mark.usefixtures("lost_encryption_key")
def test_an_unreadable_key_can_be_entered_again(ada, kaleyra):
    ada.post(change(kaleyra.key), {"title": "console", "new_key": KEY})
    assert ApiKey.objects.get().key == KEY


@pytest.mark.usefixtures("lost_encryption_key")
def test_an_unreadable_key_can_be_renamed_and_replaced_as_primary(ada, kaleyra):
    token = ApiKey.objects.get().__dict__["key"].token
    ada.post(change(kaleyra.key), {"title": "renamed"})
    add(ada, kaleyra, make_primary="on")
    old = ApiKey.objects.get(title="renamed")
    assert (old.is_primary, old.last_four, old.__dict__["key"].token) == (False, "7Q2x", token)
