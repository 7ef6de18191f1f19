"""Encrypted columns: stored as tokens bound to their row, and never returned undecrypted."""

import uuid

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import FieldError
from django.db import connection, transaction

from invocations.models import ApiKey, Invocation
from invocations.models.encryption import Unreadable, digests

from .conftest import KEY

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def raw(api_key):
    """What the column holds, as a thief of the database would see it."""
    return ApiKey.objects.get(pk=api_key.pk).__dict__["key"].token


def again(api_key):
    return ApiKey.objects.get(pk=api_key.pk)


def test_what_went_in_comes_out(api_key):
    assert api_key.key == KEY
    assert again(api_key).key == KEY


@pytest.mark.parametrize("text", ["", "é…→", "x" * 10_000, "a\0b", "line\nbreak"])
def test_every_text_comes_out_as_it_went_in(invocation, text):
    invocation.note = text
    invocation.save()
    assert invocation.note == text and Invocation.objects.get().note == text


def test_nothing_stays_nothing(invocation):
    assert Invocation.objects.filter(note__isnull=True).get().note is None


def test_the_column_holds_a_token(api_key):
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM invocations_apikey")
        row = str(cursor.fetchall())
    assert KEY not in row and KEY[1:-4] not in row
    assert raw(api_key).startswith("gAAAA") and raw(api_key) in row


def test_a_wrong_key_opens_nothing_and_gives_no_token_out(api_key, settings):
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    with pytest.raises(Unreadable) as refusal:
        _ = again(api_key).key
    assert raw(api_key) not in str(refusal.value)


@pytest.mark.parametrize("token", ["not a token", "", "gAAAAAé", KEY])
def test_a_damaged_token_opens_nothing(api_key, token):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE invocations_apikey SET key = %s", [token])
    with pytest.raises(Unreadable):
        _ = again(api_key).key


def test_a_token_moved_to_another_row_opens_nothing(api_key):
    other = ApiKey.objects.create(account=api_key.account, title="other", key="A" * 33)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE invocations_apikey SET key = %s", [raw(other)])
    assert again(other).key == "A" * 33
    with pytest.raises(Unreadable, match="belongs to another row"):
        _ = again(api_key).key


def test_a_token_moved_to_another_column_opens_nothing(invocation):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE invocations_invocation SET note = payload")
    with pytest.raises(Unreadable):
        _ = Invocation.objects.get().note


def test_a_row_with_an_unreadable_secret_can_still_be_fetched_and_saved(api_key, settings):
    token = raw(api_key)
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    row = again(api_key)
    row.title = "renamed"
    row.save()
    assert (again(api_key).title, raw(api_key), again(api_key).last_four) == (
        "renamed",
        token,
        api_key.last_four,
    )


def test_an_unchanged_secret_is_not_written_anew(api_key):
    token = raw(api_key)
    row = again(api_key)
    assert row.key == KEY
    row.title = "renamed"
    row.save()
    assert raw(api_key) == token


def test_the_same_text_makes_another_token_each_time(api_key):
    other = ApiKey.objects.create(account=api_key.account, title="other", key=KEY)
    assert raw(other) != raw(api_key)


def test_a_ring_opens_what_its_older_keys_closed(api_key, settings):
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    api_key.key = KEY
    api_key.save()
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    assert again(api_key).key == KEY


def test_a_ring_closes_with_its_newest_key(api_key, settings):
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    api_key.key = KEY
    api_key.save()
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert again(api_key).key == KEY


def test_update_is_refused(api_key):
    with pytest.raises(FieldError), transaction.atomic():
        ApiKey.objects.update(key="plain")
    assert again(api_key).key == KEY


@pytest.mark.parametrize(
    "lookup",
    ["key", "key__exact", "key__contains", "key__startswith", "key__in", "key__gt", "key__regex"],
)
def test_lookups_are_refused(api_key, lookup):
    with pytest.raises(FieldError):
        ApiKey.objects.filter(**{lookup: [KEY] if lookup.endswith("in") else KEY}).exists()


def test_a_deferred_secret_is_fetched_when_it_is_asked_for(api_key):
    assert ApiKey.objects.defer("key").get().key == KEY


def test_values_give_no_text_out(api_key):
    assert KEY not in str(list(ApiKey.objects.values_list("key")))


@pytest.mark.parametrize(
    ("key", "shown"), [(KEY, "0Q2x"), ("short", "…"), ("x" * 11, "…"), ("12345678abcd", "abcd")]
)
def test_the_last_four_characters_are_kept_only_of_a_long_key(api_key, key, shown):
    api_key.key = key
    api_key.save()
    assert again(api_key).last_four == shown
    assert key not in str(again(api_key))


def test_a_digest_is_found_again_after_a_new_key_was_added(settings):
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    [before] = digests("919620000000", "recipient")
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    after = digests("919620000000", "recipient")
    assert after[0] != before and before in after


def test_digests_of_another_purpose_or_text_differ():
    one = digests("1", "recipient")
    assert len(set(one + digests("2", "recipient") + digests("1", "payload"))) == 3


def test_a_primary_key_is_made_before_the_secret_is_closed():
    assert isinstance(ApiKey(title="new").pk, uuid.UUID)
