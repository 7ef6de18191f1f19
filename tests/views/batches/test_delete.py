"""A file that was not started can be deleted on the page."""

from invocations.models import Batch
from tests.views.batches.conftest import FAULTY


def test_it_is_asked_first_and_says_what_goes(priya, upload):
    batch = upload(FAULTY)
    page = priya.get(f"/batches/{batch.uid}/delete/").content.decode()
    assert "Delete delays.csv?" in page and "Its 3 rows are deleted here" in page
    assert Batch.objects.exists()


def test_then_it_is_gone(priya, upload):
    batch = upload()
    response = priya.post(f"/batches/{batch.uid}/delete/", follow=True)
    assert "Deleted. Nothing of the file is kept" in response.content.decode()
    assert not Batch.objects.exists()
    assert priya.get(f"/batches/{batch.uid}/").status_code == 404


def test_one_that_was_started_in_another_tab_stays(priya, upload, confirm):
    batch = upload()
    confirm(batch)
    response = priya.post(f"/batches/{batch.uid}/delete/", follow=True)
    assert "started meanwhile, so nothing was deleted" in response.content.decode()
    assert Batch.objects.exists()


def test_nobody_else_deletes_it(ada, upload):
    batch = upload()
    assert ada.post(f"/batches/{batch.uid}/delete/").status_code == 404
    assert Batch.objects.exists()


def test_it_can_be_deleted_without_the_right_to_send_it(priya, upload, typed):
    batch = upload()
    typed.is_active = False
    typed.save()
    priya.post(f"/batches/{batch.uid}/delete/")
    assert not Batch.objects.exists()
