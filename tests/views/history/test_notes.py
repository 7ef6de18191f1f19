"""Notes that are added to a message after it was sent: signed, dated and never changed."""

import uuid

import pytest
from django.db import IntegrityError, connection, transaction

from invocations.models import Invocation, Note
from tests.views.pages import Page, opened, words_of

TEXT = "Prefers a call after 18:00."


def note_form(client, address, row):
    [form] = [each for each in opened(client, address).forms if "text" in each]
    assert (form.method, form.action) == ("post", f"/history/{row.request_id}/note/")
    return form


def post(client, form, text=TEXT):
    return client.post(form.action, {**form.fields, "text": text})


@pytest.fixture
def row(recorded):
    return recorded(reference="CARE-7", note="Written while sending.")


def page_of(row):
    return f"/history/{row.request_id}/"


def person_of(row):
    return f"/history/person/{row.recipient_digest}/"


def test_whoever_reads_the_history_adds_a_note_that_is_signed_and_dated(rosa, row):
    answer = post(rosa, note_form(rosa, page_of(row), row))
    assert answer.headers["Location"] == f"{page_of(row)}#notes"
    said = words_of(rosa.get(page_of(row)))
    note = Note.objects.get()
    assert (note.text, note.author) == (TEXT, rosa.person)
    author = rosa.person.get_full_name() or rosa.person.username
    assert f"{TEXT}{author}, " in said


def test_notes_stand_newest_first_above_what_was_written_while_sending(priya, rosa, row):
    post(priya, note_form(priya, page_of(row), row), "First.")
    post(rosa, note_form(rosa, page_of(row), row), "Second.")
    said = words_of(priya.get(page_of(row)))
    places = [said.index(text) for text in ("Second.", "First.", "Written while sending.")]
    assert places == sorted(places)


def test_a_note_on_the_person_page_belongs_to_the_newest_message(priya, recorded, row):
    newest = recorded()
    answer = post(priya, note_form(priya, person_of(row), newest))
    assert answer.headers["Location"] == f"{person_of(row)}#notes"
    assert Note.objects.get().invocation == newest
    said = words_of(priya.get(person_of(row)))
    assert TEXT in said and "Written while sending." in said


def test_the_same_form_twice_adds_one_note(priya, row):
    form = note_form(priya, page_of(row), row)
    for _ in range(2):
        assert post(priya, form).status_code == 302
    assert Note.objects.count() == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Type the note first."),
        (" \u200b ", "Type the note first."),
        ("x" * 501, "at most 500 characters"),
    ],
)
def test_a_wrong_note_comes_back_with_its_error_and_nothing_typed_is_lost(priya, row, text, says):
    answer = post(priya, note_form(priya, person_of(row), row), text)
    assert says in words_of(answer) and not Note.objects.exists()
    [form] = [each for each in Page(answer).forms if "text" in each]
    assert form["text"].strip() == text.strip()
    assert post(priya, form).headers["Location"] == f"{person_of(row)}#notes"


def test_a_note_leads_back_to_a_person_page_of_this_message_only(priya, recorded, row):
    other = recorded("429")
    form = note_form(priya, page_of(row), row)
    answer = client_post(priya, form, person=other.recipient_digest)
    assert answer.headers["Location"] == f"{page_of(row)}#notes"


def client_post(client, form, **more):
    return client.post(form.action, {**form.fields, "text": TEXT, **more})


@pytest.fixture
def with_numbers(recorded, ada):
    """A message with a number in the note of its sender, and in one added later."""
    row = recorded(note="Husband: +91 98765 41111, or 98765-42222.")
    Note.objects.create(invocation=row, author=ada.person, text="Reached on 919876543333 at 18:00.")
    return row


@pytest.mark.parametrize("address", [page_of, person_of])
def test_a_number_in_a_note_is_masked_for_who_may_not_see_numbers(
    ada, priya, rosa, with_numbers, address
):
    for browser in (priya, rosa, ada):
        said = words_of(browser.get(address(with_numbers)))
        for digits in ("41111", "42222", "9876543333"):
            assert digits not in said
        assert "Husband: [number ending in 1111], or [number ending in 2222]." in said
        assert "Reached on [number ending in 3333] at 18:00." in said
    said = words_of(ada.post(f"{address(with_numbers)}number/"))
    assert "Husband: +91 98765 41111, or 98765-42222." in said and "919876543333" in said


def test_the_form_that_repeats_a_message_shows_no_number_of_its_note(ada, priya, with_numbers):
    Invocation.objects.update(status="rejected", due_at=None)
    address = f"/send/{with_numbers.workflow_instance_id}/?again={with_numbers.request_id}"
    for browser in (priya, ada):
        note = opened(browser, address).form("review")["note"]
        assert note == "Husband: [number ending in 1111], or [number ending in 2222]."
    with_numbers.refresh_from_db()
    assert "98765 41111" in with_numbers.note, "what is stored stays as it was typed"


def test_a_note_is_stored_encrypted(priya, row):
    post(priya, note_form(priya, page_of(row), row))
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM invocations_note")
        assert TEXT not in cursor.fetchone()[0]


def test_the_database_refuses_to_change_a_note(priya, row):
    post(priya, note_form(priya, page_of(row), row))
    note = Note.objects.get()
    sealed = Note._meta.get_field("text").seal(note, "Something else.")
    for change in ({"text": sealed}, {"author": None}, {"invocation": None}):
        column = {"text": "text", "author": "author_id", "invocation": "invocation_id"}
        [(name, value)] = change.items()
        with (
            pytest.raises(IntegrityError),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            token = getattr(value, "token", None)
            new = token or 10**6
            cursor.execute(f"UPDATE invocations_note SET {column[name]} = %s", [new])


def test_a_note_on_a_message_that_is_none_is_not_found(priya, row):
    assert priya.post(f"/history/{uuid.uuid4()}/note/", {"text": TEXT}).status_code == 404


def test_no_note_is_added_once_what_was_kept_of_the_message_is_removed(priya, row):
    form = note_form(priya, page_of(row), row)
    Invocation.objects.filter(pk=row.pk).update(values_removed_at=row.created_at)
    post(priya, form)
    assert not Note.objects.exists()
    assert "The note is not saved" in words_of(priya.get(page_of(row)))
    assert not [each for each in opened(priya, page_of(row)).forms if "text" in each]
