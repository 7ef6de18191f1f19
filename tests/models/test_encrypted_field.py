"""Encrypted columns: stored as tokens bound to their row, and never returned undecrypted."""

import uuid

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import FieldError
from django.db import connection, transaction

from invocations.models import ApiKey, Invocation
from invocations.models.encryption import Unreadable, digest_of, digests, is_digest_of

from .conftest import KEY

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def stored_token(api_key):
    """What the column holds, as somebody who copied the database would see it."""
    return ApiKey.objects.get(pk=api_key.pk).__dict__["key"].token


def reloaded(api_key):
    return ApiKey.objects.get(pk=api_key.pk)


def test_a_saved_secret_is_read_back(api_key):
    assert api_key.key == KEY
    assert reloaded(api_key).key == KEY


@pytest.mark.parametrize("text", ["", "é…→", "x" * 10_000, "a\0b", "line\nbreak"])
def test_any_text_is_read_back_unchanged(invocation, text):
    invocation.note = text
    invocation.save()
    assert invocation.note == text and Invocation.objects.get().note == text


def test_none_is_stored_as_null(invocation):
    assert Invocation.objects.filter(note__isnull=True).get().note is None


def test_the_column_holds_a_token(api_key):
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM invocations_apikey")
        row = str(cursor.fetchall())
    assert KEY not in row and KEY[1:-4] not in row
    assert stored_token(api_key).startswith("gAAAA") and stored_token(api_key) in row


def test_without_the_key_reading_raises_and_the_error_has_no_token(api_key, settings):
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    with pytest.raises(Unreadable) as refusal:
        _ = reloaded(api_key).key
    assert stored_token(api_key) not in str(refusal.value)


@pytest.mark.parametrize("token", ["not a token", "", "gAAAAAé", KEY])
def test_a_damaged_token_raises(api_key, token):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE invocations_apikey SET key = %s", [token])
    with pytest.raises(Unreadable):
        _ = reloaded(api_key).key


def test_a_token_moved_to_another_row_raises(api_key):
    other = ApiKey.objects.create(account=api_key.account, title="other", key="A" * 33)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE invocations_apikey SET key = %s", [stored_token(other)])
    assert reloaded(other).key == "A" * 33
    with pytest.raises(Unreadable, match="belongs to another row"):
        _ = reloaded(api_key).key


def test_a_token_moved_to_another_column_raises(invocation):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE invocations_invocation SET note = payload")
    with pytest.raises(Unreadable):
        _ = Invocation.objects.get().note


def test_a_row_with_an_unreadable_secret_can_still_be_fetched_and_saved(api_key, settings):
    token = stored_token(api_key)
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    row = reloaded(api_key)
    row.title = "renamed"
    row.save()
    assert (reloaded(api_key).title, stored_token(api_key), reloaded(api_key).last_four) == (
        "renamed",
        token,
        api_key.last_four,
    )


def test_an_unchanged_secret_keeps_its_token(api_key):
    token = stored_token(api_key)
    row = reloaded(api_key)
    assert row.key == KEY
    row.title = "renamed"
    row.save()
    assert stored_token(api_key) == token


def test_the_same_text_gets_a_different_token_each_time(api_key):
    other = ApiKey.objects.create(account=api_key.account, title="other", key=KEY)
    assert stored_token(other) != stored_token(api_key)


def test_older_keys_still_decrypt(api_key, settings):
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    api_key.key = KEY
    api_key.save()
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    assert reloaded(api_key).key == KEY


def test_the_newest_key_encrypts(api_key, settings):
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    api_key.key = KEY
    api_key.save()
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert reloaded(api_key).key == KEY


def test_update_is_refused(api_key):
    with pytest.raises(FieldError), transaction.atomic():
        ApiKey.objects.update(key="plain")
    assert reloaded(api_key).key == KEY


@pytest.mark.parametrize(
    "lookup",
    ["key", "key__exact", "key__contains", "key__startswith", "key__in", "key__gt", "key__regex"],
)
def test_lookups_are_refused(api_key, lookup):
    with pytest.raises(FieldError):
        ApiKey.objects.filter(**{lookup: [KEY] if lookup.endswith("in") else KEY}).exists()


def test_a_deferred_secret_is_fetched_on_access(api_key):
    assert ApiKey.objects.defer("key").get().key == KEY


def test_values_list_returns_no_text(api_key):
    assert KEY not in str(list(ApiKey.objects.values_list("key")))


@pytest.mark.parametrize(
    ("key", "shown"), [(KEY, "0Q2x"), ("short", "…"), ("x" * 11, "…"), ("12345678abcd", "abcd")]
)
def test_the_last_four_characters_are_stored_of_long_keys_only(api_key, key, shown):
    api_key.key = key
    api_key.save()
    assert reloaded(api_key).last_four == shown
    assert key not in str(reloaded(api_key))


def test_a_digest_is_the_same_whatever_keys_encrypt(settings):
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    before = digest_of("919620000000", "recipient")
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert digest_of("919620000000", "recipient") == before
    assert digests("919620000000", "recipient")[0] == before


def test_what_a_version_before_the_lookup_key_stored_is_found_while_its_key_is_there(settings):
    settings.LOOKUP_KEY = settings.FIELD_ENCRYPTION_KEYS[0]  # it keyed its digests with that
    before = digest_of("919620000000", "recipient")
    settings.LOOKUP_KEY = "another"
    settings.FIELD_ENCRYPTION_KEYS = [NEW, *settings.FIELD_ENCRYPTION_KEYS]
    assert before in digests("919620000000", "recipient")
    assert is_digest_of(before, "919620000000", "recipient")
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert not is_digest_of(before, "919620000000", "recipient")


def test_digests_of_another_purpose_or_text_differ():
    pairs = [("1", "recipient"), ("2", "recipient"), ("1", "payload")]
    assert len({digest_of(*pair) for pair in pairs}) == 3


def test_an_unsaved_api_key_has_its_id():
    assert isinstance(ApiKey(title="new").pk, uuid.UUID)
