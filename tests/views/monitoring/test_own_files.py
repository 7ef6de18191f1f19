"""The home names a person's own files: what waits for them, what runs, what has just ended."""

from datetime import timedelta

import pytest
from django.utils import timezone

from invocations.batches.control import pause
from invocations.models import Batch
from invocations.sending.pause import stop_everything
from tests.views.batches.conftest import FAULTY, GOOD, confirm, upload

__all__ = ["confirm", "upload"]


def files_on(browser):
    page = browser.get("/").content.decode()
    return page.partition('id="h-files"')[2].partition("</section>")[0]


@pytest.fixture
def file_of(priya):
    return lambda: files_on(priya)


def test_without_a_file_nothing_is_said(priya, typed, file_of):
    assert file_of() == ""


def test_what_waits_for_the_person_is_one_press_away(upload, file_of):
    batch = upload(FAULTY, name="delays.csv")
    said = file_of()
    assert "delays.csv" in said and "2 rows to put right. Nothing is sent yet." in said
    assert f'href="/batches/{batch.uid}/">Put right' in said


def test_a_file_that_is_ready_waits_to_be_confirmed(upload, file_of):
    upload(GOOD)
    assert "3 messages are ready. Nothing is sent yet." in file_of()


def test_what_runs_is_followed(upload, confirm, file_of):
    confirm(upload(GOOD))
    assert "0 of 3 are in the queue or have left" in file_of()


def test_what_runs_is_called_waiting_while_nothing_leaves(
    ada, priya, upload, confirm, file_of, background_sender
):
    confirm(upload(GOOD))
    shown = [file_of(), priya.get("/batches/").content.decode()]
    assert not any("Waiting" in said for said in shown)
    stop_everything("A wrong text went out", ada.person)
    shown = [file_of(), priya.get("/batches/").content.decode()]
    assert all("Waiting" in said for said in shown)


def test_what_runs_is_called_waiting_without_a_background_sender(upload, confirm, file_of):
    confirm(upload(GOOD))
    assert "Waiting" in file_of()


def test_who_paused_it_is_named(priya, ada, upload, confirm, file_of, django_user_model):
    batch = upload(GOOD)
    confirm(batch)
    pause(batch, django_user_model.objects.get(username="ada"))
    assert "Paused by ada. 3 of 3 are not in the queue yet." in file_of()


@pytest.mark.parametrize(("hours", "is_shown"), [(23, True), (48, False)])
def test_what_ended_within_a_day_is_shown(upload, confirm, file_of, hours, is_shown):
    confirm(upload(GOOD))
    Batch.objects.update(state="done", fed=3, ended_at=timezone.now() - timedelta(hours=hours))
    assert ("All 3 have left the queue" in file_of()) is is_shown


def test_a_file_that_runs_is_not_hidden_by_those_that_are_not_started(upload, confirm, file_of):
    confirm(upload(GOOD, name="running.csv"))
    for _ in range(6):
        upload(FAULTY)
    said = file_of()
    assert "running.csv" in said and "More in all batches" in said


def test_files_of_others_are_not_named(ada, upload, typed):
    upload(GOOD)
    assert files_on(ada) == ""
